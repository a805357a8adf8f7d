"""The files that a request may name: any file if its user typed it, those of one folder for a form.

A benchmark file is read and shown, and the file of a metric or a pipeline is run. Whoever fills in a form, or calls
Prefect's API, is not the user whose rights the worker has. Relative paths in a form are relative to that folder.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from evaluation.errors import ConfigurationError
from evaluation.files.path_text import checked_path

FOLDER_VARIABLE = "BENCHWRIGHT_FORM_FILES"
"""Environment variable with the folder's path; read by `evaluation.settings`."""


@dataclass(frozen=True, slots=True)
class FileLimit:
    """The limit of a request that comes from a form."""

    folder: Path | None
    """The folder whose files it may name; None: it may name no file."""


_limit: ContextVar[FileLimit | None] = ContextVar("limit", default=None)
_elsewhere: ContextVar[bool] = ContextVar("elsewhere", default=False)


def limit_files(folder: Path | None) -> None:
    """Allow only files in the folder, in this task and those that it starts; None: no file."""
    _limit.set(FileLimit(None if folder is None else folder.resolve()))


@contextmanager
def files_elsewhere() -> Iterator[None]:
    """Take paths as they are meanwhile: which files a request may name, and what they say, another process knows.

    Whoever looks at a request meanwhile must read no file that it names.
    """
    limit, elsewhere = _limit.set(None), _elsewhere.set(True)
    try:
        yield
    finally:
        _limit.reset(limit)
        _elsewhere.reset(elsewhere)


def are_files_elsewhere() -> bool:
    """Check whether the files that a request names are another process's."""
    return _elsewhere.get()


def file_limit() -> FileLimit | None:
    """Return the limit that applies here; None: every file may be named."""
    return _limit.get()


def path_at(text: str, folder: Path | None = None) -> Path:
    """Return the absolute path that a text names, with links followed.

    Args:
        text: A path; `~` is the home directory.
        folder: The folder that a relative path is relative to; None: the working directory.

    Raises:
        ConfigurationError: bytes of it are not UTF-8.
    """
    path = Path(text)
    with suppress(RuntimeError):  # `~` of nobody that is known here
        path = path.expanduser()
    whole = os.path.join(folder or "", path)
    return Path(whole if "\0" in whole else checked_path(os.path.realpath(whole)))


def allowed_path(path: Path, *, what: str) -> Path:
    """Return the file that a request names, if the request may use it; a relative path of a form is in its folder.

    Outside the folder, its existence is not checked.

    Args:
        path: Links are followed.
        what: Its purpose, for the message.

    Raises:
        ConfigurationError: it may not.
    """
    if (limit := _limit.get()) is None:
        return path
    if "\0" in str(path):
        raise ConfigurationError(f"{what} {str(path)!r} cannot be a path: it has a null character", "Leave it out.")
    if limit.folder is None:
        raise ConfigurationError(
            f"{what} {str(path)!r} is a file, and forms may name no files here",
            f"Let whoever runs the worker name a folder for them: `benchwright serve --form-files FOLDER`, or "
            f"{FOLDER_VARIABLE}=FOLDER for another worker. On the command line any file may be named.",
        )
    real = path_at(str(path), limit.folder)
    if not real.is_relative_to(limit.folder):
        raise ConfigurationError(
            f"{what} {str(path)!r} is not in {str(limit.folder)!r}, the folder of which forms may name files",
            "Put the file there, or name one that is there.",
        )
    if os.path.exists(real) and not (
        os.path.isfile(real) or os.path.isdir(real)
    ):  # a pipe would be waited for without end
        raise ConfigurationError(f"{what} {str(path)!r} is a pipe or a device", "Name a file.")
    return real
