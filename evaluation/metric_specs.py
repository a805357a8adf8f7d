"""Metric specifications as text: tell a metric's name from a class in a file. Used by benchmarks and by metrics."""

import re
from pathlib import Path

from evaluation.files.allowed_files import path_at

_PLAIN = re.compile(r"[A-Za-z_]\w*(?:\s*\(.*\))?", re.DOTALL)
_IN_A_FILE = re.compile(r"(?P<path>.+?\.py):(?P<call>[A-Za-z_]\w*(?:\s*\(.*\))?)", re.DOTALL)


def names_a_file(text: str) -> bool:
    """Check whether `text` can only mean a metric in a file: `path.py:Name`, with or without options."""
    return ".py:" in text and not _PLAIN.fullmatch(text.strip())


def file_and_call(text: str) -> tuple[Path, str] | None:
    """Return the path and `Name` or `Name(option=…)` of a metric in a file; None where `text` names no file."""
    match = _IN_A_FILE.fullmatch(text.strip()) if names_a_file(text) else None
    return (_at_home(Path(match["path"])), match["call"]) if match else None


def _at_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:  # `~` of nobody that is known here
        return path


def with_whole_path(text: str, *, folder: Path | None = None) -> str:
    """Return `text` with an absolute path; a metric that is in no file stays as it is.

    Args:
        text: A metric as a user names it.
        folder: The folder that a path is relative to; None: the working directory.
    """
    path_and_call = file_and_call(text)
    return text if path_and_call is None else f"{path_at(str(path_and_call[0]), folder)}:{path_and_call[1]}"
