"""Has anything changed since the last look? Cheap enough to be asked before every recommendation."""

import os
import threading
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.errors import StoreUnreachableError
from evaluation.store.engine import translated
from evaluation.store.session import Store
from evaluation.store.tables import METADATA

_NOT_EVIDENCE = frozenset(
    {"recommendation", "holder", "holder_run", "recovery", "stage", "gpu_sample", "embedding", "estimate"}
)
"""What changes in them changes no evidence. Promotions do not either, but whoever answers wants to know of them."""
_GROWING = ("generation", "promotion", "run_candidate", "score", "scoreboard_import")

WAIT_FOR_A_WRITER_S = 0.02
"""A write of what was recommended takes a few milliseconds; whoever does not wait for it misses what others changed."""


class EvidenceStamp:
    """A stamp of the store that differs after somebody else wrote, and the way to write without changing it.

    SQLite says of a connection whether others have written since, so one connection is kept for both. PostgreSQL counts
    the changes of each table, which others see up to ten seconds later; what was added is seen at once. Safe in
    threads: one writes at a time, and nobody who asks waits for a slow writer.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._last: Hashable = None
        self._written_since = 0.0
        self._connection: Connection | None = None
        self._file: tuple[int, int] | None = None

    def value(self) -> Hashable:
        """Equal to the last one as long as nothing changed; another one says that something may have.

        While a write takes long it is the last one, so that nobody waits for a disk.

        Raises:
            StoreUnreachableError: the store is away.
            StoreError: it cannot be read.
        """
        waits_until = self._written_since + WAIT_FOR_A_WRITER_S
        timeout = -1 if self._last is None else max(0.0, waits_until - time.monotonic())
        if not self._lock.acquire(timeout=timeout):
            return self._last
        try:
            with translated(self._store._url):
                self._last = self._of_file() if self._store.dialect == "sqlite" else self._of_server()
                return self._last
        finally:
            self._lock.release()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in a transaction, as `Store.write` gives it; what it changes does not change the stamp."""
        if self._store.dialect != "sqlite":
            with self._store.write() as connection:
                yield connection
            return
        with self._lock, translated(self._store._url):
            self._written_since = time.monotonic()
            self._check_file()
            connection = self._kept()
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Closes the kept connection."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = self._file = None

    def _kept(self) -> Connection:
        if self._connection is None:
            self._connection = self._store._writing.connect()
            # What is written here may be lost with the power, though not with the process: nobody waits for the disk.
            # So the connection is not given back to those who must not lose anything, but closed.
            self._connection.detach()
            self._plain().execute("PRAGMA synchronous = NORMAL")
        return self._connection

    def _of_file(self) -> Hashable:
        self._check_file()
        # Asked outside of a transaction, in which nothing that others write would show.
        (changes,) = self._plain().execute("PRAGMA data_version").fetchone()
        return self._file, changes

    def _plain(self) -> Any:
        return self._kept().connection.dbapi_connection

    def _check_file(self) -> None:
        """Opens the file anew where another one stands in its place."""
        path = str(self._store._url.database)
        try:
            found = os.stat(path)
        except OSError as error:
            self._let_go()
            raise StoreUnreachableError(
                f"the database {self._store.shown_url} is away: {error.strerror}", "put it back, or use another --db"
            ) from error
        file = (found.st_dev, found.st_ino)
        if file != self._file:
            self._let_go()
            self._store._engine.dispose()
            self._file = file

    def _of_server(self) -> Hashable:
        with self._store.read() as connection:
            changes = connection.execute(_CHANGES).scalar()
            newest = connection.execute(_NEWEST).one()
        return changes, tuple(newest)


_CHANGES = sa.text(
    "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables "
    "WHERE schemaname = current_schema() AND relname = ANY(:names)"
).bindparams(names=sorted(set(METADATA.tables) - _NOT_EVIDENCE))
_NEWEST = sa.select(
    *(
        sa.select(sa.func.max(METADATA.tables[name].c["imported_at" if name == "scoreboard_import" else "id"]))
        .scalar_subquery()
        .label(name)
        for name in _GROWING
    )
)
