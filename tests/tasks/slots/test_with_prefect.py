"""Leases from a real Prefect server."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from slot_workers import Worker, until

from tasks.slots import LimitsAwayError, SlotTiming, ensure_limit, free_dead_slots
from tasks.slots.limits import Limit
from tasks.slots.prefect_limits import prefect_limits
from tasks.slots.tag_limits import turn_name, waiting_name, wanted_name

QUICK = replace(
    SlotTiming().times(0.1),
    lease_s=60.0,
    poll_every_s=0.1,
    drain_at_end_s=60.0,
    give_back_at_most_s=60.0,
    let_go_at_most_s=60.0,
    n_give_back_tries=100,
)
"""Prefect accepts no shorter lease; a real server may take its time when everything is given back."""


@pytest.fixture
def tag() -> str:
    return f"gpu-{uuid4().hex[:8]}"


@pytest.fixture
def worker(prefect_api: str, tag: str) -> Callable[..., Worker]:
    def make(model: str = "small", timing: SlotTiming = QUICK, hand_over_within_s: float = 0.0) -> Worker:
        return Worker(
            prefect_limits,
            model,
            tag=tag,
            slots=8,
            request_s=0.02,
            timing=timing,
            hand_over_within_s=hand_over_within_s,
        )

    return make


async def _limit(name: str) -> Limit:
    async with prefect_limits() as limits:
        return (await limits.look([name]))[name]


async def _taken(tag: str) -> list[int]:
    return [(await _limit(name)).n_taken for name in (tag, turn_name(tag), wanted_name(tag), waiting_name(tag))]


async def _until_true(condition: Callable[[], Awaitable[bool]], *, within_s: float = 120.0) -> None:
    async with asyncio.timeout(within_s):
        while not await condition():
            await asyncio.sleep(0.05)


def test_a_limit_is_made_where_it_is_missing_and_obeyed_where_it_is_not(prefect_api: str, tag: str) -> None:
    async def scenario() -> None:
        assert 8 == await ensure_limit(tag, 8)
        assert 8 == (await _limit(tag)).limit
        assert 8 == await ensure_limit(tag, 4)
        assert 4 == await ensure_limit(tag, 4, resize=True)
        assert 4 == (await _limit(tag)).limit

    asyncio.run(scenario())


def test_slots_that_a_user_names_raise_a_limit_that_nobody_edited(prefect_api: str, tag: str) -> None:
    async def scenario() -> None:
        assert 1 == await ensure_limit(tag, 1)
        assert 1 == await ensure_limit(tag, 4)  # assumed again, by another evaluation
        assert 4 == await ensure_limit(tag, 4, is_explicit=True)
        assert 6 == await ensure_limit(tag, 6, is_explicit=True)
        assert 6 == await ensure_limit(tag, 2, is_explicit=True)  # others may use what is there
        assert 6 == (await _limit(tag)).limit

    asyncio.run(scenario())


def test_slots_that_a_user_names_leave_a_limit_that_a_person_edited(prefect_api: str, tag: str) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate

    async def scenario() -> None:
        await ensure_limit(tag, 4)
        async with get_client() as client:
            await client.update_global_concurrency_limit(tag, GlobalConcurrencyLimitUpdate(limit=2))
        assert 2 == await ensure_limit(tag, 8, is_explicit=True)
        assert 8 == await ensure_limit(tag, 8, resize=True)  # by a probe, which somebody ran to set it
        assert 9 == await ensure_limit(tag, 9, is_explicit=True)

    asyncio.run(scenario())


def test_a_limit_that_was_switched_off_limits_nobody(prefect_api: str, tag: str) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate

    async def scenario() -> None:
        await ensure_limit(tag, 2)
        async with get_client() as client:
            await client.update_global_concurrency_limit(tag, GlobalConcurrencyLimitUpdate(active=False))
        assert 8 == await ensure_limit(tag, 8)
        found = await _limit(tag)
        assert not found.is_active
        assert found.n_free > 8

    asyncio.run(scenario())


def test_slots_are_taken_renewed_and_given_back_once(prefect_api: str, tag: str) -> None:
    async def scenario() -> None:
        await ensure_limit(tag, 4)
        async with prefect_limits() as limits:
            lease_id = await limits.take(tag, 3, lease_s=60)
            assert lease_id is not None
            assert await limits.take(tag, 2, lease_s=60) is None
            assert await limits.take(tag, 5, lease_s=60) is None
            assert await limits.renew(lease_id, lease_s=60)
            await limits.give_back(lease_id)
            await limits.give_back(lease_id)
            assert not await limits.renew(lease_id, lease_s=60)
        assert 0 == (await _limit(tag)).n_taken

    asyncio.run(scenario())


def test_a_note_can_be_written_read_and_written_again(prefect_api: str) -> None:
    async def scenario() -> None:
        name = f"benchwright_turn_{uuid4().hex}"
        async with prefect_limits() as limits:
            assert await limits.read_note(name) is None
            for value in ({"model": "a", "since": 1.5}, {"model": "b", "since": 2.5}):
                await limits.write_note(name, value)
                assert value == await limits.read_note(name)

    asyncio.run(scenario())


def test_claims_with_one_model_share_the_limit_follow_an_edit_and_leave_nothing(
    worker: Callable[..., Worker], tag: str
) -> None:
    async def scenario() -> None:
        patient = replace(QUICK, starved_after_s=600.0, shortest_turn_s=600.0, turn_forgotten_after_s=600.0)
        first = worker(timing=patient).start()
        await until(lambda: first.gate.capacity == 8)
        assert [8, 1, 8, 0] == await _taken(tag)
        second = worker(timing=patient).start()
        await until(lambda: [4, 4] == [first.gate.capacity, second.gate.capacity])
        assert 4 == await ensure_limit(tag, 4, resize=True)
        await until(lambda: [2, 2] == [first.gate.capacity, second.gate.capacity])
        await _until_true(lambda: _is_taken(tag, 4))
        await first.stop()
        await until(lambda: second.gate.capacity == 4)
        await second.stop()
        assert [0, 0, 0, 0] == await _taken(tag)
        assert [1, 1] == [first.n_loads, second.n_loads]

    asyncio.run(scenario())


def test_prefect_renews_the_leases_of_a_limit_of_zero_and_takes_none_back(prefect_api: str, tag: str) -> None:
    async def scenario() -> None:
        await ensure_limit(tag, 4)
        async with prefect_limits() as limits:
            lease_id = await limits.take(tag, 3, lease_s=60)
            assert lease_id is not None
            await ensure_limit(tag, 0, resize=True)
            with pytest.raises(LimitsAwayError):
                await limits.give_back(lease_id)
            assert await limits.renew(lease_id, lease_s=60)
            assert await limits.take(tag, 1, lease_s=60) is None
            assert 3 == (await _limit(tag)).n_taken
            await limits.uncount(tag, 1)
            assert 2 == (await _limit(tag)).n_taken
            await ensure_limit(tag, 4, resize=True)
            await limits.give_back(lease_id)
        assert 0 == (await _limit(tag)).n_taken

    asyncio.run(scenario())


def test_a_claim_pauses_at_a_limit_of_zero_and_goes_on_when_it_is_raised(
    worker: Callable[..., Worker], tag: str
) -> None:
    async def scenario() -> None:
        one = worker().start()
        await until(lambda: one.n_done > 0)
        await ensure_limit(tag, 0, resize=True)
        await until(lambda: one.gate.capacity == 0 and one.gate.n_inside == 0)
        n_done, looks_and_renewals_s = one.n_done, 2 * QUICK.renew_every_s
        await asyncio.sleep(looks_and_renewals_s)
        assert one.task is not None
        assert not one.task.done()
        assert n_done == one.n_done
        assert [8, 1, 8, 0] == await _taken(tag)
        await ensure_limit(tag, 8, resize=True)
        await until(lambda: one.gate.capacity == 8 and one.n_done > n_done)
        await one.stop()
        assert [0, 0, 0, 0] == await _taken(tag)
        assert 1 == one.n_loads
        assert [
            f"the limit of {tag} is 0 in Prefect: no requests are sent until it is raised",
            f"the limit of {tag} allows all 8 requests at once again",
        ] == one.said

    asyncio.run(scenario())


def test_a_claim_that_is_cancelled_at_a_limit_of_zero_leaves_only_leases_that_others_can_free(
    worker: Callable[..., Worker], tag: str
) -> None:
    async def scenario() -> None:
        one = worker(timing=replace(QUICK, give_back_at_most_s=60.0)).start()
        await until(lambda: one.n_done > 0)
        await ensure_limit(tag, 0, resize=True)
        await until(lambda: one.gate.capacity == 0)
        assert one.task is not None
        one.task.cancel()
        await asyncio.wait([one.task])
        assert one.task.cancelled()
        assert [8, 0, 0, 0] == await _taken(tag)
        assert "Prefect accepts no slots back for such a limit: it frees the 8" in one.said[-1]
        await ensure_limit(tag, 8, resize=True)
        assert 1 == await free_dead_slots(sorted(one.leases))
        assert [0, 0, 0, 0] == await _taken(tag)

    asyncio.run(scenario())


async def _is_taken(tag: str, n: int) -> bool:
    return (await _limit(tag)).n_taken == n


def test_claims_with_different_models_take_turns(worker: Callable[..., Worker], tag: str) -> None:
    async def scenario() -> None:
        first, second = worker("small").start(), worker("large")
        await until(lambda: first.n_done > 0)
        at_work_while_loading: list[int] = []

        async def load() -> float:
            at_work_while_loading.append(first.gate.n_inside)
            return 0.0

        second.on_load = load
        second.start()
        await until(lambda: second.n_done > 0)
        await until(lambda: first.n_loads >= 2)
        await first.stop()
        await second.stop()
        assert 0 == sum(at_work_while_loading)
        assert f"waiting for the GPU {tag}: small:1b still has its turn there" in second.said
        assert [0, 0, 0, 0] == await _taken(tag)

    asyncio.run(scenario())


def test_a_claim_goes_on_with_its_leases_from_model_to_model(worker: Callable[..., Worker], tag: str) -> None:
    async def scenario() -> None:
        embedder = worker("embedder", hand_over_within_s=600.0).start()
        await until(lambda: embedder.n_done > 0)
        await embedder.stop()
        held = embedder.leases
        assert 3 == len(held)
        assert [8, 1, 8, 0] == await _taken(tag)
        generator = worker("generator").goes_on_after(embedder).start()
        await until(lambda: generator.n_done > 0)
        assert held == embedder.leases
        await generator.stop()
        large = worker("large").start()
        await until(lambda: large.n_done > 0)
        assert not held & frozenset(embedder.leases)
        await large.stop()
        await generator.claim.close()
        assert [0, 0, 0, 0] == await _taken(tag)

    asyncio.run(scenario())


def test_the_slots_of_a_dead_holder_are_freed_by_the_ids_of_its_leases(prefect_api: str, tag: str) -> None:
    async def scenario() -> None:
        await ensure_limit(tag, 8)
        async with prefect_limits() as limits:
            ids = [await limits.take(tag, n, lease_s=60) for n in (3, 4)]
        assert 7 == (await _limit(tag)).n_taken
        assert 3 == await free_dead_slots([str(lease_id) for lease_id in (*ids, uuid4())])
        assert 0 == (await _limit(tag)).n_taken
        assert 0 == await free_dead_slots([])

    asyncio.run(scenario())


def test_a_server_that_is_away_is_named_when_patience_ends(prefect_api: str, tag: str) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    async def scenario() -> None:
        with pytest.raises(LimitsAwayError, match="does not answer"):
            await ensure_limit(tag, 8, patience_s=0)

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        asyncio.run(scenario())
