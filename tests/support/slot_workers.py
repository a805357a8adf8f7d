"""A server of limits in this process, and claims that work fifty times as fast as real ones."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import uuid4

from evaluation.errors import StoreError
from tasks.slots import Gate, LimitsAwayError, SlotClaim, SlotTiming, Turn
from tasks.slots.limits import Limit, Limits

TAG = "gpu-test"
FAST = SlotTiming().times(0.02)


class FakeLimits:
    """Counts as Prefect does; leases end when the test says so, and the server is away when the test says so."""

    def __init__(self) -> None:
        self.limits: dict[str, dict[str, Any]] = {}
        self.leases: dict[str, tuple[str, int]] = {}
        self.notes: dict[str, Any] = {}
        self.calls: Counter[str] = Counter()
        self.is_away = False
        self.fails_next: Counter[str] = Counter()
        self.most_taken = 0
        self.answers_after_s = 0.0
        self.n_open = 0
        """Connections."""
        self.n_unconnected = 0
        """Questions that came while there was no connection."""

    async def _called(self, what: str) -> None:
        self.calls[what] += 1
        self.n_unconnected += self.n_open == 0
        await asyncio.sleep(self.answers_after_s)
        if self.is_away:
            raise LimitsAwayError("the Prefect server does not answer: test")
        if self.fails_next[what] > 0:
            self.fails_next[what] -= 1
            raise LimitsAwayError("the Prefect server answers 503")

    async def look(self, names: Sequence[str]) -> Mapping[str, Limit]:
        await self._called("look")
        return {
            name: Limit(
                limit_id=found["id"],
                limit=found["limit"] if found["active"] else 1_000_000,
                n_taken=found["taken"],
                is_active=found["active"],
                version=str(found["version"]),
            )
            for name, found in self.limits.items()
            if name in names
        }

    async def create(self, name: str, limit: int) -> None:
        await self._called("create")
        new = {"id": str(uuid4()), "limit": limit, "taken": 0, "active": True, "version": 0}
        self.limits.setdefault(name, new)

    async def change(self, limit_id: str, *, limit: int | None = None, n_taken: int | None = None) -> None:
        await self._called("change")
        (found,) = [found for found in self.limits.values() if found["id"] == limit_id]
        found["limit"] = found["limit"] if limit is None else limit
        found["taken"] = found["taken"] if n_taken is None else n_taken

    async def take(self, name: str, n: int, *, lease_s: float) -> str | None:
        await self._called("take")
        assert lease_s > 0
        found = self.limits[name]
        if found["active"]:
            if found["taken"] + n > found["limit"]:
                return None
            found["taken"] += n
        found["version"] += 1
        if name == TAG:
            self.most_taken = max(self.most_taken, found["taken"])
        lease_id = str(uuid4())
        self.leases[lease_id] = (found["id"], n)
        return lease_id

    async def renew(self, lease_id: str, *, lease_s: float) -> bool:
        await self._called("renew")
        return lease_id in self.leases

    async def give_back(self, lease_id: str) -> None:
        await self._called("give_back")
        limit_id, _ = self.leases.get(lease_id, ("", 0))
        if any(found["id"] == limit_id and found["limit"] == 0 for found in self.limits.values()):
            raise LimitsAwayError("the Prefect server answers 409")
        self.expire(lease_id)

    async def uncount(self, name: str, n: int) -> None:
        await self._called("uncount")
        found = self.limits[name]
        found["taken"] = max(found["taken"] - n, 0)
        found["version"] += 1

    async def read_note(self, name: str) -> Any:
        await self._called("read_note")
        return self.notes.get(name)

    async def write_note(self, name: str, value: dict[str, Any]) -> None:
        await self._called("write_note")
        self.notes[name] = value

    def expire(self, lease_id: str) -> None:
        """As if its holder had been silent for a minute."""
        limit_id, n = self.leases.pop(lease_id, ("", 0))
        for found in self.limits.values():
            if found["id"] == limit_id and found["active"]:
                found["taken"] = max(found["taken"] - n, 0)
                found["version"] += 1

    def restart_without_leases(self) -> None:
        """As a server does that keeps them in memory."""
        self.leases.clear()

    def taken(self, name: str = TAG) -> int:
        """How many slots count as taken."""
        found = self.limits.get(name)
        return int(found["taken"]) if found else 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Limits]:
        """As `prefect_limits`."""
        self.n_open += 1
        try:
            yield self
        finally:
            self.n_open -= 1


class Worker:
    """An evaluation that keeps as many requests on their way as its gate lets it, until it is told to stop."""

    def __init__(
        self,
        open_limits: Callable[[], AbstractAsyncContextManager[Limits]],
        model: str = "small",
        *,
        tag: str = TAG,
        slots: int = 16,
        request_s: float = 0.002,
        timing: SlotTiming = FAST,
        on_leases: Callable[[frozenset[str]], Awaitable[None]] | None = None,
        hand_over_within_s: float = 0.0,
    ) -> None:
        self.model = model
        self.gate = Gate()
        self.wanted = slots
        self.said: list[str] = []
        self.leases: frozenset[str] = frozenset()
        self.n_loads = 0
        self.n_abandoned = 0
        self.n_done = 0
        self.turn: Turn | None = None
        self.load_error: Exception | None = None
        self.on_load: Callable[[], Awaitable[float]] | None = None
        self.on_abandon: Callable[[], Awaitable[None]] | None = None
        self._request_s = request_s
        self._stop = asyncio.Event()
        self._changed = asyncio.Event()
        self.gate.on_change(self._changed.set)
        self.claim = SlotClaim(
            tag,
            self.gate,
            slots=slots,
            on_leases=on_leases or self._note_leases,
            say=self.said.append,
            open_limits=open_limits,
            timing=timing,
            hand_over_within_s=hand_over_within_s,
        )
        self.task: asyncio.Task[None] | None = None

    async def _note_leases(self, ids: frozenset[str]) -> None:
        self.leases = ids

    async def _load(self) -> float:
        self.n_loads += 1
        if self.load_error is not None:
            raise self.load_error
        return await self.on_load() if self.on_load else 0.0

    async def _abandon(self) -> None:
        self.n_abandoned += 1
        if self.on_abandon:
            await self.on_abandon()

    def goes_on_after(self, earlier: "Worker") -> "Worker":
        """Itself, as the next turn of the earlier one's claim."""
        self.claim, self.gate = earlier.claim, earlier.gate
        self.gate.on_change(self._changed.set)
        return self

    def start(self) -> "Worker":
        """Itself, at work."""
        self.task = asyncio.create_task(self._work())
        return self

    async def stop(self) -> None:
        """Returns when everything was given back."""
        self._stop.set()
        assert self.task is not None
        await self.task

    async def _work(self) -> None:
        async with self.claim.turn(
            self.model, f"{self.model}:1b", demand=lambda: self.wanted, prepare=self._load, abandon=self._abandon
        ) as self.turn:
            requests: set[asyncio.Task[None]] = set()
            stopping = asyncio.ensure_future(self._stop.wait())
            while not self._stop.is_set() and not self.turn.failed.done():
                self._changed.clear()
                while self.gate.try_enter():
                    requests.add(one := asyncio.create_task(self._request()))
                    one.add_done_callback(requests.discard)
                changed = asyncio.ensure_future(self._changed.wait())
                events: list[asyncio.Future[Any]] = [changed, stopping, self.turn.failed]
                await asyncio.wait(events, return_when="FIRST_COMPLETED")
                changed.cancel()
            stopping.cancel()
            await asyncio.gather(*requests)
            with contextlib.suppress(asyncio.InvalidStateError):
                self.turn.failed.result()

    async def _request(self) -> None:
        try:
            await asyncio.sleep(self._request_s)
        finally:
            self.gate.leave()
        self.n_done += 1


async def until(condition: Callable[[], bool], *, within_s: float = 120.0) -> None:
    """Returns as soon as it holds; the time is for machines that are very slow."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.002)


class UnreachableStore:
    """Hears of leases, and fails at first."""

    def __init__(self) -> None:
        self.n_failures = 2
        self.heard: list[frozenset[str]] = []

    async def note(self, ids: frozenset[str]) -> None:
        if self.n_failures:
            self.n_failures -= 1
            raise StoreError("locked")
        self.heard.append(ids)
