"""Asks the store from a flow: in a thread, and again for as long as the database is away."""

import asyncio
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from evaluation.errors import StoreUnreachableError
from evaluation.store.patience import FIRST_PAUSE_S, LONGEST_PAUSE_S, PATIENCE_S
from tasks.story import warn

P = ParamSpec("P")
T = TypeVar("T")


async def stored(call: Callable[P, T], *words: P.args, **named: P.kwargs) -> T:
    """What `call` gives. While the database is away it is called again, and whoever is cancelled stops waiting.

    Args:
        call: Must do no harm when it is done twice: a connection may break after the commit.
        words: Its arguments.
        named: Likewise.

    Raises:
        StoreUnreachableError: the database was away for `PATIENCE_S`.
        StoreError: another failure, at once.
    """
    deadline, pause_s = time.monotonic() + PATIENCE_S, FIRST_PAUSE_S
    while True:
        try:
            return await asyncio.to_thread(call, *words, **named)
        except StoreUnreachableError as error:
            if time.monotonic() >= deadline:
                raise
            if pause_s == FIRST_PAUSE_S:
                warn("the database is away, and is waited for: %s", error)
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
