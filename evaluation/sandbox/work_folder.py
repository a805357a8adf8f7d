"""The work folder of this process's sandboxes, and the removal of those that dead processes left behind.

A process holds a lock on its folder for as long as it lives, however it ends; `kill -9` releases it too. A work folder
without a lock therefore has no owner, and the next process that needs a folder removes it.
"""

import atexit
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from evaluation.sandbox.file_trees import empty_folder, remove_tree

PREFIX = "benchwright-sandbox-"
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def make_work_folder() -> Path:
    """Return a new folder that is removed when this process ends; remove those of dead processes first."""
    remove_abandoned(Path(tempfile.gettempdir()))
    while True:
        folder = tempfile.mkdtemp(prefix=PREFIX)
        os.chmod(folder, 0o755)  # noqa: S103 - whatever the umask: another user reads what is to run
        held = os.open(folder, _OPEN_FOLDER)
        if _lock(held) and _is_still(held, folder):
            # Left open: the lock goes with the process.
            atexit.register(_remove, os.getpid(), folder)
            return Path(folder)
        os.close(held)  # another process took it for abandoned, in the moment between the two steps


def remove_abandoned(parent: Path) -> None:
    """Remove this user's work folders in `parent` that no living process holds. What cannot be removed stays."""
    try:
        opened = os.open(parent, _OPEN_FOLDER & ~os.O_NOFOLLOW)
    except OSError:
        return
    try:
        for name in os.listdir(opened):
            if name.startswith(PREFIX):
                with suppress(OSError):
                    _remove_if_abandoned(opened, name)
    except OSError:
        return
    finally:
        os.close(opened)


def _remove_if_abandoned(parent: int, name: str) -> None:
    """Remove the folder if no process holds it.

    Raises:
        OSError: it is no folder, is a link, or cannot be removed.
    """
    folder = os.open(name, _OPEN_FOLDER, dir_fd=parent)
    try:
        # Somebody else may call a folder so.
        if os.fstat(folder).st_uid == os.geteuid() and _lock(folder):
            empty_folder(folder)
            if _is_same(os.fstat(folder), os.stat(name, dir_fd=parent, follow_symlinks=False)):
                os.rmdir(name, dir_fd=parent)
    finally:
        os.close(folder)


def _lock(folder: int) -> bool:
    import fcntl  # Windows has none, and nothing is run there

    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_still(held: int, folder: str) -> bool:
    try:
        return _is_same(os.fstat(held), os.stat(folder, follow_symlinks=False))
    except OSError:
        return False


def _is_same(first: os.stat_result, second: os.stat_result) -> bool:
    return (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino)


def _remove(process: int, folder: str) -> None:
    if process == os.getpid():
        remove_tree(folder)
