"""What a dead process left behind is tidied up; where that cannot be done, work goes on all the same."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from looking_back import another_process, held_by, held_by_a_dead_process
from stored_runs import asked, numbers, store_run

from evaluation.records.status import Status
from evaluation.store.holders import beat, dead_holders, holders_of
from evaluation.store.session import Store
from tasks.recovery import call_crashed, free_slots_of_the_dead
from tasks.slots import ensure_limit
from tasks.slots.prefect_limits import prefect_limits, retry_while_away


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def run_id(store: Store) -> str:
    return store_run(store, asked("a:1b"), cases=numbers(2), status=Status.RUNNING, scored=False, flow_run_ids=())


async def n_taken(tag: str) -> int:
    async with prefect_limits() as limits:
        return (await retry_while_away(lambda: limits.look([tag]), patience_s=120))[tag].n_taken


def test_slots_of_the_dead_are_freed_and_those_of_the_living_are_not(
    prefect_api: str, store: Store, run_id: str
) -> None:
    tag = f"gpu-{uuid4().hex[:8]}"

    async def lease() -> str:
        await ensure_limit(tag, 8)
        async with prefect_limits() as limits:
            return str(await retry_while_away(lambda: limits.take(tag, 3, lease_s=60), patience_s=120))

    with another_process() as process:
        of_the_living, of_the_dead = asyncio.run(lease()), asyncio.run(lease())
        living, dead = held_by(store, process, run_id), held_by_a_dead_process(store, run_id)
        beat(store, living, lease_ids=[of_the_living])
        beat(store, dead, lease_ids=[of_the_dead])

        asyncio.run(free_slots_of_the_dead(store))

        assert 3 == asyncio.run(n_taken(tag))
        assert {living: (of_the_living,), dead: ()} == {
            held.holder_id: held.lease_ids for held in holders_of(store, run_id)
        }
        assert () == dead_holders(store)


def test_where_prefect_is_away_the_dead_ones_leases_are_kept_for_the_next_time(
    prefect_api: str,
    store: Store,
    run_id: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    monkeypatch.setattr("tasks.slots.abandoned.PATIENCE_S", 0.0)
    dead = held_by_a_dead_process(store, run_id)
    lease_id = str(uuid4())
    beat(store, dead, lease_ids=[lease_id])

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        asyncio.run(free_slots_of_the_dead(store))

    (left,) = dead_holders(store)
    assert (dead, (lease_id,)) == (left.holder_id, left.lease_ids)
    assert f"could not clean up after process {left.pid} on {left.host}" in caplog.text


def test_flow_runs_that_were_still_called_running_are_called_crashed_and_no_others(
    prefect_api: str, store: Store, run_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    from prefect import flow, task
    from prefect.client.orchestration import get_client
    from prefect.states import Completed, Running

    from evaluation.store.plans import record_run_flow

    @flow(name="recovered")
    def work() -> None:
        pass

    async def begin(state: Any) -> UUID:
        async with get_client() as client:
            return (await client.create_flow_run(work, state=state)).id

    async def state_of(flow_run_id: UUID) -> str:
        async with get_client() as client:
            state = (await client.read_flow_run(flow_run_id)).state
        assert state is not None
        return str(state.type.value)

    async def end(flow_run_id: UUID) -> None:
        """Other tests look for the one flow run that is running."""
        async with get_client() as client:
            await client.set_flow_run_state(flow_run_id, Completed(), force=True)

    @task
    def step() -> None:
        pass

    async def begin_a_task(flow_run_id: UUID) -> UUID:
        async with get_client() as client:
            return (await client.create_task_run(step, flow_run_id, dynamic_key="0", state=Running())).id

    async def task_state_of(task_run_id: UUID) -> str:
        async with get_client() as client:
            state = (await client.read_task_run(task_run_id)).state
        assert state is not None
        return str(state.type.value)

    running, own = (asyncio.run(begin(Running())) for _ in range(2))
    their_tasks = [asyncio.run(begin_a_task(flow_run_id)) for flow_run_id in (running, own)]
    completed = asyncio.run(begin(Completed()))
    elsewhere = uuid4()
    for flow_run_id in (running, own, completed, elsewhere):
        record_run_flow(store, run_id, str(flow_run_id))

    asyncio.run(call_crashed(store, [run_id], own))

    found = [asyncio.run(state_of(flow_run_id)) for flow_run_id in (running, own, completed)]
    of_tasks = [asyncio.run(task_state_of(task_run_id)) for task_run_id in their_tasks]
    asyncio.run(end(own))
    assert ["CRASHED", "RUNNING"] == of_tasks
    assert ["CRASHED", "RUNNING", "COMPLETED"] == found
    assert f"could not mark flow run {elsewhere} as crashed" in caplog.text
