"""Claims that meet on one GPU: they share it with one model, and take turns with two."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from slot_workers import FAST, TAG, FakeLimits, Worker, until

from evaluation.errors import ConfigurationError
from tasks.slots.leases import Leases
from tasks.slots.turns import note_name

pytestmark = pytest.mark.usefixtures("in_logical_time")

Make = Callable[..., Worker]
TURN, WANTED, WAITING = f"{TAG}:turn", f"{TAG}:wanted", f"{TAG}:waiting"


async def _stop(*workers: Worker) -> None:
    for one in workers:
        await one.stop()


def _nothing_is_left(limits: FakeLimits) -> bool:
    return not limits.leases and all(found["taken"] == 0 for found in limits.limits.values())


# -- the same model


def test_two_claims_with_one_model_share_the_slots_and_the_second_gets_all_when_the_first_ends(
    limits: FakeLimits, worker: Make
) -> None:
    async def scenario() -> None:
        first = worker().start()
        await until(lambda: first.gate.capacity == 16)
        second = worker().start()
        await until(lambda: [8, 8] == [first.gate.capacity, second.gate.capacity])
        assert first.turn is not None
        assert second.turn is not None
        await until(lambda: first.turn.is_shared() and second.turn.is_shared())  # type: ignore[union-attr]
        await first.stop()
        await until(lambda: second.gate.capacity == 16)
        await until(lambda: not second.turn.is_shared())  # type: ignore[union-attr]
        await until(lambda: limits.taken(TURN) == 1)
        assert [1, 1] == [first.n_loads, second.n_loads]
        await second.stop()

    asyncio.run(scenario())
    assert 16 == limits.most_taken
    assert _nothing_is_left(limits)


def test_a_model_that_another_claim_works_with_is_not_let_go_by_who_is_cancelled_while_loading_it(
    limits: FakeLimits, worker: Make
) -> None:
    async def scenario() -> None:
        loading = asyncio.Event()

        async def load() -> float:
            loading.set()
            await asyncio.Event().wait()
            raise AssertionError

        first = worker().start()
        await until(lambda: first.n_done > 0)
        second = worker()
        second.on_load = load
        second.start()
        await loading.wait()
        assert second.task is not None
        second.task.cancel()
        await asyncio.wait([second.task])
        assert 0 == second.n_abandoned
        await first.stop()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_the_server_never_sees_more_requests_than_the_limit_while_claims_come_and_go(
    limits: FakeLimits, worker: Make
) -> None:
    most = 0

    async def scenario() -> None:
        nonlocal most
        workers = [worker(slots=8) for _ in range(3)]
        await limits.create(TAG, 8)

        async def watch() -> None:
            nonlocal most
            while True:
                most = max(most, sum(one.gate.n_inside for one in workers))
                await asyncio.sleep(0.0005)

        watching = asyncio.create_task(watch())
        for one in workers:
            one.start()
            await asyncio.sleep(0.1)
        await until(lambda: all(one.n_done > 100 for one in workers))
        await _stop(*workers)
        watching.cancel()

    asyncio.run(scenario())
    assert 1 <= most <= 8
    assert _nothing_is_left(limits)


def test_who_can_use_fewer_slots_leaves_the_others_to_the_rest(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        first, second = worker().start(), worker()
        await until(lambda: first.gate.capacity == 16)
        second.start()
        await until(lambda: [8, 8] == [first.gate.capacity, second.gate.capacity])
        second.wanted = 1
        await until(lambda: first.gate.capacity == 15)
        await until(lambda: second.gate.capacity == 1)
        assert 16 == limits.taken()
        await _stop(first, second)

    asyncio.run(scenario())


def test_slots_that_nobody_comes_for_do_not_idle(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        first = worker().start()
        await until(lambda: first.gate.capacity == 16)
        await limits.take(WANTED, 16, lease_s=60)  # of one who was killed before it had a slot
        await until(lambda: first.gate.capacity == 8)
        await until(lambda: first.gate.capacity == 15)
        await first.stop()

    asyncio.run(scenario())


def test_an_edited_limit_is_shared_out_anew(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        first, second = worker().start(), worker().start()
        await until(lambda: [8, 8] == [first.gate.capacity, second.gate.capacity])
        limits.limits[TAG]["limit"] = 8
        await until(lambda: [4, 4] == [first.gate.capacity, second.gate.capacity] and limits.taken() == 8)
        await _stop(first, second)

    asyncio.run(scenario())


def test_on_a_single_slot_two_claims_with_one_model_take_turns(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        first, second = worker(slots=1).start(), worker(slots=1)
        await until(lambda: first.gate.capacity == 1)
        second.start()
        await until(lambda: second.n_done > 10)
        done = first.n_done
        await until(lambda: first.n_done > done + 10)
        await _stop(first, second)

    asyncio.run(scenario())
    assert 1 == limits.most_taken
    assert _nothing_is_left(limits)


# -- different models


def test_claims_with_different_models_take_turns_and_never_work_at_the_same_time(
    limits: FakeLimits, worker: Make
) -> None:
    async def scenario() -> None:
        workers = [worker("small"), worker("large")]
        at_once = 0

        async def watch() -> None:
            nonlocal at_once
            while True:
                at_once = max(at_once, sum(one.gate.n_inside > 0 for one in workers))
                await asyncio.sleep(0.0005)

        watching = asyncio.create_task(watch())
        for one in workers:
            one.start()
        await until(lambda: all(one.n_loads >= 3 for one in workers))
        assert 1 == at_once
        watching.cancel()
        await _stop(*workers)
        for one, other in zip(workers, reversed(workers), strict=True):
            sentence = f"waiting for the GPU {TAG}: {other.model}:1b still has its turn there"
            assert sentence in one.said

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_a_turn_lasts_as_long_as_its_work_where_nobody_waits(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        one = worker().start()
        await until(lambda: one.gate.capacity == 16)
        n_looks = limits.calls["look"]
        await until(lambda: limits.calls["look"] > n_looks + 2 * FAST.shortest_turn_s / FAST.look_every_s)
        assert 1 == one.n_loads
        await one.stop()

    asyncio.run(scenario())


def test_a_turn_lasts_ten_times_as_long_as_its_model_took_to_load(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()

        loaded_at: list[float] = []

        async def slow() -> float:
            loaded_at.append(loop.time())
            return 0.05

        first = worker("slow")
        first.on_load = slow
        first.start()
        await until(lambda: first.gate.capacity == 16)
        second = worker("other").start()
        await until(lambda: second.n_loads == 1)
        assert loop.time() - loaded_at[0] >= 0.05 * FAST.turn_per_load
        await _stop(first, second)

    asyncio.run(scenario())


def test_who_waits_says_so_once_a_turn(limits: FakeLimits, worker: Make) -> None:
    patient = replace(FAST, shortest_turn_s=60.0)

    async def scenario() -> None:
        first = worker("small", timing=patient).start()
        await until(lambda: first.gate.capacity == 16)
        second = worker("large", timing=patient).start()
        await until(lambda: limits.taken(WAITING) == 1)
        n_looks = limits.calls["look"]
        await until(lambda: limits.calls["look"] > n_looks + 20)
        assert [f"waiting for the GPU {TAG}: small:1b still has its turn there"] == second.said
        assert 0 == second.n_loads
        await first.stop()
        await until(lambda: second.gate.capacity == 16)
        assert 0 == limits.taken(WAITING)
        await second.stop()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_a_new_model_waits_until_the_last_request_of_the_old_one_is_done(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        first = worker("small", request_s=0.5).start()
        await until(lambda: first.gate.n_inside == 16)
        second = worker("large")
        inside: list[int] = []

        async def load() -> float:
            inside.append(first.gate.n_inside)
            return 0.0

        second.on_load = load
        second.start()
        await until(lambda: second.n_loads == 1)
        assert [0] == inside
        await _stop(first, second)

    asyncio.run(scenario())


def test_a_new_model_goes_on_with_what_is_free_when_slots_stay_taken_for_long(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        await limits.create(TAG, 16)
        await limits.take(TAG, 6, lease_s=60)
        limits.notes[note_name(TAG)] = {"model_key": "old", "model": "old:1b", "since": 0.0}
        one = worker("new", timing=replace(FAST, empty_at_most_s=0.3)).start()
        await until(lambda: one.gate.capacity == 10)
        assert any("6 slots of gpu-test are still taken" in sentence for sentence in one.said)
        await one.stop()

    asyncio.run(scenario())
    assert 6 == limits.taken()


def test_slots_that_nobody_gives_back_are_named_with_the_way_out(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        await limits.create(TAG, 16)
        await limits.take(TAG, 16, lease_s=60)
        one = worker(timing=replace(FAST, empty_at_most_s=0.3)).start()
        await until(lambda: any(f"delete the limit '{TAG}'" in sentence for sentence in one.said))
        assert f"waiting for the GPU {TAG}: all 16 slots of its limit are taken" == one.said[0]
        del limits.limits[TAG]
        await until(lambda: one.gate.capacity == 16)
        await one.stop()

    asyncio.run(scenario())


def test_a_follower_takes_an_abandoned_turn_over_without_stopping(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        first, second = worker().start(), worker()
        await until(lambda: first.gate.capacity == 16)
        second.start()
        await until(lambda: second.gate.capacity == 8)
        since = limits.notes[note_name(TAG)]["since"]
        await first.stop()
        await until(lambda: limits.taken(TURN) == 1)
        await until(lambda: limits.notes[note_name(TAG)]["since"] == since)
        assert second.gate.capacity >= 8
        assert 1 == second.n_loads
        await second.stop()

    asyncio.run(scenario())


def test_followers_stop_too_when_their_leader_gives_the_turn_up(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        small = [worker("small").start(), worker("small").start()]
        await until(lambda: all(one.gate.capacity == 8 for one in small))
        large = worker("large")
        inside: list[int] = []

        async def load() -> float:
            inside.append(sum(one.gate.n_inside for one in small))
            return 0.0

        large.on_load = load
        large.start()
        await until(lambda: large.n_done > 20)
        assert [0] == inside[:1]
        await until(lambda: all(one.n_loads == 2 for one in small))
        await _stop(*small, large)

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_who_waits_and_does_not_come_costs_one_pause_and_not_one_after_another(
    limits: FakeLimits, worker: Make
) -> None:
    async def scenario() -> None:
        one = worker().start()
        await until(lambda: one.gate.capacity == 16)
        await limits.take(WAITING, 1, lease_s=60)  # of one who was killed
        await until(lambda: one.n_loads == 2)
        n_looks = limits.calls["look"]
        await until(lambda: limits.calls["look"] > n_looks + 2 * FAST.shortest_turn_s / FAST.look_every_s)
        assert 2 == one.n_loads
        await one.stop()

    asyncio.run(scenario())


class SlowToTakeATurn:
    """Limits of which one claim gets the turn only when it is another's again."""

    def __init__(self, limits: FakeLimits, until_then: Callable[[], bool]) -> None:
        self._limits, self._until_then = limits, until_then

    def __getattr__(self, name: str) -> Any:
        return getattr(self._limits, name)

    async def take(self, name: str, n: int, *, lease_s: float) -> str | None:
        if name == TURN:
            await until(self._until_then)
        return await self._limits.take(name, n, lease_s=lease_s)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Any]:
        async with self._limits.open():
            yield self


