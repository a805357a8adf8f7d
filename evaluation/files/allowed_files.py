"""The files that a request may name: any file if its user typed it, those of one folder for a form.

A benchmark file is read and shown, and a metric's file is run. Whoever fills in a form, or calls Prefect's API, is not
the user whose rights the worker has.
"""

import os
from contextvars import ContextVar
from pathlib import Path

from evaluation.errors import ConfigurationError

FOLDER_VARIABLE = "BENCHWRIGHT_FORM_FILES"
"""Environment variable with the folder's path; read by `evaluation.settings`."""

_is_limited: ContextVar[bool] = ContextVar("is_limited", default=False)
_folder: ContextVar[Path | None] = ContextVar("folder", default=None)


def limit_files(folder: Path | None) -> None:
    """Allow only files in the folder, in this task and those that it starts; None: no file."""
    _is_limited.set(True)
    _folder.set(None if folder is None else folder.resolve())


def must_be_allowed(path: Path, *, what: str) -> None:
    """Check that a request may use this file. Outside the folder, its existence is not checked.

    Args:
        path: Links are followed.
        what: Its purpose, for the message.

    Raises:
        ConfigurationError: it may not.
    """
    if not _is_limited.get():
        return
    folder = _folder.get()
    real = Path(os.path.realpath(path))
    if folder is not None and real.is_relative_to(folder):
        if real.exists() and not (real.is_file() or real.is_dir()):  # a pipe would be waited for without end
            raise ConfigurationError(f"{what} {str(path)!r} is a pipe or a device", "Name a file.")
        return
    if folder is None:
        raise ConfigurationError(
            f"{what} {str(path)!r} is a file, and forms may name no files here",
            f"Let whoever runs the worker name a folder for them: `benchwright serve --form-files FOLDER`, or "
            f"{FOLDER_VARIABLE}=FOLDER for another worker. On the command line any file may be named.",
        )
    raise ConfigurationError(
        f"{what} {str(path)!r} is not in {str(folder)!r}, the folder of which forms may name files",
        "Put the file there, or name one that is there.",
    )
