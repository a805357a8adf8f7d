"""Names of files as text: a name on disk is bytes, and not all of them are UTF-8."""

import os
from pathlib import PurePath

from evaluation.errors import ConfigurationError


def path_text(path: PurePath | str) -> str:
    r"""Return a path as text that every encoder takes: bytes of it that are not UTF-8 as `\xe9`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def checked_path(path: str, *, what: str = "the path") -> str:
    """Return a path that a user names, which databases, JSON and Prefect have to take.

    Args:
        path: As the system gives it.
        what: What it is, for the message.

    Raises:
        ConfigurationError: bytes of it are not UTF-8.
    """
    try:
        path.encode()
    except UnicodeEncodeError as error:
        text = path_text(path)
        shown = f"'{text}'" if text.isprintable() else repr(text)
        raise ConfigurationError(
            f"{what} {shown} is not UTF-8",
            "Rename the file or folder; documents within a corpus may have such names.",
        ) from error
    return path
