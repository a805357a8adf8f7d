"""What one turn of a claim leaves to its next."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from slot_workers import FAST, TAG, FakeLimits, Worker, until

from evaluation.errors import ConfigurationError

pytestmark = pytest.mark.usefixtures("in_logical_time")

Make = Callable[..., Worker]
WITHIN_S = 2 * 0.02
LONG_S = 3600.0
TURN, WAITING, WANTED = f"{TAG}:turn", f"{TAG}:waiting", f"{TAG}:wanted"


def _nothing_is_left(limits: FakeLimits) -> bool:
    return not limits.leases and all(found["taken"] == 0 for found in limits.limits.values()) and not limits.n_open


async def _worked(one: Worker) -> Worker:
    """The worker, after a whole turn."""
    one.start()
    n_done = one.n_done
    await until(lambda: one.n_done > n_done)
    await one.stop()
    return one


def test_the_next_model_goes_on_with_turn_and_slots_after_two_requests(limits: FakeLimits, worker: Make) -> None:
    until_loading: list[Counter[str]] = []

    async def scenario() -> None:
        embedder = await _worked(worker("embedder", hand_over_within_s=WITHIN_S))
        held = frozenset(limits.leases)
        assert [16, 1, 16] == [limits.taken(), limits.taken(TURN), limits.taken(WANTED)]
        assert held == embedder.leases
        limits.calls.clear()
        generator = worker("generator").goes_on_after(embedder)

        async def load() -> float:
            until_loading.append(Counter(limits.calls))
            return 0.0

        generator.on_load = load
        await _worked(generator)
        assert [{"write_note": 1, "look": 1}] == until_loading
        assert held == frozenset(limits.leases)
        assert "generator" == next(iter(limits.notes.values()))["model_key"]
        await generator.claim.close()
        assert frozenset() == embedder.leases

    asyncio.run(scenario())
    assert 0 == limits.n_unconnected
    assert _nothing_is_left(limits)


def test_everything_is_given_back_where_the_next_turn_does_not_come_in_time(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        first = await _worked(worker("embedder", hand_over_within_s=WITHIN_S))
        ended_at = loop.time()
        await until(lambda: _nothing_is_left(limits))
        assert WITHIN_S <= loop.time() - ended_at < 2 * WITHIN_S
        second = await _worked(worker("generator").goes_on_after(first))
        await second.claim.close()

    asyncio.run(scenario())
    assert 0 == limits.n_unconnected
    assert _nothing_is_left(limits)


@pytest.mark.parametrize(
    "ends", ["closed", "closed twice", "cancelled while it is closed", "cancelled in the next turn"]
)
def test_everything_is_given_back_at_once_where_no_next_turn_is_to_come(
    limits: FakeLimits, worker: Make, ends: str
) -> None:
    async def scenario() -> None:
        one = await _worked(worker("embedder", hand_over_within_s=LONG_S))
        if ends == "cancelled in the next turn":
            following = worker("generator", hand_over_within_s=LONG_S).goes_on_after(one).start()
            assert following.task is not None
            await until(lambda: following.n_done > 0)
            following.task.cancel()
            await asyncio.wait([following.task])
            assert _nothing_is_left(limits)
        closing = asyncio.create_task(one.claim.close())
        if ends == "cancelled while it is closed":
            await asyncio.sleep(0)
            closing.cancel()
        await asyncio.wait([closing])
        if ends == "closed twice":
            await one.claim.close()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_nothing_is_left_by_a_turn_that_ended_in_an_error(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        one = worker("embedder", hand_over_within_s=LONG_S)
        with pytest.raises(ConfigurationError):
            async with one.claim.turn(
                "embedder", "embedder:1b", demand=lambda: 16, prepare=partial(asyncio.sleep, 0, 0.0)
            ):
                raise ConfigurationError("no such corpus")
        assert _nothing_is_left(limits)

    asyncio.run(scenario())


def test_who_waits_already_at_the_end_of_a_turn_has_the_gpu_next(limits: FakeLimits, worker: Make) -> None:
    patient = replace(FAST, shortest_turn_s=LONG_S)

    async def scenario() -> None:
        first = worker("embedder", hand_over_within_s=LONG_S, timing=patient).start()
        await until(lambda: first.n_done > 0)
        other = worker("large", timing=patient).start()
        await until(lambda: limits.taken(WAITING) == 1)
        n_looks = limits.calls["look"]
        await until(lambda: limits.calls["look"] > n_looks + 4)
        await first.stop()
        assert 0 == limits.taken(TURN)
        await until(lambda: other.n_done > 0)
        await other.stop()
        await first.claim.close()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


@pytest.mark.parametrize("model", ["large", "embedder"])
def test_who_comes_while_the_turn_is_kept_has_it_at_once(limits: FakeLimits, worker: Make, model: str) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        first = await _worked(worker("embedder", hand_over_within_s=LONG_S))
        began = loop.time()
        other = await _worked(worker(model))
        assert loop.time() - began < 10 * FAST.poll_every_s
        await first.claim.close()
        assert 1 == other.n_loads

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_the_next_turn_gives_way_to_who_has_come_meanwhile(limits: FakeLimits, worker: Make) -> None:
    order: list[str] = []

    async def scenario() -> None:
        first = await _worked(worker("embedder", hand_over_within_s=LONG_S))
        place = await limits.take(WAITING, 1, lease_s=60)
        assert place is not None
        generator, other = worker("generator").goes_on_after(first), worker("large")
        for one in (generator, other):

            async def load(model: str = one.model) -> float:
                order.append(model)
                return 0.0

            one.on_load = load
        generator.start()
        await until(lambda: limits.taken(TURN) == 0)
        await limits.give_back(place)
        other.start()
        await until(lambda: other.n_done > 0)
        await other.stop()
        await until(lambda: generator.n_done > 0)
        await generator.stop()
        await generator.claim.close()

    asyncio.run(scenario())
    assert ["large", "generator"] == order
    assert _nothing_is_left(limits)


def test_slots_that_another_claim_shares_are_not_kept(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        both = [worker("embedder", hand_over_within_s=LONG_S).start() for _ in range(2)]
        await until(lambda: [8, 8] == [one.gate.capacity for one in both])
        await both[0].stop()
        assert [8, 8] == [limits.taken(), both[1].gate.capacity]
        await until(lambda: both[1].gate.capacity == 16)
        await both[1].stop()
        for one in both:
            await one.claim.close()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_the_old_models_last_slots_are_waited_for(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        first = await _worked(worker("embedder", slots=8, hand_over_within_s=LONG_S))
        limits.limits[TAG]["limit"] = 16
        lease_id = await limits.take(TAG, 8, lease_s=60)  # of one that has not read yet that the turn is another's
        assert lease_id is not None
        second = worker("generator").goes_on_after(first).start()
        n_looks = limits.calls["look"]
        await until(lambda: limits.calls["look"] > n_looks + 5)
        assert 0 == second.n_loads
        assert not next(iter(limits.notes.values()))["is_settled"]
        await limits.give_back(lease_id)
        await until(lambda: second.n_done > 0)
        assert next(iter(limits.notes.values()))["is_settled"]
        await second.stop()
        await second.claim.close()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_what_is_kept_is_renewed_and_outlasts_a_server_that_is_away(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        first = await _worked(worker("embedder", hand_over_within_s=LONG_S))
        held = frozenset(limits.leases)
        n_renewals = limits.calls["renew"]
        await until(lambda: limits.calls["renew"] > n_renewals + 6)
        limits.is_away = True
        n_looks = limits.calls["look"]
        await until(lambda: limits.calls["look"] > n_looks + 5)
        limits.is_away = False
        assert held == frozenset(limits.leases) == first.leases
        second = await _worked(worker("generator").goes_on_after(first))
        assert held == frozenset(limits.leases)
        await second.claim.close()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


@pytest.mark.parametrize("call", ["look", "write_note"])
def test_a_busy_server_is_asked_again_and_nothing_is_given_back(limits: FakeLimits, worker: Make, call: str) -> None:
    async def scenario() -> None:
        first = await _worked(worker("embedder", hand_over_within_s=LONG_S))
        held = frozenset(limits.leases)
        limits.fails_next[call] = 3
        second = await _worked(worker("generator").goes_on_after(first))
        assert 1 == second.n_loads
        assert held == frozenset(limits.leases)
        await second.claim.close()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)


def test_leases_that_ended_while_they_were_kept_are_taken_anew(limits: FakeLimits, worker: Make) -> None:
    async def scenario() -> None:
        first = await _worked(worker("embedder", hand_over_within_s=LONG_S, timing=replace(FAST, lease_s=0.001)))
        for lease_id in tuple(limits.leases):
            limits.expire(lease_id)
        second = worker("generator").goes_on_after(first).start()
        await until(lambda: limits.taken() == 16 == second.gate.capacity and limits.taken(TURN) == 1)
        await second.stop()
        await second.claim.close()

    asyncio.run(scenario())
    assert _nothing_is_left(limits)
