"""All that a claim has at the server of the limits: a connection, leases on four limits, and who is told of them."""

import asyncio
from collections.abc import Awaitable, Callable

from evaluation.errors import StoreError
from tasks.slots.leases import Leases
from tasks.slots.tag_limits import GpuSlots, TagView, turn_name, waiting_name, wanted_name
from tasks.slots.turns import TurnNote


class LeaseReporter:
    """Reports held leases in the background, one report at a time; a failed report is repeated with the next change."""

    def __init__(self, tell: Callable[[frozenset[str]], Awaitable[None]], held: Callable[[], frozenset[str]]) -> None:
        self._tell = tell
        self._held = held
        self._is_stale = False
        self._telling: asyncio.Task[None] | None = None

    def changed(self) -> None:
        """Report that the held leases have changed."""
        self._is_stale = True
        self._begin()

    def look(self) -> None:
        """Retry a failed report; raises unexpected errors."""
        if self._telling is not None and self._telling.done():
            self._telling.result()
        if self._is_stale:
            self._begin()

    async def settle(self, *, at_most_s: float) -> None:
        """Wait for the newest report, at most `at_most_s`."""
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


class Holdings:
    """Leases of one claim on the limits of one GPU. One turn of the claim may leave them to its next."""

    def __init__(
        self, gpu: GpuSlots, on_leases: Callable[[frozenset[str]], Awaitable[None]], say: Callable[[str], None]
    ) -> None:
        self.gpu = gpu
        self.news = LeaseReporter(on_leases, self._ids)
        self.slots = self._leases(gpu.tag)
        self.wants = self._leases(wanted_name(gpu.tag))
        self.place = self._leases(waiting_name(gpu.tag))
        self.turn = self._leases(turn_name(gpu.tag))
        self.note: TurnNote | None = None
        """Newest note of the turn that is held, when it was left to the claim's next turn."""
        self._all = (self.slots, self.wants, self.place, self.turn)
        self._say = say

    def _leases(self, name: str) -> Leases:
        return Leases(self.gpu.limits, name, self.gpu.timing, self.news.changed)

    def _ids(self) -> frozenset[str]:
        return frozenset().union(*(leases.ids for leases in self._all))

    def check(self, view: TagView) -> None:
        """Apply the current limits."""
        self.slots.check(view.slots)
        self.wants.check(view.demand)
        self.place.check(view.waiting)
        self.turn.check(view.turn)

    def doubt(self) -> None:
        """Have everything renewed as soon as the server answers again."""
        for leases in self._all:
            leases.doubt()

    async def renew(self) -> None:
        """Renew what is due, and repeat a failed report."""
        for leases in self._all:
            await leases.renew()
        self.news.look()

    async def give_all_back(self) -> None:
        """Give everything back that the server takes now."""
        for leases in self._all:
            await leases.give_all_back()

    async def give_up(self) -> None:
        """Give everything back in a few attempts. What a server away or at limit 0 does not take, it frees itself."""
        timing = self.gpu.timing
        for _ in range(timing.n_give_back_tries):
            await self.give_all_back()
            kept = [leases for leases in self._all if leases.n]
            for leases in kept:
                await leases.look()
            if all(leases.is_paused for leases in kept):
                break
            await asyncio.sleep(timing.poll_every_s)
        self._tell_kept()
        await self.news.settle(at_most_s=timing.give_back_at_most_s)

    def _tell_kept(self) -> None:
        """Log when slots will be free that Prefect would not take back."""
        if self.slots.n and self.slots.is_paused:
            within_s = self.gpu.timing.lease_s + self.gpu.timing.freed_after_s
            self._say(
                f"the limit of {self.gpu.tag} is 0, and Prefect accepts no slots back for such a limit: it frees "
                f"the {self.slots.n} of this evaluation by itself, {within_s:.0f} s after the limit was raised at the "
                "latest"
            )