def test_who_was_too_slow_for_the_turn_that_was_given_up_for_it_is_not_ignored_for_long(
    limits: FakeLimits, worker: Make
) -> None:
    async def scenario() -> None:
        first = worker("small").start()
        await until(lambda: first.n_done > 0)
        slow = SlowToTakeATurn(limits, lambda: first.n_loads >= 2)
        second = worker("large", open_limits=slow.open).start()
        await until(lambda: first.n_loads == 2)
        began = asyncio.get_running_loop().time()
        await until(lambda: second.n_done > 0)
        assert asyncio.get_running_loop().time() - began < FAST.ignore_waiting_s / 4
        await _stop(first, second)

    asyncio.run(scenario())


def test_a_turn_that_nobody_renews_or_writes_about_is_freed(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        await limits.create(TURN, 1)
        await limits.take(TURN, 1, lease_s=60)
        limits.notes[note_name(TAG)] = {"model_key": "old", "model": "old:1b", "since": 0.0}
        one = worker(timing=replace(FAST, turn_forgotten_after_s=0.3)).start()
        await until(lambda: one.gate.capacity == 16)
        assert any("was not renewed for minutes" in sentence for sentence in one.said)
        await one.stop()

    asyncio.run(scenario())


def test_a_model_that_cannot_be_loaded_again_breaks_the_turn(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        first = worker("small").start()
        await until(lambda: first.gate.capacity == 16)
        second = worker("large").start()
        await until(lambda: second.gate.capacity > 0)
        first.load_error = ConfigurationError("no such model any more")
        assert first.task is not None
        with pytest.raises(ConfigurationError, match="any more"):
            await first.task
        await until(lambda: limits.taken(WAITING) == 0)
        await second.stop()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


# -- a limit of zero


def test_nobody_gives_up_a_turn_while_the_limit_is_zero(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        first, second = worker("small").start(), worker("large")
        await until(lambda: first.n_done > 0)
        limits.limits[TAG]["limit"] = 0
        await until(lambda: first.gate.capacity == 0)
        second.start()
        await until(lambda: limits.taken(WAITING) == 1)
        await asyncio.sleep(2 * FAST.shortest_turn_s)
        assert [1, 0] == [first.n_loads, second.n_loads]
        limits.limits[TAG]["limit"] = 16
        await until(lambda: second.n_done > 0)
        await _stop(first, second)

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_two_claims_with_one_model_pause_together_and_share_what_comes_back(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        both = [worker().start(), worker().start()]
        await until(lambda: [8, 8] == [one.gate.capacity for one in both])
        limits.limits[TAG]["limit"] = 0
        await until(lambda: [0, 0] == [one.gate.capacity for one in both])
        limits.limits[TAG]["limit"] = 8
        await until(lambda: [4, 4] == [one.gate.capacity for one in both])
        await _stop(*both)

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_who_gives_slots_back_is_never_seen_without_any(limits: FakeLimits) -> None:
    async def scenario() -> None:
        await limits.create(TAG, 16)
        limit_id = limits.limits[TAG]["id"]
        leases = Leases(limits, TAG, FAST, lambda: seen.append(leases.n))
        seen: list[int] = []
        for n in (1, 8, 7):
            await leases.take(n, limit_id)
        for n in (12, 8, 4, 1):
            await leases.shrink_to(n, limit_id)
            assert n == leases.n == limits.taken()
        assert 1 == min(seen)

    asyncio.run(scenario())
