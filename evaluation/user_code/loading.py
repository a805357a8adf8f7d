"""Loading a user's file: how long it may take, and what is said while it takes long."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

from evaluation.settings import Settings

LIMIT_VARIABLE = "BENCHWRIGHT_IMPORT_TIMEOUT_S"
SAID_AFTER_S = 5.0
"""Seconds of loading after which a line says so."""


def import_limit_s() -> float:
    """Return the seconds that a user's file may take to load, with all that it imports, in a process of its own."""
    return Settings().import_timeout_s


def too_long(limit_s: float) -> str:
    """Return why a file was not loaded, with the next step, to follow its name."""
    step = f"raise {LIMIT_VARIABLE} (now {limit_s:g} s) or mend what the file does when it is imported"
    return f"was not loaded within {limit_s:g} s and was stopped; {step}"


@contextmanager
def said_when_long(path: Path, limit_s: float | None = None) -> Iterator[None]:
    """Write a line to stderr if what is done meanwhile, loading a file, takes long.

    Args:
        path: The file.
        limit_s: Seconds after which it is stopped; None: never.
    """
    end = "Ctrl-C ends it" if limit_s is None else f"it is stopped after {limit_s:g} s ({LIMIT_VARIABLE})"

    def say() -> None:
        sys.stderr.write(f"still loading {path}, with all that it imports, after {SAID_AFTER_S:g} s; {end}\n")
        sys.stderr.flush()

    timer = Timer(SAID_AFTER_S, say)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
