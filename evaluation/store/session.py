"""The results database: locate it, check that this version can use it, and open transactions."""

import os
import shlex
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection

from evaluation.errors import StoreError
from evaluation.files.private_files import make_private_file
from evaluation.records.candidates import DatabaseInfo
from evaluation.store.address import parse_url, shown
from evaluation.store.database_access import make_database_private
from evaluation.store.database_file import database_lost, file_of, kept_file, lost_if_gone
from evaluation.store.engine import make_engine, make_folder, store_error, translated
from evaluation.store.revisions import newest_revision
from evaluation.store.schema import check_upgradable, migrate, stored_revision
from evaluation.store.shared_connection import SHARED
from evaluation.store.tables import METADATA

WRITE_AHEAD_WITHIN_S = 30.0


class Store:
    """An open results database. Safe to use from several threads; not picklable: pass its URL instead."""

    def __init__(self, url: URL, *, busy_timeout_s: float = 30.0) -> None:
        self._url = url
        self._engine = make_engine(url, busy_timeout_s=busy_timeout_s)
        self._writing = self._engine.execution_options(sqlite_begin="IMMEDIATE")
        self._sharing = None if _is_sqlite(url) else self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._file = kept_file(url) or file_of(url)

    @property
    def shown_url(self) -> str:
        """The URL without its password."""
        return shown(self._url)

    @property
    def url(self) -> str:
        """The URL with its password, for opening the same database again; never to be shown."""
        return self._url.render_as_string(hide_password=False)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._url.get_backend_name()

    @property
    def path(self) -> str:
        """The SQLite file."""
        return str(self._url.database)

    @contextmanager
    def read(self, *, in_pages: bool = False) -> Iterator[Connection]:
        """Yield a connection to read with: on SQLite in a transaction that sees one state of the database.

        On PostgreSQL each statement sees what is committed by then; within `one_connection` there is no transaction.

        Args:
            in_pages: Have a transaction in any case, without which PostgreSQL gives no pages of a result (`yield_per`).
        """
        with self._same_file(), translated(self._url), ExitStack() as stack:
            connection = None
            if self._sharing is not None and not in_pages and (shared := SHARED.get()) is not None:
                connection = stack.enter_context(shared.lent(self._sharing))
            yield stack.enter_context(self._engine.begin()) if connection is None else connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that is committed at the end, or rolled back on any error."""
        if self._sharing is not None and (shared := SHARED.get()) is not None:
            shared.rest()  # so that no request that keeps one connection waits for another
        with self._same_file(), translated(self._url), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def _same_file(self) -> Iterator[None]:
        with lost_if_gone(self._file, self._url):
            yield
        if self._file is None:
            self._file = file_of(self._url)

    def check(self) -> None:
        """Return once the database has answered.

        Raises:
            StoreError: it is away.
        """
        with self.read() as connection:
            connection.execute(sa.select(1)).scalar_one()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class KeptStore(Store):
    """A store that `with` blocks leave open, for servers that use one for all requests; `close` closes it."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave it open."""


def keep_open(url: str | None = None) -> KeptStore:
    """Open the store at `url` as `open_store` does, and return one that stays open until it is closed.

    Raises:
        StoreError: as `open_store`.
    """
    with open_store(url) as store:
        return KeptStore(parse_url(store.url))


def open_store(url: str | None = None, *, upgrade_from_empty: bool = True, busy_timeout_s: float = 30.0) -> Store:
    """Open the store at `url` (None: `default_url()`) and return it, ready for use.

    Use it as a context manager, or close it.

    Args:
        url: A path, `sqlite:///path` or `postgresql://user:password@host/name`.
        upgrade_from_empty: Create the folder and the schema where there is none yet.
        busy_timeout_s: How long a writer waits for another process on SQLite.

    Raises:
        DatabaseLostError: the work of this process began with another file (`one_file`).
        StoreError: it cannot be opened, or its schema is older or newer than this code's.
    """
    address = parse_url(url)
    if (kept := kept_file(address)) is not None and not kept.is_there:
        raise database_lost(address)  # before an empty one would be made in its place
    if not upgrade_from_empty:
        _must_be_there(address)
    elif _is_sqlite(address):
        make_folder(address)
    if _is_sqlite(address):
        _make_file(address)
    store = Store(address, busy_timeout_s=busy_timeout_s)
    try:
        with store.read() as connection:
            revision = check_upgradable(connection, address)
        if revision is None and upgrade_from_empty:
            _migrate(address)
        elif revision != newest_revision():
            raise StoreError(
                f"the database {store.shown_url} has the schema {revision or 'of an empty one'!r}, "
                f"and this version needs {newest_revision()!r}",
                "Run `benchwright db upgrade`",
            )
    except BaseException:
        store.close()
        raise
    return store


def must_be_there(url: str | None) -> None:
    """Check that the database file at `url` exists; whether a server's database does is left to the server.

    Raises:
        StoreError: its file is missing.
    """
    _must_be_there(parse_url(url))


def is_file_missing(url: str | None) -> bool:
    """Return True where `url` names a SQLite file that does not exist."""
    address = parse_url(url)
    return _is_sqlite(address) and not os.path.exists(str(address.database))


