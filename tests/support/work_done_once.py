"""Work that a user's process does once, and that a process of tests would do again for each of thousands of tests."""

import gc
import ssl
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache

_COMPILED: LRUCache[Any, Any] = LRUCache(5_000)
_DIALECTS: dict[tuple[type, str], Any] = {}


def share_compiled_statements() -> None:
    """Let all engines of one database and driver share what was compiled: each test has an engine of its own."""
    create_engine = sa.create_engine

    def create_sharing_engine(*args: Any, **options: Any) -> Engine:
        engine: Engine = create_engine(*args, **options)
        serializer = getattr(engine.dialect, "_json_serializer", None)
        engine.dialect = _DIALECTS.setdefault((type(engine.dialect), repr(serializer)), engine.dialect)
        engine._compiled_cache = _COMPILED
        return engine

    setattr(sa, "create_engine", create_sharing_engine)  # noqa: B010 - without overloads, to mypy


def share_tls_contexts() -> None:
    """Let all clients share what was read from the certificates: Prefect makes a client for nearly each request."""
    setattr(ssl, "create_default_context", cache(ssl.create_default_context))  # noqa: B010 - of another type, to mypy


def collect_garbage() -> None:
    """Collect what the test left, and never again look at what is still in use: Prefect alone is a million objects."""
    gc.collect()
    gc.freeze()
