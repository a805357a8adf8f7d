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
    """Return what `call` gives, which is called again while whom it asks is away; who is cancelled stops waiting.

    Args:
        call: Must do no harm when it is done twice: a connection may break after it was done.
        is_away: True of an error where asking again may help.
        on_wait: Told of the first such error.
        patience_s: How long it is called again; 0: it is called once.
        pauses_s: The first pause, which doubles, and the longest.

    Raises:
        Exception: what `call` raises; what tells that somebody is away, only after that time.
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