def folder_must_be_there(url: str) -> None:
    """Check that the folder of the SQLite file at `url` exists; a server's URL always passes.

    Raises:
        StoreError: the folder is missing.
    """
    address = parse_url(url)
    folder = Path(str(address.database)).parent
    if _is_sqlite(address) and not os.path.exists(folder):
        raise StoreError(
            f"there is no folder {str(folder)!r} for the database {shown(address)}",
            f"Check the path, or make the folder: `mkdir -p {shlex.quote(str(folder))}`",
        )


def upgrade(url: str | None = None) -> DatabaseInfo:
    """Bring the database's schema to this version's and return what the database holds.

    Raises:
        StoreError: it cannot be opened, is not ours, or its schema is older or newer than those this version knows.
    """
    address = parse_url(url)
    if _is_sqlite(address):
        make_folder(address)
        _make_file(address)
    _migrate(address)
    return info(url)


def _make_file(address: URL) -> None:
    """Create the file readable by this user alone, before SQLite would create it readable by all.

    A file that earlier versions created is corrected. SQLite gives the files beside it the same mode. Errors in the
    path are left for SQLite to report.
    """
    path = Path(str(address.database))
    with suppress(OSError):
        make_private_file(path)
    if os.path.isfile(path):
        make_database_private(str(path.absolute()))


def _migrate(address: URL) -> None:
    engine = make_engine(address, foreign_keys=False).execution_options(sqlite_begin="IMMEDIATE")
    try:
        with translated(address), engine.begin() as connection:
            migrate(connection, address)
        if _is_sqlite(address):
            _write_ahead(address)
    finally:
        engine.dispose()


def _write_ahead(address: URL) -> None:
    """Switch to write-ahead logging, so that readers can read while one process writes.

    Called after the check that the file is ours, since the mode persists in the file. The change needs exclusive
    access, for which SQLite does not wait as it does for other locks.
    """
    deadline = time.monotonic() + WRITE_AHEAD_WITHIN_S
    while True:
        try:
            with closing(sqlite3.connect(str(address.database), timeout=30, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                return
        except sqlite3.Error as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise store_error(sa.exc.DatabaseError("PRAGMA journal_mode", None, error), address) from error
            time.sleep(0.02)


def info(url: str | None = None) -> DatabaseInfo:
    """Return what the database holds; works on an older or newer schema too.

    Raises:
        StoreError: there is no database, or it cannot be read.
    """
    address = parse_url(url)
    _must_be_there(address)
    with Store(address) as store, store.read() as connection:
        revision = stored_revision(connection)
        return DatabaseInfo(
            shown_url=store.shown_url,
            dialect=store.dialect,
            revision=revision,
            newest_revision=newest_revision(),
            size_bytes=_size_bytes(connection),
            n_rows=_n_rows(connection) if revision == newest_revision() else {},
        )


def _n_rows(connection: Connection) -> dict[str, int]:
    return {
        name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for name, table in sorted(METADATA.tables.items())
    }


def _size_bytes(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one())
    pages, page_size = (
        connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size")
    )
    return int(pages) * int(page_size)


def backup(url: str | None, target_path: Path) -> int:
    """Copy the database to `target_path`, consistently even while runs are written; return the copy's size in bytes.

    Raises:
        StoreError: PostgreSQL (names the `pg_dump` command), or `target_path` exists or cannot be written.
    """
    address = parse_url(url)
    if not _is_sqlite(address):
        raise StoreError(
            f"{shown(address)} is backed up by PostgreSQL's own tool",
            f"Run `pg_dump --format=custom --file={target_path} --dbname={_without_password(address)}`",
        )
    _must_be_there(address)
    if os.path.exists(target_path):
        raise StoreError(f"{str(target_path)!r} exists already and is not overwritten", "Name another file")
    try:
        target_path.parent.mkdir(parents=True, exist_ok=True)
        make_private_file(target_path.with_name(f"{target_path.name}.unfinished"))
        _copy_sqlite(Path(str(address.database)), target_path)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"the database {shown(address)} could not be copied to {str(target_path)!r}: {error}",
            "Check the path and the free space",
        ) from error
    return target_path.stat().st_size


def _copy_sqlite(source_path: Path, target_path: Path) -> None:
    unfinished = target_path.with_name(f"{target_path.name}.unfinished")
    with closing(sqlite3.connect(source_path)) as source, closing(sqlite3.connect(unfinished)) as target:
        source.backup(target)
    unfinished.rename(target_path)


def _without_password(address: URL) -> str:
    bare = URL.create(
        "postgresql", username=address.username, host=address.host, port=address.port, database=address.database
    )
    query = {name: value for name, value in address.query.items() if "password" not in name}
    return bare.set(query=query).render_as_string()


def _is_sqlite(address: URL) -> bool:
    return address.get_backend_name() == "sqlite"


def _must_be_there(address: URL) -> None:
    if _is_sqlite(address) and not os.path.exists(str(address.database)):
        raise StoreError(f"there is no database {shown(address)}", "Check the path, or run an evaluation to make it")
