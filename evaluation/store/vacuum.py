"""Unused space inside a SQLite file: measure it, and return it to the disk.

`VACUUM` writes the remaining content to a temporary file and copies it back through the write-ahead log beside the
database, so it needs the space twice while it runs. PostgreSQL reuses such space by itself (autovacuum).
"""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from evaluation.errors import StoreError
from evaluation.store.address import parse_url, shown
from evaluation.store.engine import store_error
from evaluation.store.session import Store

_BUSY_TIMEOUT_S = 30.0
_SPARE_BYTES = 16 * 1024 * 1024


def free_inside(store: Store) -> int:
    """Return the number of unused bytes inside the file; 0 on PostgreSQL."""
    if store.dialect != "sqlite":
        return 0
    with store.read() as connection:
        pages, page_size = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("freelist_count", "page_size")
        )
    return int(pages) * int(page_size)


def file_size(store: Store) -> int | None:
    """Return the size in bytes of the SQLite file with its log; None on PostgreSQL."""
    if store.dialect != "sqlite":
        return None
    path = _path(store)
    parts = (path, path.with_name(f"{path.name}-wal"))
    return sum(part.stat().st_size for part in parts if os.path.exists(part))


def database_size(store: Store) -> int:
    """Return the size in bytes of the SQLite file with its log, or of the PostgreSQL database."""
    if (n_bytes := file_size(store)) is not None:
        return n_bytes
    with store.read() as connection:
        return int(connection.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one())


def vacuum_file(
    store: Store, *, free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free
) -> int:
    """Vacuum the file and return how many bytes of disk space were freed.

    Args:
        store: A store on SQLite.
        free_bytes: Tells how much space is free on the disk of a folder.

    Raises:
        StoreError: the disk has no room for it, or another process uses the database; nothing has changed then.
    """
    path = _path(store)
    before = file_size(store) or 0
    _must_have_room(store, path.parent, free_bytes)
    try:
        with closing(sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error as error:
        raise store_error(sa.exc.DatabaseError("VACUUM", None, error), parse_url(store.url)) from error
    return max(0, before - (file_size(store) or 0))


def _must_have_room(store: Store, folder: Path, free_bytes: Callable[[Path], int]) -> None:
    with store.read() as connection:
        pages, page_size = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size")
        )
    left = int(pages) * int(page_size) - free_inside(store) + _SPARE_BYTES
    temporary = _temporary_folder()
    same_disk = folder.stat().st_dev == temporary.stat().st_dev
    for place, needed in ((folder, 2 * left if same_disk else left), (temporary, left)):
        if (free := free_bytes(place)) < needed:
            raise StoreError(
                f"giving the free room of {shown(parse_url(store.url))} back needs {needed:,} bytes "
                f"in {str(place)!r} for a while, and {free:,} are free",
                "Free some space, or name a folder on another disk with SQLITE_TMPDIR, and prune again; "
                "until then new results use the room inside the file",
            )


def _temporary_folder() -> Path:
    """Return where SQLite puts its temporary files, trying the same folders in the same order."""
    named = [os.environ.get("SQLITE_TMPDIR"), os.environ.get("TMPDIR"), "/var/tmp", "/usr/tmp", "/tmp"]  # noqa: S108
    usable = (Path(name) for name in named if name and os.path.isdir(name) and os.access(name, os.W_OK | os.X_OK))
    return next(usable, Path())


def _path(store: Store) -> Path:
    return Path(str(parse_url(store.url).database))
