"""Work that a user's process does once, and that a process of tests would do again for each of thousands of tests."""

import gc
import ssl
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine
from sqlalchemy.util import LRUCache

from evaluation.charts import drawing
from evaluation.store import engine as store_engine
from evaluation.store import session as store_session

_COMPILED: LRUCache[Any, Any] = LRUCache(5_000)
_DIALECTS: dict[tuple[type, str], Any] = {}
CONFIGURE_SQLITE = store_engine._configure_sqlite
"""As the store does it for users: durable."""
MIGRATE = store_session._migrate
"""As the store does it for users: step by step."""
DRAW_ELSEWHERE = drawing.DrawingProcess
"""As pages do it for users: in a process of its own."""


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


def draw_in_this_process() -> None:
    """Let the libraries that draw be loaded once: a process for each page would take a second of a test.

    Tests of that process take `DRAW_ELSEWHERE`.
    """

    setattr(drawing, "DrawingProcess", _DrawnHere)  # noqa: B010 - a type, to mypy


class _DrawnHere(drawing.DrawingProcess):
    """Draws in this process."""

    def __init__(self) -> None:
        self._child = None

    def to(self, request: bytes, *, limit_s: float) -> bytes:
        from altair.utils.schemapi import debug_mode

        from evaluation.charts.drawing_child import reply_to

        with debug_mode(False):  # as the process does
            return reply_to(request)


def share_tls_contexts() -> None:
    """Let all clients share what was read from the certificates: Prefect makes a client for nearly each request."""
    setattr(ssl, "create_default_context", cache(ssl.create_default_context))  # noqa: B010 - of another type, to mypy


def spare_the_disk() -> None:
    """Let SQLite not wait for the disk: databases of tests need to outlive processes, not crashes of the machine."""

    def configure(connection: Any, record: object, *, foreign_keys: bool) -> None:
        CONFIGURE_SQLITE(connection, record, foreign_keys=foreign_keys)
        connection.execute("PRAGMA synchronous = OFF")

    setattr(store_engine, "_configure_sqlite", configure)  # noqa: B010 - of another type, to mypy


def share_schemas() -> None:
    """Let an empty file of SQLite become a copy of the first one that was given the newest schema, with its mode.

    Only where `open_store` does it; tests of migrations take `MIGRATE`.
    """
    made: list[bytes] = []

    def copy_or_migrate(address: URL) -> None:
        path = Path(str(address.database))
        is_empty = address.get_backend_name() == "sqlite" and path.is_file() and path.stat().st_size == 0
        if is_empty and made:
            path.write_bytes(made[0])
            return
        MIGRATE(address)
        if is_empty:
            made.append(path.read_bytes())

    setattr(store_session, "_migrate", copy_or_migrate)  # noqa: B010 - without overloads, to mypy


def collect_garbage() -> None:
    """Collect what the test left, and never again look at what is still in use: Prefect alone is a million objects."""
    gc.collect()
    gc.freeze()
