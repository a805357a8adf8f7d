"""What is said of a file that cannot be read: the same reason and next step, whoever reads it."""

from pathlib import Path

from evaluation.errors import ConfigurationError


def unreadable(path: Path, error: Exception, *, what: str = "") -> ConfigurationError:
    """Return the error for a file that cannot be read.

    Args:
        path: The file.
        error: Why it cannot be read.
        what: What it was to be, or the option that named it.
    """
    named = f"{what} {str(path)!r}" if what else repr(str(path))
    return ConfigurationError(f"cannot read {named}: {reason_of(error)}", step_after(error))


def reason_of(error: Exception) -> str:
    """Return why a file cannot be read, without the number of the system's error."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, IsADirectoryError):
        return "it is a folder"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def step_after(error: Exception) -> str:
    """Return the next step after a file could not be read."""
    if isinstance(error, FileNotFoundError):
        return f"Check the path; it is read from {Path.cwd()}."
    if isinstance(error, IsADirectoryError):
        return "Name a file in it."
    return "Check the file's rights and its disk."
