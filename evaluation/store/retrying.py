"""Retries of a call while the database is unavailable."""

import time
from collections.abc import Callable
from typing import TypeVar

from evaluation.errors import StoreError, StoreUnreachableError

T = TypeVar("T")
PATIENCE_S = 120.0
"""Seconds for which an unreachable database is retried: time for a server's restart or a laptop's sleep."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0


def patiently(
    call: Callable[[], T], *, patience_s: float = PATIENCE_S, on_wait: Callable[[StoreError], None] | None = None
) -> T:
    """Return the result of `call`, retrying it while the database is unreachable.

    Args:
        call: Must be harmless when done twice: a connection may break after the commit.
        patience_s: How long to go on; a call that has begun is not cut off.
        on_wait: Called with the error before every pause.

    Raises:
        StoreUnreachableError: the database was unreachable for longer.
        StoreError: another failure, at once.
    """
    deadline = time.monotonic() + patience_s
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            return call()
        except StoreUnreachableError as error:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                raise
            if on_wait is not None:
                on_wait(error)
            time.sleep(min(pause_s, left_s))
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
