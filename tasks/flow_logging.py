"""Logging to the current flow or task run, one line per event; to a plain logger where there is none."""

import logging
from collections.abc import Callable

from prefect import get_run_logger
from prefect.exceptions import MissingContextError

from evaluation.errors import DatabaseLostError


def log_warning(message: str, *words: object) -> None:
    """Log a warning; one of a lost database as a detail, since that error ends the flow run and is told there."""
    is_told_at_the_end = any(isinstance(word, DatabaseLostError) for word in words)
    _say(logging.DEBUG if is_told_at_the_end else logging.WARNING, message, *words)


def log_info(message: str, *words: object) -> None:
    """Log what is worth knowing, with nothing to mend."""
    _say(logging.INFO, message, *words)


def log_debug(message: str, *words: object) -> None:
    """Log a detail that is shown only where it is asked for."""
    _say(logging.DEBUG, message, *words)


listeners: list[Callable[[int, str], None]] = []
"""Who hears every line as it is said, with its level: a terminal before which somebody sits."""


def _say(level: int, message: str, *words: object) -> None:
    for listener in listeners:
        listener(level, message % words)
    try:
        get_run_logger().log(level, message, *words)
    except MissingContextError:
        logging.getLogger("benchwright").log(level, message, *words)
