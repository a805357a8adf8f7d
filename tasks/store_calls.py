"""Calls of the store from a flow: in a thread, retried for as long as the database is away."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Concatenate, ParamSpec, TypeVar

from evaluation.errors import StoreUnreachableError
from evaluation.settings import Settings
from evaluation.store.retrying import FIRST_PAUSE_S, LONGEST_PAUSE_S, PATIENCE_S
from evaluation.store.session import Store, open_store
from tasks.flow_logging import log_warning
from tasks.retrying import retry_while_unavailable

P = ParamSpec("P")
T = TypeVar("T")
ENDS_WITHIN_S = 5.0
"""Seconds for which a cancellation waits for a call in progress."""


async def call_store(call: Callable[P, T], *words: P.args, **named: P.kwargs) -> T:
    """Call `call`, retrying while the database is unavailable. Cancellation propagates.

    It first waits for a call that is in progress: whoever ends the work then must find what the call has stored, and
    have the last word on it.

    Args:
        call: Must be safe to repeat: a connection may break after the commit.
        words: Positional arguments of `call`.
        named: Keyword arguments of `call`.

    Raises:
        StoreUnreachableError: the database was away for `PATIENCE_S`.
        StoreError: another failure, at once.
    """
    return await _retried(lambda: _in_thread(partial(call, *words, **named)))


async def _retried(call: Callable[[], Awaitable[T]]) -> T:
    return await retry_while_unavailable(
        call,
        is_away=lambda error: isinstance(error, StoreUnreachableError),
        on_wait=lambda error: log_warning("the database is unavailable; waiting for it: %s", error),
        patience_s=PATIENCE_S,
        pauses_s=(FIRST_PAUSE_S, LONGEST_PAUSE_S),
    )


async def _in_thread(call: Callable[[], T]) -> T:
    """Await the call in a thread; where this is cancelled, wait for the call's end first, `ENDS_WITHIN_S` at most.

    Nor does a further cancellation end that wait.
    """
    work = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        waits_until = monotonic() + ENDS_WITHIN_S
        while not work.done() and (left_s := waits_until - monotonic()) > 0:
            with suppress(asyncio.CancelledError):
                await asyncio.wait((work,), timeout=left_s)
        raise


async def call_with_store(call: Callable[Concatenate[Store, P], T], *words: P.args, **named: P.kwargs) -> T:
    """Call `call` with the results database, opened for this call alone; otherwise as `call_store`.

    Args:
        call: Must be safe to repeat.
        words: Positional arguments of `call` after the store.
        named: Keyword arguments of `call`.
    """
    return await call_store(partial(_opened, call, *words, **named))


async def compute_with_store(call: Callable[Concatenate[Store, P], T], *words: P.args, **named: P.kwargs) -> T:
    """Like `call_with_store`, for a call that computes for long: a cancellation does not wait for its end."""
    opened = partial(_opened, call, *words, **named)
    return await _retried(lambda: asyncio.to_thread(opened))


def _opened(call: Callable[Concatenate[Store, P], T], *words: P.args, **named: P.kwargs) -> T:
    with open_store(Settings().database) as store:
        return call(store, *words, **named)
