"""The bundle: this package's code that runs inside the sandbox, compiled once into this process's work folder.

A process holds a lock on its work folder for as long as it lives, however it ends; `kill -9` releases it too. A work
folder without a lock therefore has no owner, and the next process that needs a folder removes it.
"""

import atexit
import os
import py_compile
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from evaluation.sandbox.file_trees import empty_folder, remove_tree

_INSIDE = Path(__file__).with_name("inside")
_PACKAGE = Path("evaluation", "sandbox", "inside")
_lock = threading.Lock()
_made: dict[int, Path] = {}
"""Folders by process id: a forked process must not delete its parent's folder."""


def bundle() -> Path:
    """Return a folder from which an interpreter without this project can import the code it runs.

    Removed when this process ends. Its parent is also private to this process, for the folders of programs.
    """
    with _lock:
        folder = _made.get(os.getpid())
        if folder is None or not (folder / _PACKAGE).is_dir():
            folder = _made[os.getpid()] = _make()
        return folder


def start_code(side: str, folder: str) -> str:
    """Return the code that starts a side, `program` or `checker`, from the bundle in `folder`."""
    return (
        f"import sys; sys.path.insert(0, {folder!r}); from evaluation.sandbox.inside.{side} import main; "
        "del sys.path[0]; main()"
    )


def _make() -> Path:
    folder = make_work_folder() / "bundle"
    for source in sorted(_INSIDE.glob("*.py")):
        _compile(source, folder / _PACKAGE / f"{source.stem}.pyc")
    for package in _PACKAGE.parents[:-1]:
        _compile(_INSIDE / "__init__.py", folder / package / "__init__.pyc")
    for each in (folder, *folder.rglob("*")):
        each.chmod(0o755 if each.is_dir() else 0o644)  # whatever the umask: another user reads it
    return folder


def _compile(source: Path, target: Path) -> None:
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(source), cfile=str(target), dfile=source.name, doraise=True, invalidation_mode=mode)


PREFIX = "benchwright-sandbox-"
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def make_work_folder() -> Path:
    """Return a new folder that is removed when this process ends; remove those of dead processes first."""
    remove_abandoned(Path(tempfile.gettempdir()))
    while True:
        folder = tempfile.mkdtemp(prefix=PREFIX)
        os.chmod(folder, 0o755)  # noqa: S103 - whatever the umask: another user reads what is to run
        held = os.open(folder, _OPEN_FOLDER)
        if _take_lock(held) and _is_still(held, folder):
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
        if os.fstat(folder).st_uid == os.geteuid() and _take_lock(folder):
            empty_folder(folder)
            if _is_same(os.fstat(folder), os.stat(name, dir_fd=parent, follow_symlinks=False)):
                os.rmdir(name, dir_fd=parent)
    finally:
        os.close(folder)


def _take_lock(folder: int) -> bool:
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
