"""One model at a time: who waits, who is refused, and what a failing load leaves behind."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any

import pytest

from deployments.embedded.baseline_engine import baseline_models
from deployments.embedded.engine import Engine, LoadOptions, ServedModel
from deployments.embedded.replies import WireError
from deployments.embedded.scheduler import Scheduler

LEAD, TEXTRANK, *_ = baseline_models()
OPTIONS = LoadOptions(num_ctx=1024)


async def settled() -> None:
    """Long enough for everything that can go on to have gone on."""
    for _ in range(20):
        await asyncio.sleep(0.005)


async def eventually(claim: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not claim():
            await asyncio.sleep(0.005)


async def in_use(scheduler: Scheduler) -> None:
    await eventually(lambda: scheduler.loaded is not None and scheduler.loaded.n_users > 0)


def loading_by(load: Callable[[LoadOptions, int], Engine]) -> ServedModel:
    return replace(LEAD, load=load)


async def used(scheduler: Scheduler, model: ServedModel, order: list[str], name: str, until: asyncio.Event) -> None:
    async with scheduler.use(model, OPTIONS, None):
        order.append(name)
        await until.wait()


def test_a_request_for_the_loaded_model_waits_behind_an_earlier_one_for_another() -> None:
    async def scenario() -> list[str]:
        scheduler, order, release, at_once = Scheduler(slots=1), [], asyncio.Event(), asyncio.Event()
        at_once.set()
        first = asyncio.create_task(used(scheduler, LEAD, order, "lead", release))
        await in_use(scheduler)
        other = asyncio.create_task(used(scheduler, TEXTRANK, order, "textrank", at_once))
        await settled()
        again = asyncio.create_task(used(scheduler, LEAD, order, "lead again", at_once))
        await settled()
        order.append("released")
        release.set()
        await asyncio.gather(first, other, again)
        await scheduler.close()
        return order

    assert ["lead", "released", "textrank", "lead again"] == asyncio.run(scenario())


def test_too_many_waiting_for_a_load_are_refused_and_those_for_the_loaded_model_never() -> None:
    async def scenario() -> tuple[int, str]:
        scheduler, release, at_once = Scheduler(slots=1, max_queue=1), asyncio.Event(), asyncio.Event()
        at_once.set()
        first = asyncio.create_task(used(scheduler, LEAD, [], "", release))
        await in_use(scheduler)
        waiting = [asyncio.create_task(used(scheduler, TEXTRANK, [], "", at_once))]
        await settled()
        waiting.append(asyncio.create_task(used(scheduler, LEAD, [], "", at_once)))
        await settled()
        with pytest.raises(WireError) as refused:
            await used(scheduler, TEXTRANK, [], "", at_once)
        release.set()
        await asyncio.gather(first, *waiting)
        await scheduler.close()
        return refused.value.status, refused.value.message

    assert (503, "server busy, please try again.  maximum pending requests exceeded") == asyncio.run(scenario())


def test_a_failing_load_is_a_500_and_the_next_one_works() -> None:
    def broken(_options: LoadOptions, _slots: int) -> Engine:
        raise RuntimeError("out of memory")

    async def scenario() -> tuple[int, str, bool]:
        scheduler = Scheduler(slots=1)
        with pytest.raises(WireError) as failed:
            async with scheduler.use(loading_by(broken), OPTIONS, None):
                pass
        async with scheduler.use(LEAD, OPTIONS, None) as loaded:
            works = loaded.model is LEAD
        await scheduler.close()
        return failed.value.status, failed.value.message, works

    assert (500, "llama-server process has terminated: out of memory", True) == asyncio.run(scenario())


def test_a_client_that_leaves_during_the_load_leaves_a_loaded_model() -> None:
    go_on = threading.Event()

    def slow(options: LoadOptions, slots: int) -> Engine:
        go_on.wait(60)
        return LEAD.load(options, slots)

    async def scenario() -> int:
        scheduler, model = Scheduler(slots=1), loading_by(slow)
        leaving = asyncio.create_task(used(scheduler, model, [], "", asyncio.Event()))
        await settled()
        leaving.cancel()
        await settled()
        go_on.set()
        async with scheduler.use(model, OPTIONS, None):
            pass
        await scheduler.close()
        return scheduler.n_loads

    assert 1 == asyncio.run(scenario())


def test_unloading_a_busy_model_lets_the_running_request_end() -> None:
    async def scenario() -> list[bool]:
        scheduler, release = Scheduler(slots=1), asyncio.Event()
        running = asyncio.create_task(used(scheduler, LEAD, [], "", release))
        await in_use(scheduler)
        await scheduler.unload(LEAD)
        seen = [scheduler.loaded is not None]
        release.set()
        await running
        await eventually(lambda: scheduler.loaded is None)
        seen.append(scheduler.loaded is None)
        await scheduler.close()
        return seen

    assert [True, True] == asyncio.run(scenario())


def test_closing_closes_the_engine() -> None:
    class Engaged:
        context_length, size_bytes, closed = 1, 1, False

        def answer(self, job: Any) -> AsyncGenerator[Any, None]:
            raise NotImplementedError

        async def token_ids(self, job: Any, answer: str) -> list[int]:
            raise NotImplementedError

        async def close(self) -> None:
            self.closed = True

    engine = Engaged()

    async def scenario() -> bool:
        scheduler = Scheduler(slots=1)
        async with scheduler.use(loading_by(lambda _options, _slots: engine), OPTIONS, -1.0):
            pass
        await scheduler.close()
        return engine.closed

    assert asyncio.run(scenario())
