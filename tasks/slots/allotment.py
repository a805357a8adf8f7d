"""The slots of a GPU that one claim holds: its share of the limit, adjusted as other claims come and go."""

import time
from collections.abc import Awaitable, Callable

from tasks.slots.holdings import Holdings
from tasks.slots.limits import Limit
from tasks.slots.log_once import LogOnce
from tasks.slots.tag_limits import TagView, growth, share

LOOKS_BEFORE_LEFTOVERS = 3
"""Number of checks after which slots that stayed free count as wanted by no other claim."""


class Allotment:
    """Slots of one claim, and the gate that lets as many requests through."""

    def __init__(self, holdings: Holdings, *, demand: Callable[[], int], saying: LogOnce) -> None:
        gpu = holdings.gpu
        self.leases, self.wants = holdings.slots, holdings.wants
        self.others_want = 0
        """Number of slots that other claims with our model could use."""
        self._tag, self._gate, self._own_slots, self._timing = gpu.tag, gpu.gate, gpu.n, gpu.timing
        self._demand, self._saying = demand, saying
        self.is_open = False
        """True while as many requests are let through as we hold slots."""
        self._target = 0
        self._n_usable = 0
        self._n_looks_with_leftovers = 0
        self._known_limit: int | None = None
        self._none_since: float | None = None

    @property
    def is_shared(self) -> bool:
        """True while another claim works with the same model."""
        return self.is_open and self.others_want > 0

    @property
    def is_growing(self) -> bool:
        """True while our share is larger than the slots we hold."""
        return self.leases.n < self._target

    @property
    def has_none_for_s(self) -> float:
        """Seconds for which we have asked for slots and held none."""
        return time.monotonic() - self._none_since if self._none_since is not None else 0.0

    def open(self) -> None:
        """Let as many requests through as we hold slots."""
        self.is_open = True
        self._resize(min(self.leases.n, self._n_usable))

    def close(self) -> None:
        """Stop letting requests through."""
        self.is_open = False
        self._gate.resize(0)

    def _resize(self, n: int) -> None:
        if self.is_open:
            self._gate.resize(n)

    def check(self, view: TagView) -> None:
        """Apply the current limits; requests that exceed the slots still ours get no successors."""
        self.leases.check(view.slots)
        self.wants.check(view.demand)
        self.others_want = max(view.demand.n_taken - self.wants.n, 0)
        self._stay_within()

    async def renew(self) -> None:
        """Renew the leases; slots that the server has forgotten are no longer ours."""
        await self.wants.renew()
        if not await self.leases.renew():
            self._stay_within()

    def _stay_within(self) -> None:
        if self._gate.capacity > self.leases.n:
            self._resize(self.leases.n)

    async def adjust(self, view: TagView, *, leads: bool, allows_slots: Callable[[], Awaitable[bool]]) -> None:
        """Take or give back slots until we hold our share; slots that a request still needs are kept.

        Args:
            view: The limits now.
            leads: The turn is ours.
            allows_slots: Returns whether the first slots may be used, after they were taken.
        """
        slots = view.slots
        self._tell_limit(slots)
        alone = self.others_want == 0
        self._target = self._allowed(slots, await self._ask(view, alone=alone))
        is_too_much = self.leases.n > self._target and not (alone and slots.n_taken <= slots.limit)
        if is_too_much:
            self._resize(self._target)
            if self._gate.n_inside <= self._target:
                await self.leases.shrink_to(self._target, slots.limit_id)
        else:
            n = growth(limit=slots.limit, held=self.leases.n, target=self._target, free=slots.n_free, alone=alone)
            if n:
                await self._take(n, slots.limit_id, leads=leads, allows_slots=allows_slots)
        self._n_usable = min(self.leases.n, self._target) if is_too_much else self.leases.n
        self._resize(self._n_usable)
        self._count_the_time_without(slots)

    async def _take(self, n: int, limit_id: str, *, leads: bool, allows_slots: Callable[[], Awaitable[bool]]) -> None:
        """Take `n` slots. A follower takes its first one alone, and keeps it until it has no request any more."""
        if self.leases.n or leads:
            await self.leases.take(n, limit_id)
        elif await self.leases.take(1, limit_id):
            if not await allows_slots():
                await self.leases.give_all_back()
            elif n > 1:
                await self.leases.take(n - 1, limit_id)

    def _allowed(self, slots: Limit, mine: int) -> int:
        """Return our share with the slots that no other claim has taken."""
        fair = share(limit=slots.limit, mine=mine, others=self.others_want)
        stands_free = bool(slots.n_free and self.others_want)
        self._n_looks_with_leftovers = self._n_looks_with_leftovers + 1 if stands_free else 0
        if self.leases.n >= fair and self._n_looks_with_leftovers >= LOOKS_BEFORE_LEFTOVERS:
            # One is left free: when it goes, somebody does want it, and all take their shares.
            return max(fair, min(mine, self.leases.n + slots.n_free - 1))
        return fair

    async def _ask(self, view: TagView, *, alone: bool) -> int:
        """Return how many slots we could use; a large change is published to the others."""
        could_use = max(min(self._own_slots, self._demand()), 1)
        told = self.wants.n
        much = max(self._own_slots // 4, 1)
        if told == 0 or could_use - told >= much or (not alone and told - could_use >= much):
            await self.wants.replace(could_use, view.demand.limit_id)
        return could_use

    def _tell_limit(self, slots: Limit) -> None:
        limit, before = slots.limit, self._known_limit
        self._known_limit = limit
        if limit == before or (before is None and limit >= self._own_slots):
            return
        if slots.is_paused:
            self._saying.now(f"the limit of {self._tag} is 0 in Prefect: no requests are sent until it is raised")
        elif limit < self._own_slots:
            self._saying.now(f"the limit of {self._tag} is {limit} in Prefect: at most {limit} requests at once")
        elif before is not None and before < self._own_slots:
            self._saying.now(f"the limit of {self._tag} allows all {self._own_slots} requests at once again")

    def _count_the_time_without(self, slots: Limit) -> None:
        if self.leases.n or slots.is_paused:
            self._none_since = None
            self._saying.over("no slots")
            return
        if self._none_since is None:
            self._none_since = time.monotonic()
        if self.has_none_for_s < self._timing.starved_after_s:
            return
        self._saying.once(
            "no slots", f"waiting for the GPU {self._tag}: all {slots.limit} slots of its limit are taken"
        )
        if self.has_none_for_s >= self._timing.empty_at_most_s:
            self._saying.once(
                "slots of nobody",
                f"Prefect counts {slots.n_taken} slots of {self._tag} as taken. If no other evaluation or program is "
                "using it, the Prefect server forgot their leases when it was restarted, as it does unless "
                "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE names its filesystem storage: delete the limit "
                f"{self._tag!r} in Prefect, and it is created again",
            )
