"""The leases that a claim holds on one limit."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from tasks.slots.limits import Limits, LimitsAwayError
from tasks.slots.rhythm import Rhythm
from tasks.slots.shares import leases_to_keep


@dataclass(slots=True)
class _Lease:
    n: int
    limit_id: str
    renew_at: float


class Leases:
    """Slots of one limit, taken, kept and given back; a server that is away changes nothing of what is held."""

    def __init__(self, limits: Limits, name: str, rhythm: Rhythm, on_change: Callable[[], None]) -> None:
        self.name = name
        self._limits = limits
        self._rhythm = rhythm
        self._on_change = on_change
        self._held: dict[str, _Lease] = {}

    @property
    def n(self) -> int:
        """How many slots are held."""
        return sum(lease.n for lease in self._held.values())

    @property
    def ids(self) -> frozenset[str]:
        """What they are held by."""
        return frozenset(self._held)

    async def take(self, n: int, limit_id: str) -> bool:
        """False where they are not to be had now."""
        lease_id = await self._taken(n)
        if lease_id is None:
            return False
        self._held[lease_id] = _Lease(n, limit_id, time.monotonic() + self._rhythm.renew_every_s)
        self._on_change()
        return True

    async def _taken(self, n: int) -> str | None:
        """A server on SQLite refuses many a first try within milliseconds, and answers the second."""
        for n_tries_left in reversed(range(self._rhythm.n_take_tries)):
            asked_at = time.monotonic()
            try:
                return await self._limits.take(self.name, n, lease_s=self._rhythm.lease_s)
            except LimitsAwayError:
                took_s = time.monotonic() - asked_at
                if not n_tries_left or took_s > self._rhythm.poll_every_s:
                    break
            await asyncio.sleep(self._rhythm.take_again_s * random.uniform(0.5, 1.5))  # noqa: S311 - keeps processes apart
        return None

    async def renew(self) -> bool:
        """False where the server has forgotten some of them; those are no longer ours."""
        now = time.monotonic()
        due = [lease_id for lease_id, lease in self._held.items() if now >= lease.renew_at]
        return all([await self._renew(lease_id) for lease_id in due])

    async def _renew(self, lease_id: str) -> bool:
        lease = self._held[lease_id]
        try:
            if await self._limits.renew(lease_id, lease_s=self._rhythm.lease_s):
                lease.renew_at = time.monotonic() + self._rhythm.renew_every_s
                return True
        except LimitsAwayError:
            lease.renew_at = time.monotonic() + self._rhythm.renew_again_s
            return True
        del self._held[lease_id]
        self._on_change()
        return False

    def forget_all_but(self, limit_id: str) -> bool:
        """True where some were on a limit that is no more: a person removed it and there is another one now."""
        forgotten = [lease_id for lease_id, lease in self._held.items() if lease.limit_id != limit_id]
        for lease_id in forgotten:
            del self._held[lease_id]
        if forgotten:
            self._on_change()
        return bool(forgotten)

    async def shrink_to(self, n: int, limit_id: str) -> None:
        """Gives back what is more than `n`; the part of a lease that stays is taken anew, where nobody is faster."""
        kept = leases_to_keep({lease_id: lease.n for lease_id, lease in self._held.items()}, n)
        await self._give_back(self.ids - kept)
        if self.n < n:
            await self.take(n - self.n, limit_id)

    async def replace(self, n: int, limit_id: str) -> None:
        """Holds `n` instead, of a limit that has plenty; at no moment fewer than the smaller of the two."""
        before = self.ids
        if await self.take(n, limit_id):
            await self._give_back(before)

    async def give_all_back(self) -> None:
        """Keeps those whose return the server did not take; see `n`."""
        await self._give_back(self.ids)

    async def _give_back(self, lease_ids: frozenset[str]) -> None:
        """One after the other: at once, they wait for each other at the server for longer."""
        for lease_id in lease_ids:
            try:
                await self._limits.give_back(lease_id)
            except LimitsAwayError:
                return
            self._held.pop(lease_id, None)
            self._on_change()
