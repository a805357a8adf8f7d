"""Requests that are repeated at once: a Prefect server on SQLite refuses whoever writes at the same moment."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tasks.slots.durations import SlotTiming
from tasks.slots.limits import LimitsAwayError

T = TypeVar("T")


async def asked_in_haste(call: Callable[[], Awaitable[T]], timing: SlotTiming) -> T:
    """Return what `call` returns; repeat it within milliseconds where it was refused.

    Raises:
        LimitsAwayError: the server has refused it several times, or takes its time.
    """
    pause_s = timing.take_again_s
    for n_tries_left in reversed(range(timing.n_take_tries)):
        asked_at = time.monotonic()
        try:
            return await call()
        except LimitsAwayError:
            if not n_tries_left or time.monotonic() - asked_at > timing.poll_every_s:
                raise
        await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311 - keeps processes apart
        pause_s *= 2
    raise AssertionError("the last try returns or raises")
