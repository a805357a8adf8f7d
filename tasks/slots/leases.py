"""The leases that a claim holds on one limit.

Leases on a limit that a person set to 0 are kept and renewed: Prefect takes none back before it is raised.
"""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from tasks.slots.durations import SlotTiming
from tasks.slots.haste import asked_in_haste
from tasks.slots.limits import Limit, Limits, LimitsAwayError
from tasks.slots.tag_limits import leases_to_keep


@dataclass(slots=True)
class _Lease:
    n: int
    limit_id: str
    renew_at: float = 0.0
    """Time of the next renewal on the monotonic clock, in seconds."""
    ends_at: float = 0.0
    """End of the lease in Unix time, in seconds, so that a computer's sleep counts."""
    version: str = ""
    """Version of the limit when it was last seen before `ends_at`."""
    is_doubtful: bool = False
    """True where the server was away since the last renewal and may have lost the lease."""


class Leases:
    """Leased slots of one limit: taken, renewed and given back. A server outage changes nothing of what is held."""

    def __init__(self, limits: Limits, name: str, timing: SlotTiming, on_change: Callable[[], None]) -> None:
        self.name = name
        self._limits = limits
        self._timing = timing
        self._on_change = on_change
        self._held: dict[str, _Lease] = {}
        self._n_still_counted = 0
        self.is_paused = False
        """True if the limit was 0 when it was last seen."""

    @property
    def n(self) -> int:
        """Number of slots held."""
        return sum(lease.n for lease in self._held.values())

    @property
    def ids(self) -> frozenset[str]:
        """Ids of the leases."""
        return frozenset(self._held)

    async def take(self, n: int, limit_id: str) -> bool:
        """Take `n` slots and return True; return False where they are not available now."""
        lease_id = await self._taken(n)
        if lease_id is None:
            return False
        self._held[lease_id] = lease = _Lease(n, limit_id)
        self._is_good(lease)
        self._on_change()
        return True

    async def _taken(self, n: int) -> str | None:
        """Return the id of a new lease; None where it is not to be had now."""
        try:
            return await asked_in_haste(
                lambda: self._limits.take(self.name, n, lease_s=self._timing.lease_s), self._timing
            )
        except LimitsAwayError:
            return None

    async def renew(self) -> bool:
        """Renew the leases; return False where the server has forgotten some, which are no longer ours."""
        now = time.monotonic()
        due = [lease_id for lease_id, lease in self._held.items() if now >= lease.renew_at]
        renewed = [await self._renew(lease_id) for lease_id in due]
        await self._uncount()
        return all(renewed)

    async def _renew(self, lease_id: str) -> bool:
        lease = self._held[lease_id]
        try:
            if await self._limits.renew(lease_id, lease_s=self._timing.lease_s):
                self._is_good(lease)
                return True
            if await self._is_still_counted(lease):
                self._n_still_counted += lease.n
        except LimitsAwayError:
            lease.renew_at = time.monotonic() + self._timing.renew_again_s
            return True
        del self._held[lease_id]
        self._on_change()
        return False

    def _is_good(self, lease: _Lease) -> None:
        lease.renew_at = time.monotonic() + self._timing.renew_every_s
        lease.ends_at = time.time() + self._timing.lease_s
        lease.is_doubtful = False

    async def _is_still_counted(self, lease: _Lease) -> bool:
        """Return whether the server has forgotten a lease, but still counts its slots as taken.

        A server that keeps leases in memory, as Prefect's does by default, does so after a restart: then no one else
        would ever free them. A lease that ended, or that was given back by another process, was counted down.
        """
        if time.time() < lease.ends_at:
            return True
        limit = (await self._limits.look([self.name])).get(self.name)
        return limit is not None and limit.version == lease.version

    async def _uncount(self) -> None:
        if self._n_still_counted:
            try:
                await self._limits.uncount(self.name, self._n_still_counted)
            except LimitsAwayError:
                return
            self._n_still_counted = 0

    def check(self, limit: Limit) -> None:
        """Apply the current limit; leases of a limit that was removed are dropped."""
        self.is_paused = limit.is_paused
        now = time.time()
        for lease_id, lease in tuple(self._held.items()):
            if lease.limit_id != limit.limit_id:
                del self._held[lease_id]
                self._on_change()
                continue
            if now < lease.ends_at:
                lease.version = limit.version
            if lease.is_doubtful:
                lease.renew_at = 0.0

    def doubt(self) -> None:
        """Have everything renewed as soon as the server answers again."""
        for lease in self._held.values():
            lease.is_doubtful = True

    async def shrink_to(self, n: int, limit_id: str) -> None:
        """Give back what is more than `n`; the part of a lease that stays is taken again, where nobody is faster.

        A lease of one slot is kept, so that who has one is never seen without slots while requests are inside.
        """
        sizes = {lease_id: lease.n for lease_id, lease in self._held.items()}
        single = next((lease_id for lease_id, size in sizes.items() if size == 1 <= n), None)
        n_single = sizes.pop(single) if single is not None else 0
        kept = leases_to_keep(sizes, n - n_single) | ({single} if single is not None else set())
        await self._give_back(self.ids - kept)
        if self.n < n:
            await self.take(n - self.n, limit_id)

    async def replace(self, n: int, limit_id: str) -> None:
        """Hold `n` slots instead, of a limit with plenty; never fewer than the smaller of the two meanwhile."""
        before = self.ids
        if await self.take(n, limit_id):
            await self._give_back(before)

    async def give_all_back(self) -> None:
        """Give all leases back; keep those that the server did not take, or would not at limit 0; see `n`."""
        await self._give_back(self.ids)
        await self._uncount()

    async def look(self) -> None:
        """Check whether kept slots can be given back now."""
        with contextlib.suppress(LimitsAwayError):
            limit = (await self._limits.look([self.name])).get(self.name)
            self.is_paused = limit is not None and limit.is_paused

    async def _give_back(self, lease_ids: frozenset[str]) -> None:
        """Give leases back one after the other: in parallel they wait for each other at the server for longer."""
        for lease_id in () if self.is_paused else lease_ids:
            if self._held[lease_id].is_doubtful and not await self._renew(lease_id):
                continue
            try:
                await self._limits.give_back(lease_id)
            except LimitsAwayError:
                return
            del self._held[lease_id]
            self._on_change()
