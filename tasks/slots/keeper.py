"""Keeps a claim's slots while it is in its turn: the one coroutine that talks to the server of the limits.

    queue up ─→ lead the turn, or follow its leader ─→ slots ─→ load the model ─→ work ─┐
       ↑                                                                                │
       └──── give everything back ←── let requests finish ←── the turn is another's ────┘

Everything here is "later" where the server is away: what is held stays, and is looked at again.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from evaluation.errors import StoreError
from tasks.slots.gate import Gate
from tasks.slots.leases import Leases
from tasks.slots.limits import PLENTY, Limit, Limits, LimitsAwayError
from tasks.slots.rhythm import Rhythm
from tasks.slots.shares import growth, share
from tasks.slots.turns import TurnTable

LOOKS_BEFORE_LEFTOVERS = 3
"""Slots that stood free for so many looks are wanted by nobody."""


class _StopError(Exception):
    """The work is done, or was ended."""


class Keeper:
    """One stretch of work with one model on one GPU tag."""

    def __init__(
        self,
        limits: Limits,
        tag: str,
        gate: Gate,
        *,
        slots: int,
        model_key: str,
        model: str,
        wanted: Callable[[], int],
        prepare: Callable[[], Awaitable[float]],
        on_open: Callable[[], None],
        on_leases: Callable[[frozenset[str]], Awaitable[None]],
        say: Callable[[str], None],
        rhythm: Rhythm,
    ) -> None:
        self._limits, self._tag, self._gate, self._rhythm = limits, tag, gate, rhythm
        self._own_slots, self._model = slots, model
        self._wanted, self._prepare, self._on_open = wanted, prepare, on_open
        self._on_leases, self._say = on_leases, say
        self._ending = asyncio.Event()
        self._stale_leases = False
        self._telling: asyncio.Task[None] | None = None
        self._slots = Leases(limits, tag, rhythm, self._leases_changed)
        self._wants = Leases(limits, f"{tag}:wanted", rhythm, self._leases_changed)
        self._waits = Leases(limits, f"{tag}:waiting", rhythm, self._leases_changed)
        self._turn = TurnTable(limits, tag, rhythm, model_key=model_key, model=model, on_change=self._leases_changed)
        self._others_want = 0
        self._is_working = False
        self._n_looks_with_leftovers = 0
        self._known_limit: int | None = None
        self._compete_from = 0.0
        self._compete_anyway_from = 0.0
        self._ignored_waiting = 0
        self._ignore_until = 0.0
        self._target_now = 0
        self._without_since: float | None = None
        self._said: set[str] = set()
        self._is_away = False

    @property
    def is_shared(self) -> bool:
        """True while another claim works with the same model on this GPU."""
        return self._is_working and self._others_want > 0

    def end(self) -> None:
        """Lets `run` give everything back and return."""
        self._ending.set()

    async def run(self) -> None:
        """Works until `end` is called, or `prepare` fails."""
        try:
            while True:
                view = await self._queue_up()
                if await self._get_slots(view) and await self._load():
                    await self._work()
                await self._step_down()
        except _StopError:
            pass
        finally:
            self._is_working = False
            self._gate.resize(0)
            await self._give_everything_back()

    # -- waiting for the turn

    async def _queue_up(self) -> Mapping[str, Limit]:
        """The limits as they are when the turn is ours to lead or our model's to follow."""
        while True:
            for left_over in (self._slots, self._wants, self._turn.lease):
                await left_over.give_all_back()
            view = await self._look()
            if view is not None:
                if await self._is_our_turn(view):
                    self._said.discard("waiting")
                    return view
                await self._wait_in_line(view)
            await self._pause(self._rhythm.poll_every_s)

    async def _is_our_turn(self, view: Mapping[str, Limit]) -> bool:
        turn = view[self._turn.lease.name]
        others_wait = self._others_waiting(view)
        now = time.monotonic()
        if now < self._compete_from:
            return False
        if turn.n_free and not self._turn.leads:
            if others_wait and now < self._compete_anyway_from:
                return False
            if others_wait and self._compete_anyway_from:
                self._ignore_waiting(others_wait)
            self._compete_anyway_from = 0.0
            if not await self._turn.read(turn, fresh=True):
                return False
            return await self._turn.take(turn, goes_on=False)
        self._compete_anyway_from = 0.0
        if not await self._turn.read(turn):
            return False
        if self._turn.is_forgotten:
            self._say(f"the turn on {self._tag} has been silent for too long: it is free again")
            with contextlib.suppress(LimitsAwayError):
                await self._limits.change(turn.limit_id, n_taken=0)
            self._turn.hear_nothing()
            return False
        return self._turn.is_our_models

    def _others_waiting(self, view: Mapping[str, Limit]) -> int:
        waiting = max(view[self._waits.name].n_taken - self._waits.n, 0)
        if time.monotonic() >= self._ignore_until:
            self._ignored_waiting = 0
        self._ignored_waiting = min(self._ignored_waiting, waiting)
        return waiting - self._ignored_waiting

    def _ignore_waiting(self, n: int) -> None:
        """For a while: who did not take the turn that we gave up for them may be dead."""
        self._ignored_waiting += n
        self._ignore_until = time.monotonic() + self._rhythm.ignore_waiting_s

    async def _wait_in_line(self, view: Mapping[str, Limit]) -> None:
        if self._waits.n == 0:
            waiting = view[self._waits.name]
            await self._waits.take(1, waiting.limit_id)
        note = self._turn.note
        if note is not None and not self._turn.is_our_models and not view[self._turn.lease.name].n_free:
            self._say_once("waiting", f"waiting for the GPU {self._tag}: {note.model} of another evaluation is at work")

    # -- slots

    async def _get_slots(self, newest: Mapping[str, Limit]) -> bool:
        """True with at least one slot leased; False where the turn went to another model meanwhile."""
        differs = self._turn.leads and self._turn.note is not None and not self._turn.is_our_models
        if self._turn.leads:
            while not await self._turn.announce():
                await self._pause(self._rhythm.poll_every_s)
        await self._waits.give_all_back()
        began = time.monotonic()
        empty = not differs
        view: Mapping[str, Limit] | None = newest
        while True:
            if view is not None:
                if not await self._is_still_ours(view):
                    return False
                waited_s = time.monotonic() - began
                slots = view[self._tag]
                if not empty and (slots.n_taken == 0 or not slots.is_active):
                    empty = True
                elif not empty and waited_s >= self._rhythm.empty_at_most_s:
                    empty = True
                    self._say(
                        f"{slots.n_taken} slots of {self._tag} are still taken after {waited_s:.0f} s: "
                        f"going on with the {slots.n_free} that are free"
                    )
                if empty:
                    await self._adjust(view)
                    if self._slots.n:
                        return True
            await self._pause(self._rhythm.poll_every_s)
            view = await self._look()

    async def _starve(self, view: Mapping[str, Limit]) -> None:
        """Says that we have no slot; who follows a turn and gets none waits for one of its own."""
        slots = view[self._tag]
        if self._without_since is None:
            self._without_since = time.monotonic()
        waited_s = time.monotonic() - self._without_since
        if slots.limit == 0:
            self._say_once("no slots", f"the limit of {self._tag} is 0 in Prefect: nothing is asked until it is raised")
            return
        if waited_s < self._rhythm.starved_after_s:
            return
        if not self._turn.leads and self._waits.n == 0:
            await self._waits.take(1, view[self._waits.name].limit_id)
        self._say_once("no slots", f"waiting for the GPU {self._tag}: all {slots.limit} slots of its limit are taken")
        if waited_s >= 2 * self._rhythm.empty_at_most_s and self._others_want == 0:
            self._say_once(
                "phantoms",
                f"no evaluation is at work on {self._tag}, and yet Prefect counts {slots.n_taken} of its slots as "
                f"taken: if nothing else uses it, delete the limit {self._tag!r} in Prefect (it is made anew)",
            )

    async def _adjust(self, view: Mapping[str, Limit]) -> None:
        """Takes or gives back slots, so that we hold what is ours."""
        slots = view[self._tag]
        self._tell_limit(slots)
        alone = self._others_want == 0
        mine = await self._want(view, alone=alone)
        free = slots.n_free
        target = self._target_now = self._target(slots, mine, free)
        keeps_all = alone and slots.n_taken <= slots.limit
        if self._slots.n > target and not keeps_all:
            if self._is_working:
                self._gate.resize(target)
            if self._gate.n_inside <= target:
                await self._slots.shrink_to(target, slots.limit_id)
        elif self._slots.n < target:
            n = growth(limit=slots.limit, held=self._slots.n, target=target, free=free, alone=alone)
            if n:
                await self._slots.take(n, slots.limit_id)
        if self._is_working:
            self._gate.resize(self._slots.n if keeps_all else min(self._slots.n, target))
        if self._slots.n:
            self._without_since = None
            self._said.discard("no slots")
            await self._waits.give_all_back()
        else:
            await self._starve(view)

    def _target(self, slots: Limit, mine: int, free: int) -> int:
        fair = share(limit=slots.limit, mine=mine, others=self._others_want)
        self._n_looks_with_leftovers = self._n_looks_with_leftovers + 1 if free >= 1 and self._others_want else 0
        if fair < mine and self._slots.n >= fair and self._n_looks_with_leftovers >= LOOKS_BEFORE_LEFTOVERS:
            # One is left free: when it goes, somebody does want it, and all take their shares.
            return max(fair, min(mine, self._slots.n + free - 1))
        return fair

    async def _want(self, view: Mapping[str, Limit], *, alone: bool) -> int:
        """How many slots we could use, told to the others."""
        could_use = max(min(self._own_slots, self._wanted()), 1)
        held = self._wants.n
        much = max(self._own_slots // 4, 1)
        if held == 0 or could_use - held >= much or (not alone and held - could_use >= much):
            await self._wants.replace(could_use, view[self._wants.name].limit_id)
        return could_use

    def _tell_limit(self, slots: Limit) -> None:
        limit = slots.limit
        if limit != self._known_limit and (self._known_limit is not None or limit < self._own_slots):
            self._said.discard("no slots")
            if limit < self._own_slots:
                self._say(f"the limit of {self._tag} is {limit} in Prefect: at most {limit} requests at once")
            else:
                self._say(f"the limit of {self._tag} allows all {self._own_slots} requests at once again")
        self._known_limit = limit

    # -- work

    async def _load(self) -> bool:
        """True when the model is loaded and the gate open; False where the turn was lost meanwhile."""
        loading = asyncio.ensure_future(self._prepare())
        try:
            while not loading.done():
                await self._pause(self._rhythm.look_every_s, loading)
                if loading.done():
                    break
                view = await self._look()
                if view is not None:
                    if not await self._is_still_ours(view):
                        return False
                    await self._adjust(view)
            load_s = loading.result()
        finally:
            if not loading.done():
                loading.cancel()
                await asyncio.wait([loading], timeout=self._rhythm.drain_at_end_s)
        self._is_working = True
        self._gate.resize(self._slots.n)
        self._on_open()
        if self._turn.leads:
            await self._turn.announce(load_s=load_s)
        return True

    async def _work(self) -> None:
        """Returns when the turn is another model's."""
        while True:
            is_growing = self._slots.n < self._target_now
            await self._pause(self._rhythm.poll_every_s if is_growing else self._rhythm.look_every_s)
            view = await self._look()
            if view is None:
                continue
            if not await self._is_still_ours(view):
                return
            await self._adjust(view)

    async def _is_still_ours(self, view: Mapping[str, Limit]) -> bool:
        turn = view[self._turn.lease.name]
        others_wait = self._others_waiting(view)
        if self._turn.leads:
            if others_wait and self._is_working and self._turn.has_lasted_s >= self._turn.owes_s:
                self._say(f"another evaluation waits for the GPU {self._tag}: it has its turn now")
                await self._turn.lease.give_all_back()
                self._stand_back()
                return False
            return True
        if turn.n_free == 0:
            return not await self._turn.read(turn) or self._turn.is_our_models
        if self._slots.n and others_wait and self._turn.has_lasted_s >= self._turn.owes_s:
            self._stand_back()
            return False
        if await self._turn.take(turn, goes_on=self._slots.n > 0):
            await self._turn.announce()
        return True

    def _stand_back(self) -> None:
        now = time.monotonic()
        self._compete_from = now + self._rhythm.stand_back_s
        self._compete_anyway_from = now + self._rhythm.stand_back_at_most_s

    async def _step_down(self) -> None:
        """Lets the requests inside finish, then gives the slots back."""
        self._is_working = False
        self._gate.resize(0)
        while self._gate.n_inside:
            drained = asyncio.ensure_future(self._gate.until_at_most(0))
            try:
                await self._pause(self._rhythm.look_every_s, drained)
            finally:
                drained.cancel()
        for leases in (self._slots, self._wants, self._turn.lease):
            await leases.give_all_back()

    # -- all the time

    async def _look(self) -> Mapping[str, Limit] | None:
        """All limits of the tag, made where they are missing; None: the server is away."""
        sizes = {
            self._tag: self._own_slots,
            self._turn.lease.name: 1,
            self._wants.name: PLENTY,
            self._waits.name: PLENTY,
        }
        try:
            view = await self._limits.look(tuple(sizes))
            missing = [name for name in sizes if name not in view]
            for name in missing:
                await self._limits.create(name, sizes[name])
            if missing:
                view = await self._limits.look(tuple(sizes))
        except LimitsAwayError as error:
            self._turn.hear_nothing()
            if not self._is_away:
                self._is_away = True
                self._say(f"{error.message}; going on with {self._slots.n} slots of {self._tag}")
            return None
        if any(name not in view for name in sizes):
            return None
        self._is_away = False
        for leases in (self._slots, self._wants, self._waits, self._turn.lease):
            leases.forget_all_but(view[leases.name].limit_id)
        if self._is_working and self._gate.capacity > self._slots.n:
            self._gate.resize(self._slots.n)
        self._others_want = max(view[self._wants.name].n_taken - self._wants.n, 0)
        return view

    async def _pause(self, seconds: float, until: "asyncio.Future[Any] | None" = None) -> None:
        """Waits, and renews what is due.

        Raises:
            _StopError: When the end was asked for.
        """
        ending = asyncio.ensure_future(self._ending.wait())
        jittered = seconds * random.uniform(0.85, 1.15)  # noqa: S311 - keeps processes apart
        try:
            await asyncio.wait([ending, *([until] if until else [])], timeout=jittered, return_when="FIRST_COMPLETED")
        finally:
            ending.cancel()
        if self._ending.is_set():
            raise _StopError
        await asyncio.gather(self._wants.renew(), self._waits.renew(), self._turn.lease.renew())
        if not await self._slots.renew():
            self._gate.resize(min(self._gate.capacity, self._slots.n))
        await self._turn.keep()
        if self._telling is not None and self._telling.done():
            self._telling.result()
        if self._stale_leases:
            self._tell_leases()

    def _say_once(self, what: str, sentence: str) -> None:
        if what not in self._said:
            self._said.add(what)
            self._say(sentence)

    # -- who holds what, for those who come after us

    def _leases_changed(self) -> None:
        self._stale_leases = True
        self._tell_leases()

    def _tell_leases(self) -> None:
        if self._telling is None or self._telling.done():
            self._telling = asyncio.ensure_future(self._tell_newest_leases())

    async def _tell_newest_leases(self) -> None:
        while self._stale_leases:
            self._stale_leases = False
            try:
                await self._on_leases(self._slots.ids | self._wants.ids | self._waits.ids | self._turn.lease.ids)
            except StoreError:
                self._stale_leases = True  # told with the next change or look
                return

    async def _give_everything_back(self) -> None:
        """Tries a few times; what a server that is away does not take back, it frees itself."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._rhythm.drain_at_end_s):
                await self._gate.until_at_most(0)
        everything = (self._slots, self._wants, self._waits, self._turn.lease)
        for _ in range(self._rhythm.n_give_back_tries):
            for leases in everything:
                await leases.give_all_back()
            if not any(leases.n for leases in everything):
                break
            await asyncio.sleep(self._rhythm.poll_every_s)
        if self._stale_leases:
            self._tell_leases()
        if self._telling is not None:
            await asyncio.wait([self._telling], timeout=self._rhythm.give_back_at_most_s)
