"""Claims whose requests to the server of the limits arrive, and are answered, in any order."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

import pytest
from slot_workers import FAST, FakeLimits, Worker

from tasks.slots.limits import Limits

pytestmark = pytest.mark.usefixtures("in_logical_time")

N_INTERLEAVINGS = 300
UNDERWAY_S = 0.02
"""Longest time for which a request, or its answer, is on its way: twice as long as the interval of the looks."""
TIMING = replace(
    FAST,
    shortest_turn_s=0.05,
    turn_per_load=1.0,
    drain_at_end_s=60.0,
    give_back_at_most_s=60.0,
    let_go_at_most_s=60.0,
    empty_at_most_s=60.0,
)
"""Nobody dies here, so that everything is given back, and no model goes on beside slots that another one keeps."""
HAND_OVER_WITHIN_S = 0.04
MODELS = ("small", "large")


class _Interleaved:
    """Limits of one claim, whose requests and answers take their time; `after` is called at each."""

    def __init__(self, limits: FakeLimits, chance: random.Random, after: Callable[[], None]) -> None:
        self._limits, self._chance, self._after = limits, chance, after

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._limits, name)

        async def underway(*args: Any, **options: Any) -> Any:
            await self._is_underway()
            answer = await call(*args, **options)
            self._after()
            await self._is_underway()
            return answer

        return underway

    async def _is_underway(self) -> None:
        await asyncio.sleep(self._chance.uniform(0, UNDERWAY_S))
        self._after()


class _Gpu:
    """A GPU that several evaluations want, and the models that were ever at work on it together."""

    def __init__(self, seed: int) -> None:
        self.limits = FakeLimits()
        self.together: set[frozenset[str]] = set()
        self._chance = random.Random(seed)
        self._workers: list[Worker] = []
        self._loading: list[str] = []

    async def evaluations(self) -> None:
        """Several evaluations, each of which works with a model after another; some end in mid-work."""
        await asyncio.gather(*(self._evaluation(f"{n}") for n in range(self._chance.randint(3, 5))))

    async def _evaluation(self, name: str) -> None:
        chance = random.Random(f"{self._chance.random()} {name}")
        last: Worker | None = None
        for _ in range(chance.randint(1, 4)):
            one = self._worker(chance.choice(MODELS), chance)
            if last is not None and chance.random() < 0.7:
                one.goes_on_after(last)
                await asyncio.sleep(chance.choice([0.0, chance.uniform(0, 2 * HAND_OVER_WITHIN_S)]))
            else:
                await self._close(last)
                await asyncio.sleep(chance.uniform(0, 0.3))
            last = one
            self._workers.append(one)
            await self._work(one.start(), chance)
            self._workers.remove(one)
        await self._close(last)

    async def _work(self, one: Worker, chance: random.Random) -> None:
        assert one.task is not None
        if chance.random() < 0.3:
            await asyncio.wait([one.task], timeout=chance.uniform(0, 0.5))
            one.task.cancel()
            await asyncio.wait([one.task])
            return
        wanted = chance.randint(1, 30)
        async with asyncio.timeout(600):
            while one.n_done < wanted:
                await asyncio.sleep(0.01)
        await one.stop()

    async def _close(self, last: Worker | None) -> None:
        if last is not None:
            await last.claim.close()

    def _worker(self, model: str, chance: random.Random) -> Worker:
        @asynccontextmanager
        async def open_limits() -> AsyncIterator[Limits]:
            async with self.limits.open():
                yield cast("Limits", _Interleaved(self.limits, chance, self._look))

        async def load() -> float:
            self._loading.append(model)
            self._look()
            try:
                await asyncio.sleep(load_s := chance.uniform(0, 0.05))
            finally:
                self._loading.remove(model)
            return load_s

        one = Worker(
            open_limits,
            model,
            slots=chance.choice([1, 4, 16]),
            request_s=chance.uniform(0.001, 0.1),
            timing=TIMING,
            hand_over_within_s=HAND_OVER_WITHIN_S,
        )
        one.on_load = load
        return one

    def _look(self) -> None:
        at_work = {one.model for one in self._workers if one.gate.capacity or one.gate.n_inside}
        if len(models := frozenset({*at_work, *self._loading})) > 1:
            self.together.add(models)


def _models_together(seed: int) -> set[frozenset[str]]:
    random.seed(seed)  # of the claims' jitter
    gpu = _Gpu(seed)
    asyncio.run(gpu.evaluations())
    assert not gpu.limits.leases
    return gpu.together


def test_two_models_are_never_at_work_together_in_whatever_order_requests_arrive() -> None:
    assert [] == [seed for seed in range(N_INTERLEAVINGS) if _models_together(seed)]
