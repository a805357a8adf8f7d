"""Silence of the libraries that read documents: what they log of a damaged file stands in our own message."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock

_LOGGERS = ("pypdf", "docx", "bs4")
_lock = Lock()
_open: list[ExitStack] = []
"""One entry for each reading that is in progress; the first of them holds what the last one sets back."""


@contextmanager
def silenced_libraries() -> Iterator[None]:
    """Keep the libraries from logging and warning. Safe to use from several threads."""
    with _lock:
        _open.append(_silence() if not _open else _open[0])
    try:
        yield
    finally:
        with _lock:
            silence = _open.pop()
            if not _open:
                silence.close()


def _silence() -> ExitStack:
    stack = ExitStack()
    stack.enter_context(warnings.catch_warnings())
    warnings.simplefilter("ignore")
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        stack.callback(logger.setLevel, logger.level)
        logger.setLevel(logging.CRITICAL + 1)
    return stack
