"""Calls of the store from a flow: in a thread, retried for as long as the database is away."""

import asyncio
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from evaluation.errors import StoreUnreachableError
from evaluation.settings import Settings
from evaluation.store.retrying import FIRST_PAUSE_S, LONGEST_PAUSE_S, PATIENCE_S
from evaluation.store.session import Store, open_store
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


async def call_with_store(call: Callable[Concatenate[Store, P], T], *words: P.args, **named: P.kwargs) -> T:
    """Call `call` with the results database, opened for this call alone; otherwise as `call_store`.

    Args:
        call: Must be safe to repeat.
        words: Positional arguments of `call` after the store.
        named: Keyword arguments of `call`.
    """

    def call_opened() -> T:
        with open_store(Settings().database) as store:
            return call(store, *words, **named)

    return await call_store(call_opened)
