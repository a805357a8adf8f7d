"""A flow run's process writes its log into a pipe to its worker, and outlives that worker."""

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from rich.console import Console


def outlive_the_reader() -> None:
    """From now on nothing that logs to a terminal or a pipe ends the process when nobody reads that any more.

    rich ends a process then, as befits `… | head`. A flow run whose worker was killed would be ended by its next line,
    in whichever coroutine logs it, and Prefect would take it for cancelled.
    """
    for console in _consoles():
        vars(console)["on_broken_pipe"] = partial(_write_to_nowhere, console)


def _write_to_nowhere(console: Console) -> None:
    console.quiet = True
    with suppress(OSError, ValueError):  # a stream without a descriptor, or closed: nothing can break in it
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, console.file.fileno())
        os.close(nowhere)


def _consoles() -> Iterator[Console]:
    """Yield those that Prefect's handlers, or others, write to."""
    loggers = [logging.getLogger(), *logging.Logger.manager.loggerDict.values()]
    for logger in loggers:
        for handler in getattr(logger, "handlers", ()):
            if isinstance(console := getattr(handler, "console", None), Console):
                yield console
