"""Calls of Prefect's server from a flow, retried while it is away: an outage must not end the work.

Prefect's own client retries only where it was answered before, which a client made for one call never was.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx

from evaluation.store.retrying import PATIENCE_S
from tasks.flow_logging import log_warning
from tasks.retrying import retry_while_unavailable

T = TypeVar("T")
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 5.0


async def retry_while_prefect_is_away(call: Callable[[], Awaitable[T]], *, patience_s: float = PATIENCE_S) -> T:
    """Call `call`, retrying while Prefect's server is unavailable.

    Args:
        call: Must be safe to repeat: a connection may break after the server did it.
        patience_s: Seconds of retrying; 0: a single call.

    Raises:
        Exception: any error of `call`; an unavailable server only after that time.
    """
    return await retry_while_unavailable(
        call,
        is_away=_is_away,
        on_wait=lambda error: log_warning("the Prefect server is unavailable; waiting for it: %s", _in_words(error)),
        patience_s=patience_s,
        pauses_s=(FIRST_PAUSE_S, LONGEST_PAUSE_S),
    )


@asynccontextmanager
async def going_on_without(what: str) -> AsyncIterator[None]:
    """Exit the block where Prefect's server stayed away, with a warning that names what is missing there."""
    try:
        yield
    except Exception as error:
        if not _is_away(error):
            raise
        log_warning(
            "%s could not be shown in Prefect; they are in the results database only: %s", what, _in_words(error)
        )


def _is_away(error: Exception) -> bool:
    """Return whether the server may answer later: unreachable or overloaded."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code >= 500
    return isinstance(error, httpx.TransportError | OSError)


def _in_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
