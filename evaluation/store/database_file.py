"""Checks that an open database's file is still the one under its name.

SQLite keeps writing to a file that was deleted.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import URL

from evaluation.errors import DatabaseLostError, StoreError
from evaluation.store.address import shown


class HasUrl(Protocol):
    """The part of an open store that is needed here."""

    @property
    def url(self) -> str:
        """Address of the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFile:
    """Identity of a database file at one time."""

    path: Path
    device: int
    inode: int

    @property
    def is_there(self) -> bool:
        """False where the file was deleted, moved or replaced since."""
        try:
            stat = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:  # whatever keeps us from looking deletes nothing
            return True
        return (stat.st_dev, stat.st_ino) == (self.device, self.inode)


_kept: list[DatabaseFile] = []
_lock = threading.Lock()


@contextmanager
def one_file(store: HasUrl) -> Iterator[DatabaseFile | None]:
    """Ensure that every store this process opens under the store's name is the same file, until the block is left.

    Without it, a store opened after the file was deleted would create an empty database in its place. The store must
    stay open as long: the inode number of an open file is not given to another one.

    Yields:
        The file; None where the store has none, as on PostgreSQL.

    Raises:
        DatabaseLostError: another such block began with another file.
    """
    url = sa.make_url(store.url)
    file = kept_file(url) or file_of(url)
    if file is None:
        yield None
        return
    if not file.is_there:
        raise database_lost(url)
    with _lock:
        _kept.append(file)
    try:
        yield file
    finally:
        with _lock:
            _kept.remove(file)


def kept_file(url: URL) -> DatabaseFile | None:
    """Return the file that `url` must be, because an `one_file` block began with it; None: any file will do."""
    if url.get_backend_name() != "sqlite":
        return None
    path = _path(url)
    with _lock:
        return next((file for file in _kept if file.path == path), None)


@contextmanager
def lost_if_gone(file: DatabaseFile | None, url: URL) -> Iterator[None]:
    """Raise where the file is gone when the block begins or when it ends, so that no work counts as done without it.

    Raises:
        DatabaseLostError: the file was deleted, moved or replaced, before the block or in it.
    """
    if file is not None and not file.is_there:
        raise database_lost(url)
    try:
        yield
    except DatabaseLostError:
        raise
    except StoreError as error:
        if file is not None and not file.is_there:
            raise database_lost(url) from error
        raise
    if file is not None and not file.is_there:
        raise database_lost(url)


def database_lost(url: URL) -> DatabaseLostError:
    """Return the error for a database whose name no longer leads to the same file."""
    return DatabaseLostError(
        f"the database {shown(url)} was deleted or replaced while it was in use",
        "Restore the file, or run the command again to begin a new database",
    )


def database_file(store: HasUrl) -> DatabaseFile | None:
    """Return the store's file; None where it has none that can be inspected, as on PostgreSQL."""
    return file_of(sa.make_url(store.url))


def file_of(url: URL) -> DatabaseFile | None:
    """Return the file that `url` names; None where there is none yet, or none that can be inspected."""
    if url.get_backend_name() != "sqlite":
        return None
    path = _path(url)
    try:
        stat = path.stat()
    except OSError:
        return None
    return DatabaseFile(path=path, device=stat.st_dev, inode=stat.st_ino)


def _path(url: URL) -> Path:
    return Path(url.database or "").absolute()
