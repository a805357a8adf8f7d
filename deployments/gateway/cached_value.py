"""A value that is read from elsewhere and kept for a while, so that no request waits for it but the first."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from evaluation.errors import BenchwrightError

T = TypeVar("T")
PATIENCE_S = 3.0
"""Longest wait of a request for a value."""


class CachedValue(Generic[T]):
    """Keeps a value; an old one is served while it is read anew in the background.

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
        self.value = first
        self.error: BenchwrightError | None = None
        """Why the last reading failed; None if it did not."""

    async def get(self) -> T:
        """Return the value, waiting only where there is none yet."""
        if self._read_at is None or self._max_age_s == 0:
            await self.renew()
        elif time.monotonic() - self._read_at >= self._max_age_s:
            self._start()
        return self.value

    async def renew(self) -> None:
        """Read the value now, together with whoever else waits for it."""
        await asyncio.wait({self._start()}, timeout=PATIENCE_S)

    def _start(self) -> asyncio.Task[None]:
        if self._reading is None or self._reading.done():
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
