"""The keeper of a claim's slots during its turn: the one coroutine that talks to the server of the limits.

    wait in line ─→ lead the turn, or follow its leader ─→ slots ─→ load the model ─→ work ─┐
       ↑                                                                                    │
       └────── return everything ←── let requests finish ←── another claim has the turn ────┘

While the server is away everything is postponed: leases that are held are kept, and checked again later. A limit that a
person set to 0 pauses the work: the gate is shut, and the turn and the slots stay ours until the limit is raised.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tasks.slots.allotment import Allotment
from tasks.slots.holdings import Holdings
from tasks.slots.limits import Limit, LimitsAwayError
from tasks.slots.log_once import LogOnce
from tasks.slots.queue_order import QueuePlace
from tasks.slots.tag_limits import TagView, look_at


class _EndError(Exception):
    """The work is finished, or was cancelled."""


class Keeper:
    """Lifecycle of one period of work with one model on one GPU tag."""

    def __init__(
        self,
        holdings: Holdings,
        *,
        model_key: str,
        model: str,
        demand: Callable[[], int],
        prepare: Callable[[], Awaitable[float]],
        abandon: Callable[[], Awaitable[None]] | None,
        on_open: Callable[[], None],
        say: Callable[[str], None],
    ) -> None:
        gpu = holdings.gpu
        self._holdings = holdings
        self._limits, self._tag, self._gate, self._own_slots = gpu.limits, gpu.tag, gpu.gate, gpu.n
        self._timing = gpu.timing
        self._prepare, self._abandon, self._on_open = prepare, abandon, on_open
        self.is_entered = False
        """True once the turn is in use; its user is then responsible for releasing the model."""
        self._has_begun_to_load = False
        self._waits_since: float | None = None
        """Since when the last model's slots have been waited for, on the monotonic clock."""
        self._ending = asyncio.Event()
        self._saying = LogOnce(say)
        self._allotment = Allotment(holdings, demand=demand, saying=self._saying)
        self._line = QueuePlace(holdings, model_key=model_key, model=model, saying=self._saying)
        self._leaves = False
        self.is_left = False
        """True at the end if the turn and the slots were kept, for the next turn of this claim."""

    @property
    def is_shared(self) -> bool:
        """True while another claim works with the same model on this GPU."""
        return self._allotment.is_shared

    def end(self, *, leaves: bool = False) -> None:
        """Close the gate, and let `run` give everything back and return.

        Args:
            leaves: Keep everything instead, where no other claim misses it, for the next turn of this claim.
        """
        if not self._ending.is_set():
            self._leaves = leaves and self._allotment.is_open
        self._ending.set()
        self._allotment.close()

    async def run(self) -> None:
        """Work until `end` is called, or `prepare` fails."""
        try:
            goes_on = self._line.turn.leads
            while True:
                has_slots = await self._go_on() if goes_on else await self._get_slots(await self._stand_in_line())
                if has_slots and await self._load():
                    await self._work()
                await self._step_down()
                goes_on = False
        except _EndError:
            pass
        finally:
            self.end()
            try:
                await self._let_go_of_what_nobody_used()
            finally:
                await self._drain()
                self.is_left = self._can_be_left()
                if self.is_left:
                    self._holdings.note = self._line.turn.note
                else:
                    await self._holdings.give_up()

    async def _stand_in_line(self) -> TagView:
        """Wait until the turn is ours to lead, or our model's, and return the limits."""
        while True:
            for leases in (self._allotment.leases, self._allotment.wants, self._line.turn.lease):
                await leases.give_all_back()  # what the server did not take when we stepped down
            view = await self._look()
            if view is not None:
                if await self._line.is_over(view):
                    return view
                await self._line.stand(view)
            await self._pause(self._timing.poll_every_s)

    async def _go_on(self) -> bool:
        """Return True with the slots that our claim's last turn left; False where they are another claim's now."""
        turn = self._line.turn
        turn.go_on()
        while turn.leads:
            view = await self._look() if await turn.announce() else None
            if view is not None:
                return await self._line.may_go_on(view) and await self._get_slots(view)
            await self._pause(self._timing.poll_every_s)
        return False

    async def _get_slots(self, newest: TagView) -> bool:
        """Return True with at least one slot leased; False where the turn went to another model meanwhile."""
        turn = self._line.turn
        self._waits_since = None
        view: TagView | None = newest
        if turn.leads and not turn.is_announced:
            while turn.leads and not await turn.announce():
                await self._pause(self._timing.poll_every_s)
            # What was free before the others could read of us may be taken now.
            view = newest if turn.is_settled else await self._look()
        await self._line.leave()
        while True:
            if view is not None:
                if not await self._adjust(view, works=False):
                    return False
                if self._allotment.leases.n and (turn.is_settled or not turn.leads):
                    return True
            await self._pause(self._timing.poll_every_s)
            view = await self._look()

    def _is_empty(self, slots: Limit) -> bool:
        """Return whether the last model has no slots any more, or we have waited long enough."""
        now = time.monotonic()
        if self._waits_since is None or slots.is_paused:
            self._waits_since = now
        waited_s = now - self._waits_since
        if slots.n_taken <= self._allotment.leases.n or not slots.is_active:
            return True
        if waited_s < self._timing.empty_at_most_s:
            return False
        self._saying.now(
            f"{slots.n_taken} slots of {self._tag} are still taken after {waited_s:.0f} s: continuing with the "
            f"{slots.n_free} that are free"
        )
        return True

    async def _take_slots(self, view: TagView) -> None:
        """Take our share; a follower of a turn that gets no slot queues for a turn of its own."""
        turn = self._line.turn
        await self._allotment.adjust(view, leads=turn.leads, allows_slots=lambda: turn.allows_slots(view.turn))
        is_starved = not view.slots.is_paused and self._allotment.has_none_for_s >= self._timing.starved_after_s
        if self._allotment.leases.n:
            await self._line.leave()
        elif is_starved and not turn.leads:
            await self._line.stand(view)

    async def _load(self) -> bool:
        """Load the model and open the gate; return False where the turn was lost meanwhile."""
        loading = asyncio.ensure_future(self._prepare())
        self._has_begun_to_load = True
        try:
            await asyncio.sleep(0)  # loading begins first
            if self._line.turn.leads:
                await self._line.turn.announce_that_it_is_settled()
            while not loading.done():
                await self._pause(self._timing.look_every_s, loading)
                if not loading.done() and not await self._look_after_slots(works=False):
                    return False
            self._has_begun_to_load = loading.exception() is None
            load_s = loading.result()
        finally:
            if not loading.done():
                loading.cancel()
                await asyncio.wait([loading], timeout=self._timing.drain_at_end_s)
        if not self._ending.is_set():
            self._allotment.open()
            self._on_open()
        if self._line.turn.leads:
            await self._line.turn.announce(load_s=load_s)
        return True

    async def _work(self) -> None:
        """Work until the turn is another model's."""
        while await self._look_after_slots(works=True):
            is_growing = self._allotment.is_growing
            await self._pause(self._timing.poll_every_s if is_growing else self._timing.look_every_s)

    async def _look_after_slots(self, *, works: bool) -> bool:
        """Adjust the slots; return False when the turn is another model's."""
        view = await self._look()
        return view is None or await self._adjust(view, works=works)

    async def _adjust(self, view: TagView, *, works: bool) -> bool:
        """Adjust the slots to the limits; return False when the turn is another model's."""
        turn = self._line.turn
        has_led = turn.leads
        if not await self._line.may_stay(view, works=works, has_slots=self._allotment.leases.n > 0):
            return False
        if has_led and turn.leads and not turn.is_settled and self._is_empty(view.slots):
            turn.settle()
        if turn.is_settled or not turn.leads:
            await self._take_slots(view)
        return True

    async def _step_down(self) -> None:
        """Let the requests inside finish, then give the slots back."""
        self._allotment.close()
        while self._gate.n_inside:
            drained = asyncio.ensure_future(self._gate.until_at_most(0))
            try:
                await self._pause(self._timing.look_every_s, drained)
            finally:
                drained.cancel()
        await self._holdings.give_all_back()

    async def _look(self) -> TagView | None:
        """Return the current limits of the tag; None: the server is away."""
        try:
            view = await look_at(self._limits, self._tag, slots=self._own_slots)
        except LimitsAwayError as error:
            self._line.turn.hear_nothing()
            self._holdings.doubt()
            n = self._allotment.leases.n
            now = (
                (f"continuing with {n} slots of {self._tag}")
                if n
                else f"waiting for it to ask for slots of {self._tag}"
            )
            self._saying.once("away", f"{error.message}; {now}")
            return None
        self._saying.over("away")
        self._allotment.check(view)
        self._line.check(view)
        return view

    async def _pause(self, seconds: float, until: asyncio.Future[Any] | None = None) -> None:
        """Wait, then renew what is due.

        Raises:
            _EndError: the end was requested.
        """
        ending = asyncio.ensure_future(self._ending.wait())
        jittered = seconds * random.uniform(0.85, 1.15)  # noqa: S311 - keeps processes apart
        try:
            await asyncio.wait([ending, *([until] if until else [])], timeout=jittered, return_when="FIRST_COMPLETED")
        finally:
            ending.cancel()
        if self._ending.is_set():
            raise _EndError
        await self._allotment.renew()
        await self._line.renew()
        self._holdings.news.look()

    async def _let_go_of_what_nobody_used(self) -> None:
        """Unload a model where the end came before the turn was entered; we still hold the turn."""
        is_unused = self._has_begun_to_load and not self.is_entered
        if self._abandon is not None and is_unused and not self._allotment.others_want:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timing.drain_at_end_s):
                    await self._abandon()

    async def _drain(self) -> None:
        """Wait a moment until no request is inside."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timing.drain_at_end_s):
                await self._gate.until_at_most(0)

    def _can_be_left(self) -> bool:
        """Return whether our turn and slots may be kept for the next turn of this claim: no other claim misses them."""
        turn = self._line.turn
        return (
            self._leaves
            and not self._gate.n_inside
            and turn.leads
            and turn.is_settled
            and self._allotment.leases.n > 0
            and not self._allotment.leases.is_paused
            and not self._allotment.others_want
            and not self._line.somebody_waits
        )
