"""Logging to the current flow or task run, one line per event; to a plain logger where there is none."""

import logging
from collections.abc import Callable

from prefect import get_run_logger
from prefect.exceptions import MissingContextError

from evaluation.errors import DatabaseLostError


def log_warning(message: str, *words: object) -> None:
    """Log a warning; about a lost database at debug level, since that error ends the flow run and is reported there."""
    is_told_at_the_end = any(isinstance(word, DatabaseLostError) for word in words)
    _say(logging.DEBUG if is_told_at_the_end else logging.WARNING, message, *words)


def log_info(message: str, *words: object) -> None:
    """Log information that needs no action."""
    _say(logging.INFO, message, *words)


def log_debug(message: str, *words: object) -> None:
    """Log a detail that is shown only on request."""
    _say(logging.DEBUG, message, *words)


listeners: list[Callable[[int, str], None]] = []
"""Callbacks that get each log line with its level as it is logged, such as an interactive terminal."""


def _say(level: int, message: str, *words: object) -> None:
    for listener in listeners:
        listener(level, message % words)
    try:
        get_run_logger().log(level, message, *words)
    except MissingContextError:
        logging.getLogger("benchwright").log(level, message, *words)
