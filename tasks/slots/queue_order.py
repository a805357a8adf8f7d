"""The order of claims on one GPU: claims with the model of the turn work together, all others wait in line.

The leader of a turn gives it up when it has lasted long enough and another claim waits; its followers stop with it.
"""

import contextlib
import time

from tasks.slots.holdings import Holdings
from tasks.slots.limits import LimitsAwayError
from tasks.slots.log_once import LogOnce
from tasks.slots.tag_limits import TagView
from tasks.slots.turns import TurnTable


class QueuePlace:
    """Place of one claim in the queue."""

    def __init__(
        self,
        holdings: Holdings,
        *,
        model_key: str,
        model: str,
        saying: LogOnce,
    ) -> None:
        gpu = holdings.gpu
        self.turn = TurnTable(
            gpu.limits, gpu.tag, gpu.timing, model_key=model_key, model=model, lease=holdings.turn, note=holdings.note
        )
        self.place = holdings.place
        self.somebody_waits = False
        """True if another claim waited for a turn when the limits were last seen."""
        self._limits, self._tag, self._saying, self._timing = gpu.limits, gpu.tag, saying, gpu.timing
        self._stands_back_until = 0.0
        self._lets_others_first_until: float | None = None
        self._n_ignored = 0
        self._ignored_until = 0.0
        self._ignored_version: str | None = None
        """Version of the limit that counts waiting claims, without our own changes; None: not seen since."""
        self._waiting_id = ""
        self._show_at = 0.0

    def check(self, view: TagView) -> None:
        """Take note of limits that were removed and created again."""
        self.turn.lease.check(view.turn)
        self.place.check(view.waiting)

    async def renew(self) -> None:
        """Renew the turn or the place in the queue, and show the others that we are alive."""
        if self.place.n and time.monotonic() >= self._show_at:
            await self._show_that_somebody_waits()
        await self.place.renew()
        await self.turn.lease.renew()
        await self.turn.keep()

    async def is_over(self, view: TagView) -> bool:
        """Return True when the turn is ours to lead, or its model is ours."""
        if time.monotonic() < self._stands_back_until:
            return False
        if view.turn.n_free:
            return await self._lead(view)
        self._lets_others_first_until = None
        if not await self.turn.read(view.turn):
            return False
        if self.turn.is_forgotten:
            await self._free_forgotten(view)
            return False
        return self.turn.is_settled

    async def _lead(self, view: TagView) -> bool:
        n_others = self._n_others_waiting(view)
        if n_others and self._lets_others_first_until is not None:
            if time.monotonic() < self._lets_others_first_until:
                return False
            self._ignore(n_others)
        self._lets_others_first_until = None
        return await self.turn.take(view.turn, goes_on=False)

    async def _free_forgotten(self, view: TagView) -> None:
        self._saying.now(f"the turn on {self._tag} was not renewed for minutes: it is free again")
        self.turn.hear_nothing()
        with contextlib.suppress(LimitsAwayError):
            await self._limits.change(view.turn.limit_id, n_taken=0)

    async def stand(self, view: TagView) -> None:
        """Join the queue, visibly for the others, and log it."""
        if self.place.n == 0:
            self._waiting_id = view.waiting.limit_id
            await self._show_that_somebody_waits()
        note = self.turn.note
        if note is not None and not self.turn.is_our_models and not view.turn.n_free:
            self._saying.once("line", f"waiting for the GPU {self._tag}: {note.model} still has its turn there")

    async def _show_that_somebody_waits(self) -> None:
        """Take the place again: the lease of one who was killed changes no more, and is told from ours by that."""
        self._show_at = time.monotonic() + self._timing.renew_every_s
        self._ignored_version = None
        await self.place.replace(1, self._waiting_id)

    async def leave(self) -> None:
        """Leave the queue, visibly for the others."""
        self._saying.over("line")
        if self.place.n:
            self._ignored_version = None
            await self.place.give_all_back()

    async def may_stay(self, view: TagView, *, works: bool, has_slots: bool) -> bool:
        """Return False when the turn is no longer our model's, or we gave it up for a waiting claim.

        Args:
            view: The limits now.
            works: Our model is loaded and the gate is open.
            has_slots: We hold at least one slot.
        """
        self.somebody_waits = self._n_others_waiting(view) > 0
        is_due = self.somebody_waits and self.turn.has_lasted_s >= self.turn.owes_s and not view.slots.is_paused
        if self.turn.leads:
            if is_due and works:
                self._saying.now(f"another evaluation waits for the GPU {self._tag}: it takes its turn now")
                await self.turn.lease.give_all_back()
                self._stand_back()
                return False
            return True
        if view.turn.n_free == 0:
            if not await self.turn.read(view.turn):
                return True
            return self.turn.is_our_models if has_slots else self.turn.is_settled
        if is_due and has_slots:
            self._stand_back()
            return False
        if await self.turn.take(view.turn, goes_on=has_slots):
            await self.turn.announce()
        return True

    async def may_go_on(self, view: TagView) -> bool:
        """Return True if the turn that our claim's last turn left is ours; give it up where another claim waits."""
        if self.turn.leads and not self._n_others_waiting(view):
            return True
        if self.turn.leads:
            await self.turn.lease.give_all_back()
            self._stand_back()
        return False

    def _stand_back(self) -> None:
        now = time.monotonic()
        self._stands_back_until = now + self._timing.stand_back_s
        self._lets_others_first_until = now + self._timing.stand_back_at_most_s

    def _n_others_waiting(self, view: TagView) -> int:
        """Return the number of other waiting claims.

        Claims that did not take the turn that we gave up for them, and are silent since, do not count. One of them that
        was only slow is counted again when it next shows that it waits.
        """
        waiting = max(view.waiting.n_taken - self.place.n, 0)
        self._ignored_version = self._ignored_version or view.waiting.version
        if time.monotonic() >= self._ignored_until or view.waiting.version != self._ignored_version:
            self._n_ignored = 0
        self._n_ignored = min(self._n_ignored, waiting)
        return waiting - self._n_ignored

    def _ignore(self, n: int) -> None:
        self._n_ignored += n
        self._ignored_until = time.monotonic() + self._timing.ignore_waiting_s
