"""The retry schedule for model servers, shared by cases, loads, judges and probes."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from evaluation.errors import FailureKind, ProviderError, TransientProviderError

T = TypeVar("T")
OnPause: TypeAlias = Callable[[ProviderError, float], None]
"""Called before a pause with the error and the length of the pause in seconds."""

MAX_ATTEMPTS = 8
BASE_S = 1.0
LONGEST_PAUSE_S = 30.0
LONGEST_RETRY_AFTER_S = 600.0
"""Longest wait in seconds that a server can request; a longer one is shortened to this."""
JITTER = 0.25
"""Random variation of pauses in both directions, as a share, so that refused requests do not return together."""
FEW_ATTEMPTS = 2
HOPELESS_SOON = {FailureKind.OUT_OF_MEMORY: FEW_ATTEMPTS, FailureKind.LOADING_TIMED_OUT: FEW_ATTEMPTS}
"""Kinds of failure that rarely resolve within a few minutes."""


@dataclass(frozen=True, kw_only=True)
class RetrySchedule:
    """Pauses that double from `base_s` to `longest_s` with jitter, unless the server sets the delay."""

    base_s: float = BASE_S
    longest_s: float = LONGEST_PAUSE_S
    max_attempts: int = MAX_ATTEMPTS
    max_attempts_by_kind: Mapping[FailureKind, int] = field(default_factory=lambda: HOPELESS_SOON)
    """Limits for kinds of failure that get fewer attempts than others."""

    def pause_s(self, error: ProviderError, n_attempts: int) -> float | None:
        """Return the seconds until the next attempt; None: there is none.

        Args:
            error: The error of the last attempt.
            n_attempts: Attempts made so far, from 1.
        """
        if not isinstance(error, TransientProviderError):
            return None
        if n_attempts >= self.max_attempts_by_kind.get(error.kind, self.max_attempts):
            return None
        if error.retry_after_s is not None:
            return min(error.retry_after_s, LONGEST_RETRY_AFTER_S)
        jitter = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads retries, decides no number
        doubled = self.base_s * 2.0 ** min(n_attempts - 1, 60)
        return min(doubled, self.longest_s) * jitter


RETRIES = RetrySchedule()


def no_note(_error: ProviderError, _pause_s: float) -> None:
    """Take no note of a pause."""


async def retry(
    call: Callable[[], Awaitable[T]],
    schedule: RetrySchedule,
    *,
    on_pause: OnPause = no_note,
) -> T:
    """Return what `call` returns, calling it again as the schedule allows.

    Args:
        call: Asks a server.
        schedule: How often, and with which pauses.
        on_pause: Called before each pause with the error and the length of the pause in seconds.

    Raises:
        ProviderError: the error of the last attempt.
    """
    n_attempts = 0
    while True:
        n_attempts += 1
        try:
            return await call()
        except ProviderError as error:
            pause_s = schedule.pause_s(error, n_attempts)
            if pause_s is None:
                raise
            on_pause(error, pause_s)
        await asyncio.sleep(pause_s)
