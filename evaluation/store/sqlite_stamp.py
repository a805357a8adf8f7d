"""A SQLite file read and written with the standard library alone, over one connection that is kept open.

A first recommendation needs little of a database, and SQLAlchemy takes several times as long to load as that takes.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from evaluation.errors import StoreUnreachableError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

WAIT_FOR_A_WRITER_S = 0.02
"""Seconds to wait for a concurrent write of a recommendation, which takes a few milliseconds. Without the wait,
changes of other processes would be missed.
"""


class SqliteStamp:
    """A stamp of the file that changes when another process has written, and a way to write without changing it.

    SQLite reports for a connection whether others have written since, so one connection is kept for both. Safe in
    threads: one writes at a time, and reads of the stamp do not wait for a slow writer.

    Args:
        path: The file.
        busy_timeout_s: How long a write waits for other processes.
        on_another_file: Called when another file has replaced the one that was open.
    """

    def __init__(
        self, path: str, *, busy_timeout_s: float = 30.0, on_another_file: Callable[[], None] = lambda: None
    ) -> None:
        self.path = path
        """The file."""
        self._busy_timeout_s, self._on_another_file = busy_timeout_s, on_another_file
        self._lock = threading.Lock()
        self._last: Hashable = None
        self._written_since = 0.0
        self._connection: sqlite3.Connection | None = None
        self._engine: Engine | None = None
        self._file: tuple[int, int] | None = None

    def value(self) -> Hashable:
        """Return a value equal to the last one as long as nothing changed; another one means that something may have.

        During a long write it is the last value, so that nobody waits for a disk.

        Raises:
            StoreUnreachableError: the file is unreachable.
            StoreError: it cannot be read.
        """
        waits_until = self._written_since + WAIT_FOR_A_WRITER_S
        timeout = -1 if self._last is None else max(0.0, waits_until - time.monotonic())
        if not self._lock.acquire(timeout=timeout):
            return self._last
        try:
            with _translated(self.path):
                # Asked outside of a transaction, in which nothing that others write would show.
                (changes,) = self._kept().execute("PRAGMA data_version").fetchone()
                self._last = self._file, changes
                return self._last
        finally:
            self._lock.release()

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection in a transaction that sees one state of the file."""
        with self._lock, _translated(self.path), _transaction(self._kept(), "DEFERRED") as connection:
            yield connection

    @contextmanager
    def write_plainly(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection in a transaction that is committed at the end, or rolled back on any error.

        Its changes do not change the stamp.
        """
        with self._lock, _translated(self.path):
            self._written_since = time.monotonic()
            with _transaction(self._kept(), "IMMEDIATE") as connection:
                yield connection

    @contextmanager
    def write(self) -> "Iterator[Connection]":
        """Yield the connection in a transaction, as `Store.write` does."""
        from evaluation.store.address import sqlite_url
        from evaluation.store.engine import engine_of, translated

        with self._lock, translated(sqlite_url(self.path)), _translated(self.path):
            self._written_since = time.monotonic()
            plain = self._kept()
            if self._engine is None:
                self._engine = engine_of(plain)
            with self._engine.begin() as connection:
                yield connection

    def close(self) -> None:
        """Close the connection that was kept open."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
        if self._connection is not None:
            self._connection.close()
        self._connection = self._engine = self._file = None

    def _kept(self) -> sqlite3.Connection:
        self._check_file()
        if self._connection is None:
            uri = f"file:{_quoted(self.path)}?mode=rw"
            connection = sqlite3.connect(
                uri, uri=True, timeout=self._busy_timeout_s, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA foreign_keys = ON")
            # What is written here may be lost with the power, though not with the process: nobody waits for the disk.
            connection.execute("PRAGMA synchronous = NORMAL")
            self._connection = connection
        return self._connection

    def _check_file(self) -> None:
        """Open the file again where another one stands in its place."""
        try:
            stat = os.stat(self.path)
        except OSError as error:
            self._let_go()
            raise StoreUnreachableError(
                f"the database sqlite:///{self.path} is away: {error.strerror}", "Put it back, or use another --db"
            ) from error
        file = (stat.st_dev, stat.st_ino)
        if file != self._file:
            self._let_go()
            self._on_another_file()
            self._file = file


def _quoted(path: str) -> str:
    return quote(path)


@contextmanager
def _transaction(connection: sqlite3.Connection, kind: str) -> Iterator[sqlite3.Connection]:
    connection.execute(f"BEGIN {kind}")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _translated(path: str) -> Iterator[None]:
    """Translate SQLite's errors into a `StoreError` that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        import sqlalchemy as sa

        from evaluation.store.address import sqlite_url
        from evaluation.store.engine import store_error

        raise store_error(sa.exc.DatabaseError("", None, error), sqlite_url(path)) from error
