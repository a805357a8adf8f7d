"""One line an event, to the log of the run that is at work; to a plain log where none is."""

import logging

from prefect import get_run_logger
from prefect.exceptions import MissingContextError


def warn(message: str, *words: object) -> None:
    """Logs a warning."""
    try:
        get_run_logger().warning(message, *words)
    except MissingContextError:
        logging.getLogger("benchwright").warning(message, *words)
