"""Tells whoever keeps record which leases are held, so that others can free them if we die."""

import asyncio
from collections.abc import Awaitable, Callable

from evaluation.errors import StoreError


class LeaseReporter:
    """Told in the background and never twice at once; a record that cannot be kept now is kept with the next news."""

    def __init__(self, tell: Callable[[frozenset[str]], Awaitable[None]], held: Callable[[], frozenset[str]]) -> None:
        self._tell = tell
        self._held = held
        self._is_stale = False
        self._telling: asyncio.Task[None] | None = None

    def changed(self) -> None:
        """Say that other leases are held than before."""
        self._is_stale = True
        self._begin()

    def look(self) -> None:
        """Try again what could not be told; raises what nobody expected."""
        if self._telling is not None and self._telling.done():
            self._telling.result()
        if self._is_stale:
            self._begin()

    async def settle(self, *, at_most_s: float) -> None:
        """Wait until the newest is told, but not for long."""
        if self._is_stale:
            self._begin()
        if self._telling is not None:
            await asyncio.wait([self._telling], timeout=at_most_s)

    def _begin(self) -> None:
        if self._telling is None or self._telling.done():
            self._telling = asyncio.ensure_future(self._tell_newest())

    async def _tell_newest(self) -> None:
        while self._is_stale:
            self._is_stale = False
            try:
                await self._tell(self._held())
            except StoreError:
                self._is_stale = True
                return
