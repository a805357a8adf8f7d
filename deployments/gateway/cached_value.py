"""A value that is read from elsewhere and kept for a while, so that no request waits for it but the first."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from evaluation.errors import BenchwrightError

T = TypeVar("T")
PATIENCE_S = 3.0
"""Longest wait of a request for a value."""
_TOO_OLD = 3.0
"""Ages at which a value is waited for again, since nobody asked for it meanwhile."""


class CachedValue(Generic[T]):
    """Keeps a value; an old one is served while it is read anew in the background, and a very old one waited for.

    Args:
        read: Reads the value. Where it raises one of our errors, the value before it stays.
        first: The value before the first reading.
        max_age_s: Age at which it is read anew; 0: each time, and waited for.
    """

    def __init__(self, read: Callable[[], Awaitable[T]], *, first: T, max_age_s: float) -> None:
        self._read = read
        self._max_age_s = max_age_s
        self._read_at: float | None = None
        self._reading: asyncio.Task[None] | None = None
        self._began_at = 0.0
        self.value = first
        self.error: BenchwrightError | None = None
        """Why the last reading failed; None if it did not."""

    async def get(self) -> T:
        """Return the value, waiting only where there is none yet, or one of long ago."""
        if self._read_at is None or self._max_age_s == 0:
            await self.renew()
            return self.value
        age_s = time.monotonic() - self._read_at
        if age_s >= _TOO_OLD * self._max_age_s and self.error is None:  # Who failed before may make us wait again.
            await self.renew()
        elif age_s >= self._max_age_s:
            self._start()
        return self.value

    async def renew(self) -> None:
        """Read the value now, together with whoever else waits for it."""
        reading = self._start()
        await asyncio.wait({reading}, timeout=max(0.0, self._began_at + PATIENCE_S - time.monotonic()))

    def _start(self) -> asyncio.Task[None]:
        if self._reading is None or self._reading.done():
            self._began_at = time.monotonic()
            self._reading = asyncio.create_task(self._renewed())
        return self._reading

    async def _renewed(self) -> None:
        try:
            self.value, self.error = await self._read(), None
        except BenchwrightError as error:
            self.error = error
        finally:
            self._read_at = time.monotonic()

    async def close(self) -> None:
        """End a reading that is under way."""
        if self._reading is not None and not self._reading.done():
            self._reading.cancel()
            await asyncio.wait({self._reading})
