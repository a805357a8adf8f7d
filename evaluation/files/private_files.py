"""Private files, readable by one user only: results, passwords and other confidential data.

Files that this user's commands create are private from their first byte. Access of others to files created by earlier
versions, or by Prefect itself, is removed when such a file is used. A group keeps its access if others had none, since
no system has that as its default and it must be intended.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600
_OTHERS = stat.S_IRWXO
_GROUP = stat.S_IRWXG


def only_for_this_user() -> None:
    """Make all files and folders that this process and its children create accessible to this user alone."""
    os.umask(0o077)


def make_private_folder(folder: Path) -> None:
    """Create the folder and its parents where missing; restrict its permissions where it exists.

    Raises:
        OSError: it cannot be made.
    """
    missing = [path for path in (folder, *folder.parents) if not os.path.exists(path)]
    for path in reversed(missing):
        path.mkdir(mode=FOLDER_MODE, exist_ok=True)
    folder.mkdir(exist_ok=True)  # where a file has the name, this says so
    make_private(folder)


def make_private_file(path: Path) -> None:
    """Create an empty file where missing; restrict its permissions where it exists.

    Raises:
        OSError: it cannot be made.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))
    if os.path.isfile(path):
        make_private(path)


def make_private(path: Path) -> bool:
    """Remove the access of others and return True if they had any; files of other users stay unchanged."""
    try:
        status = path.lstat()
    except OSError:
        return False
    if stat.S_ISLNK(status.st_mode) or status.st_uid != os.getuid():
        return False
    mode = private_mode(stat.S_IMODE(status.st_mode))
    if mode == stat.S_IMODE(status.st_mode):
        return False
    try:
        path.chmod(mode)
    except OSError:
        return False
    return True


def private_mode(mode: int) -> int:
    """Return the mode without access for others, and without the group's unless it alone has access beside the user."""
    return mode & ~(_OTHERS | _GROUP) if mode & _OTHERS else mode


def open_to_others(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield those of the paths that users other than this one may read or enter, and which users."""
    for path in paths:
        try:
            mode = path.stat().st_mode
        except OSError:
            continue
        if mode & _OTHERS:
            yield path, "everybody"
        elif mode & _GROUP:
            yield path, "its group"


def database_files(path: Path) -> tuple[Path, ...]:
    """Return the paths of a SQLite file and the files that SQLite keeps beside it."""
    return (path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm", "-journal")))
