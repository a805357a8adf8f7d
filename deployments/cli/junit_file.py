"""The JUnit file of `--junit`, written from checks."""

import os
from pathlib import Path

from deployments.cli.terminal.output import print_status
from evaluation.errors import ConfigurationError
from evaluation.formatting import counted


def refuse_unwritable(path: Path) -> None:
    """Check that the file can be written, before anything is asked.

    Raises:
        ConfigurationError: it is a folder, or its folder does not exist.
    """
    if os.path.isdir(path) or not os.path.isdir(path.resolve().parent):
        raise ConfigurationError(
            f"--junit {str(path)!r} cannot be written: it is a folder, or its folder does not exist", "Name a file."
        )


def write_junit(path: Path, content: bytes, *, n_checks: int) -> None:
    """Write the file, and report it.

    Raises:
        ConfigurationError: it cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(
            f"--junit {str(path)!r} cannot be written: {error.strerror}", "Name another file."
        ) from None
    print_status(f"wrote {counted(n_checks, 'check')} to {path}")
