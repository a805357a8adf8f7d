"""Database engines, and the translation of database errors into `StoreError`."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine

from evaluation.errors import RefusedValueError, StoreError, StoreUnreachableError
from evaluation.files.private_files import make_private_folder
from evaluation.store.address import shown
from evaluation.store.sqlite_values import to_json

CONNECT_TIMEOUT_S = 10
_NOTICING_A_DEAD_LINE = {
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""Seconds and, the last, milliseconds. The system's defaults wait much longer for a host that stopped responding."""


def make_engine(url: URL, *, busy_timeout_s: float = 30.0, foreign_keys: bool = True) -> Engine:
    """Return an engine that has not connected yet.

    Args:
        url: From `parse_url`.
        busy_timeout_s: How long SQLite waits for another writer.
        foreign_keys: Enforce foreign keys; off only for migrations, where SQLite rebuilds tables.
    """
    if url.get_backend_name() == "postgresql":
        defaults = {"connect_timeout": CONNECT_TIMEOUT_S, **_NOTICING_A_DEAD_LINE}
        arguments = {name: value for name, value in defaults.items() if name not in url.query}
        engine = sa.create_engine(
            url, json_serializer=to_json, connect_args=arguments, pool_pre_ping=True, max_overflow=32
        )
        event.listen(engine, "connect", _read_plain_numbers)
        return engine
    engine = sa.create_engine(
        url, json_serializer=to_json, connect_args={"timeout": busy_timeout_s}, pool_size=8, max_overflow=32
    )
    event.listen(engine, "connect", partial(_configure_sqlite, foreign_keys=foreign_keys))
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _read_plain_numbers(connection: Any, _record: object) -> None:
    """Have PostgreSQL's decimals read as whole or real numbers: it makes them of sums and means of whole numbers.

    None of our columns is a decimal, and a decimal times a real number is a `TypeError`, on this database alone.
    """
    from psycopg.adapt import Loader

    class PlainNumber(Loader):
        def load(self, data: Any) -> int | float:
            text = bytes(data).decode("ascii")
            return int(text) if text.lstrip("-").isdigit() else float(text)

    connection.adapters.register_loader("numeric", PlainNumber)


def engine_of(connection: sqlite3.Connection) -> Engine:
    """Return an engine for one connection that is already open; its transactions are write transactions."""
    engine = sa.create_engine(
        "sqlite://",
        creator=lambda: connection,
        poolclass=sa.StaticPool,
        json_serializer=to_json,
        execution_options={"sqlite_begin": "IMMEDIATE"},
    )
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: object, *, foreign_keys: bool) -> None:
    # pysqlite begins transactions by itself, before some statements and not before others; we say BEGIN.
    connection.isolation_level = None
    connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    # A writer that begins as a reader cannot wait for its lock: it fails at once where another one wrote.
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('sqlite_begin', 'DEFERRED')}")


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Translate the database's errors into a `StoreError` that says what to do."""
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        raise store_error(error, url) from error


def store_error(error: sa.exc.SQLAlchemyError, url: URL) -> StoreError:
    """Return the error in words a person can act on: a `StoreUnreachableError` where a retry may succeed."""
    original = getattr(error, "orig", None) or error
    if isinstance(original, StoreError):
        return original
    message = " ".join(str(original).split())
    where = shown(url)
    state = getattr(original, "sqlstate", None)
    for words, problem, next_step in (*_LASTING, *_PASSING):
        if any(word == state or word in message for word in words):
            kind = StoreUnreachableError if (words, problem, next_step) in _PASSING else StoreError
            return kind(f"the database {where} {problem} ({message})", next_step)
    if isinstance(error, sa.exc.DataError):
        return RefusedValueError(f"the database {where} does not take a value: {message}", "Nothing else is affected")
    if _is_of_the_connection(error, state, url):
        return StoreUnreachableError(f"the database {where} cannot be reached ({message})", _LOOK_AT_THE_SERVER)
    return StoreError(f"the database {where} failed: {message}", "Run `benchwright db info` to see its state")


def _is_of_the_connection(error: sa.exc.SQLAlchemyError, state: str | None, url: URL) -> bool:
    """Check whether the connection failed and not the statement: errors raised by PostgreSQL itself have a SQLSTATE."""
    if getattr(error, "connection_invalidated", False):
        return True
    return url.get_backend_name() == "postgresql" and isinstance(error, sa.exc.OperationalError) and state is None


_LOOK_AT_THE_SERVER = "Check that the server runs and that host and port are right"
_LASTING: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("disk is full", "53100"), "cannot be written: the disk is full", "Free some space, then run the command again"),
    (("disk I/O error", "58030"), "could not be written: the disk failed", "Check the disk and its free space"),
    (("readonly database", "25006"), "may only be read", "Give yourself write permission, or use another --db"),
    (("not a database",), "is not a database", "Use another --db; the file was left as it is"),
    (("malformed", "XX001", "XX002"), "is damaged", "Restore a backup made by `benchwright db backup`"),
    (("unable to open database file",), "cannot be opened", "Check that it is a file in a folder you may write to"),
    (("28P01", "password authentication failed", "no password supplied"), "refused the password", "Check the URL"),
    (("3D000", 'database "', "does not exist"), "or a part of it does not exist", "Create it with `createdb`"),
    (("42501", "permission denied"), "refused access", "Grant this user the right to create and write tables"),
    (
        ("FOREIGN KEY constraint failed", "23503"),
        "rejected a row whose parent row is missing",
        "Save the benchmark, candidate, invocation and run first; was the run deleted?",
    ),
    (("has no time zone",), "rejected a datetime without a time zone", "Give an aware datetime"),
)
_PASSING: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("database is locked", "database table is locked", "55P03"), "is locked by another process", "Wait, or end it"),
    (("40001", "40P01"), "rolled back: another process changed the same rows", "Run the command again"),
    (
        ("53300", "too many clients", "remaining connection slots"),
        "has no free connection",
        "Close other connections to it",
    ),
    (
        ("57P01", "57P02", "57P03", "starting up", "shutting down", "in recovery mode", "terminating connection"),
        "restarts or was stopped",
        _LOOK_AT_THE_SERVER,
    ),
    (
        ("Connection refused", "could not translate host", "failed to resolve", "timeout expired", "connection failed"),
        "cannot be reached",
        _LOOK_AT_THE_SERVER,
    ),
    (
        (
            *(f"08{rest}" for rest in ("000", "001", "003", "004", "006", "007")),
            "connection is lost",
            "connection is closed",
            "server closed the connection",
            "closed unexpectedly",
            "consuming input failed",
        ),
        "broke the connection",
        _LOOK_AT_THE_SERVER,
    ),
    (("QueuePool limit",), "has all its connections in use", "Wait a moment"),
)


def make_folder(url: URL) -> None:
    """Create the folder of a SQLite file where it is missing, accessible to this user alone.

    Raises:
        StoreError: a part of the path is a file, or is not writable.
    """
    folder = Path(str(url.database)).parent
    try:
        if not os.path.isdir(folder):
            make_private_folder(folder)
    except OSError as error:
        raise StoreError(
            f"the folder {str(folder)!r} of the database {shown(url)} cannot be made: {error.strerror}",
            "Use another --db, or free that path",
        ) from error
