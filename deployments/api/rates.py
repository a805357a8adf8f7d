"""How often keys may ask: each request is remembered up to a number of them, beyond it they are counted."""

import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, RateLimiter, SlidingWindowCounterRateLimiter

MOST_REMEMBERED = 10_000
"""Requests of one key that are remembered with their times. A million a day would take hundreds of megabytes; counts of
this window and the one before it, which stand for such a rate, differ by little then.
"""


class Rates:
    """The requests of keys, against their rates. Thread-safe."""

    def __init__(self) -> None:
        self._storage = MemoryStorage()
        self._remembering = MovingWindowRateLimiter(self._storage)
        self._counting = SlidingWindowCounterRateLimiter(self._storage)

    def wait_s(self, key_id: str, rate: str) -> int | None:
        """Count a request of a key; return after how many seconds it may ask again, None where it may now.

        Args:
            key_id: The key.
            rate: Its rate: `60/minute`.
        """
        limit = parse(rate)
        limiter = self._limiter(limit)
        if limiter.hit(limit, key_id):
            return None
        reset_at, _ = limiter.get_window_stats(limit, key_id)
        return max(1, round(reset_at - time.time()))

    def _limiter(self, limit: RateLimitItem) -> RateLimiter:
        return self._remembering if limit.amount <= MOST_REMEMBERED else self._counting

    @property
    def n_kept(self) -> int:
        """Requests that are remembered, and counts."""
        return sum(map(len, self._storage.events.values())) + len(self._storage.storage)
