"""The bundle: this package's code that runs inside the sandbox, compiled once into a folder of its own."""

import os
import py_compile
import threading
from pathlib import Path

from evaluation.sandbox.work_folder import make_work_folder

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
