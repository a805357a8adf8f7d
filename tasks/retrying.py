"""Retries of a call for as long as its backend is unavailable: the database, or Prefect's server."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def retry_while_unavailable(
    call: Callable[[], Awaitable[T]],
    *,
    is_away: Callable[[Exception], bool],
    on_wait: Callable[[Exception], None],
    patience_s: float,
    pauses_s: tuple[float, float],
) -> T:
    """Call `call`, retrying while its backend is unavailable. Cancellation propagates.

    Args:
        call: Must be safe to repeat: a connection may break after it was done.
        is_away: Whether an error may go away on retry.
        on_wait: Called with the first such error.
        patience_s: Seconds of retrying; 0: a single call.
        pauses_s: The first pause, which doubles, and the longest.

    Raises:
        Exception: any error of `call`; an unavailable backend only after that time.
    """
    first_s, longest_s = pauses_s
    deadline, pause_s, is_told = time.monotonic() + patience_s, first_s, False
    while True:
        try:
            return await call()
        except Exception as error:
            if not is_away(error) or time.monotonic() >= deadline:
                raise
            if not is_told:
                on_wait(error)
                is_told = True
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, longest_s)
