"""Calls of the store from a flow: in a thread, retried for as long as the database is away."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from evaluation.errors import StoreUnreachableError
from evaluation.store.retrying import FIRST_PAUSE_S, LONGEST_PAUSE_S, PATIENCE_S
from tasks.flow_logging import log_warning
from tasks.retrying import retry_while_unavailable

P = ParamSpec("P")
T = TypeVar("T")


async def call_store(call: Callable[P, T], *words: P.args, **named: P.kwargs) -> T:
    """Call `call`, retrying while the database is unavailable. Cancellation propagates.

    Args:
        call: Must be safe to repeat: a connection may break after the commit.
        words: Positional arguments of `call`.
        named: Keyword arguments of `call`.

    Raises:
        StoreUnreachableError: the database was away for `PATIENCE_S`.
        StoreError: another failure, at once.
    """
    return await retry_while_unavailable(
        lambda: asyncio.to_thread(call, *words, **named),
        is_away=lambda error: isinstance(error, StoreUnreachableError),
        on_wait=lambda error: log_warning("the database is unavailable; waiting for it: %s", error),
        patience_s=PATIENCE_S,
        pauses_s=(FIRST_PAUSE_S, LONGEST_PAUSE_S),
    )
