"""What becomes of flow runs whose process is gone: made again three times, or told, or left to those who live."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from looking_back import another_process, held_by, held_by_a_dead_process
from prefect.client.schemas.objects import StateType
from stored_runs import asked, numbers, store_run

from evaluation.records.status import Status
from evaluation.store.holders import beat, end_holder
from evaluation.store.plans import record_run_flow
from evaluation.store.recoveries import find_recovery, request_recovery, requested_recoveries
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.statements import now
from evaluation.store.tables import holder
from tasks import flow_run_starts, reconciling
from tasks.reconciling import MOST_RESTARTS, reconcile


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def run_id(store: Store) -> str:
    return store_run(store, asked("a:1b"), cases=numbers(3), status=Status.RUNNING, scored=False, flow_run_ids=())


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker has anything to say here, and no machine is so slow that the database counts as away."""
    monkeypatch.setattr(reconciling, "WORKER_SPEAKS_WITHIN_S", 0.0)
    monkeypatch.setattr(reconciling, "WORKER_LETS_GO_WITHIN_S", 0.0)
    monkeypatch.setattr(reconciling, "LATE_S", 1e6)
    monkeypatch.setattr(reconciling, "_quiet_until", 0.0)


class OnPrefect:
    """Flow runs of a deployment, and their states."""

    def __init__(self) -> None:
        self.made: list[UUID] = []

    def begin(self, store: Store, run_id: str, *, deployed: bool = True, state: str = "RUNNING") -> str:
        """Id of a new flow run that works on the run."""
        flow_run_id = asyncio.run(self._begin(deployed=deployed, state=state))
        self.made.append(flow_run_id)
        record_run_flow(store, run_id, str(flow_run_id))
        return str(flow_run_id)

    async def _begin(self, *, deployed: bool, state: str) -> UUID:
        from prefect import flow
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.objects import State, StateType

        @flow(name="died")
        def work() -> None:
            pass

        begun: State[None] = State(type=StateType(state))
        async with get_client() as client:
            if not deployed:
                return (await client.create_flow_run(work, state=begun)).id
            made = await client.create_deployment(await client.create_flow(work), "died")
            found = await client.create_flow_run_from_deployment(made)
            await client.set_flow_run_state(found.id, begun, force=True)
            return found.id

    def state(self, flow_run_id: str) -> Any:
        """Its state now."""

        async def read() -> Any:
            from prefect.client.orchestration import get_client

            async with get_client() as client:
                return (await client.read_flow_run(UUID(flow_run_id))).state

        return asyncio.run(read())

    def set(self, flow_run_id: str, state: str, *, message: str | None = None) -> None:
        """Sets its state."""

        async def write() -> None:
            from prefect.client.orchestration import get_client
            from prefect.client.schemas.objects import State, StateType

            async with get_client() as client:
                said: State[None] = State(type=StateType(state), message=message)
                await client.set_flow_run_state(UUID(flow_run_id), said, force=True)

        asyncio.run(write())


@pytest.fixture
def on_prefect(prefect_api: str) -> Iterator[OnPrefect]:
    """Other tests look for the one flow run that is running: none is left."""
    made = OnPrefect()
    yield made
    for flow_run_id in made.made:
        made.set(str(flow_run_id), "COMPLETED")


def look(store: Store) -> tuple[str, ...]:
    return asyncio.run(reconcile(store, waits=False))


def test_a_flow_run_of_a_deployment_is_made_again_three_times_and_then_its_run_has_failed(
    on_prefect: OnPrefect, store: Store, run_id: str
) -> None:
    flow_run_id = on_prefect.begin(store, run_id)
    for n in range(1, MOST_RESTARTS + 1):
        held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id)
        (said,) = look(store)
        assert said.endswith(f"its process is gone; rescheduled ({n} of at most 3 times)")
        assert "SCHEDULED" == on_prefect.state(flow_run_id).type
        assert Status.INTERRUPTED is find_run(store, run_id).status
        on_prefect.set(flow_run_id, "RUNNING")
    held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id)

    (said,) = look(store)

    assert said.endswith("its process is gone for the fourth time; giving up")
    assert "CRASHED" == on_prefect.state(flow_run_id).type
    found = find_run(store, run_id)
    assert (Status.FAILED, Status.FAILED) == (found.status, found.candidates[0].status)
    assert f"`benchwright evaluate --resume {run_id}` resumes it" in str(found.reason)
    held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id)
    assert () == look(store)


def test_what_lives_and_what_has_ended_is_left_alone(on_prefect: OnPrefect, store: Store, run_id: str) -> None:
    living, completed, again = (on_prefect.begin(store, run_id) for _ in range(3))
    with another_process() as process:
        held_by(store, process, run_id, flow_run_id=living)
        for flow_run_id in (living, completed, again):
            held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id)
        on_prefect.set(completed, "COMPLETED")
        on_prefect.set(again, "SCHEDULED")

        assert () == look(store)

    assert ["RUNNING", "COMPLETED", "SCHEDULED"] == [on_prefect.state(one).type for one in (living, completed, again)]
    assert () == requested_recoveries(store)


@pytest.mark.parametrize("state", ["PENDING", "RUNNING"])
def test_a_death_that_is_told_twice_does_not_end_the_process_that_is_starting(
    on_prefect: OnPrefect, store: Store, run_id: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two wait for a share: one reads that it crashed, and says so after the other has had it made again."""
    flow_run_id = on_prefect.begin(store, run_id)
    held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id)
    assert 1 == len(look(store))
    on_prefect.set(flow_run_id, state)

    request_recovery(store, flow_run_id)

    assert ((), ()) == (look(store), look(store))
    assert state == on_prefect.state(flow_run_id).type
    assert [flow_run_id] == [record.flow_run_id for record in requested_recoveries(store)], "it may die on its way"
    with monkeypatch.context() as hours_later:
        hours_later.setattr(flow_run_starts, "AT_WORK_WITHIN_S", {StateType(state): 0.0})
        assert 1 == len(look(store))
    on_prefect.set(flow_run_id, state)
    request_recovery(store, flow_run_id)
    with another_process() as process:
        held_by(store, process, run_id, flow_run_id=flow_run_id)
        assert () == look(store)
    assert () == requested_recoveries(store), "it has begun"
    found = find_recovery(store, flow_run_id)
    assert found is not None
    assert 2 == found.n_restarts


def test_two_who_look_at_once_make_it_again_once(on_prefect: OnPrefect, store: Store, run_id: str) -> None:
    flow_run_id = on_prefect.begin(store, run_id)
    held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id)

    async def both() -> list[tuple[str, ...]]:
        return list(await asyncio.gather(*(reconcile(store, waits=False) for _ in range(4))))

    said = asyncio.run(both())

    assert 1 == sum(len(one) for one in said)
    found = find_recovery(store, flow_run_id)
    assert found is not None
    assert 1 == found.n_restarts


def test_a_command_is_not_given_again_and_its_user_is_told_how_to(
    on_prefect: OnPrefect, store: Store, run_id: str
) -> None:
    flow_run_id = on_prefect.begin(store, run_id, deployed=False)
    held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id)

    (said,) = look(store)

    assert said.endswith(f"its process is gone; `benchwright evaluate --resume {run_id}` resumes it")
    assert "CRASHED" == on_prefect.state(flow_run_id).type
    assert () == look(store)


def test_one_that_died_while_it_was_being_cancelled_is_cancelled(
    on_prefect: OnPrefect, store: Store, run_id: str
) -> None:
    flow_run_id = on_prefect.begin(store, run_id, state="CANCELLING")
    held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id)

    look(store)

    assert "CANCELLED" == on_prefect.state(flow_run_id).type
    assert Status.CANCELLED is find_run(store, run_id).status


def test_what_somebody_else_goes_on_with_is_called_crashed_and_not_made_again(
    on_prefect: OnPrefect, store: Store, run_id: str
) -> None:
    flow_run_id = on_prefect.begin(store, run_id)
    held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id)
    with another_process() as process:
        held_by(store, process, run_id, flow_run_id=str(uuid4()))
        assert () == look(store)
    assert "CRASHED" == on_prefect.state(flow_run_id).type
    assert () == requested_recoveries(store)


def test_a_share_is_made_again_where_somebody_waits_for_it_and_else_rests_until_then(
    on_prefect: OnPrefect, store: Store, run_id: str
) -> None:
    flow_run_id = on_prefect.begin(store, run_id)
    held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id, part="1/2")
    assert () == look(store)
    assert "RUNNING" == on_prefect.state(flow_run_id).type

    with another_process() as process:
        held_by(store, process, run_id, flow_run_id=str(uuid4()), part="0/2")
        assert 1 == len(look(store))
    assert "SCHEDULED" == on_prefect.state(flow_run_id).type


def test_a_worker_has_time_to_say_that_its_flow_run_crashed(
    on_prefect: OnPrefect, store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "WORKER_SPEAKS_WITHIN_S", 3600.0)
    flow_run_id = on_prefect.begin(store, run_id)
    held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id)
    assert () == look(store)
    monkeypatch.setattr(reconciling, "WORKER_LETS_GO_WITHIN_S", 3600.0)
    on_prefect.set(flow_run_id, "CRASHED")
    assert () == look(store), "it may still hold the flow run's place, and say it once more"
    assert 1 == len(asyncio.run(reconcile(store, waits=False, workers_live=False)))


def test_what_waits_for_its_worker_is_told_where_that_is_wanted(
    on_prefect: OnPrefect, store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "WORKER_LETS_GO_WITHIN_S", 3600.0)
    flow_run_id = on_prefect.begin(store, run_id)
    held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id)
    on_prefect.set(flow_run_id, "CRASHED")

    (first,), (second,) = (asyncio.run(reconcile(store, waits=False, tells_of_waiting=True)) for _ in range(2))

    assert "its process is gone; it will be handled once its worker releases it, at " in first
    assert first == second, "whoever looks again knows what was told"


def test_a_process_that_is_there_and_silent_is_not_made_again_before_it_has_ended(
    on_prefect: OnPrefect, store: Store, run_id: str
) -> None:
    """A laptop that slept: nobody beat, and everybody goes on."""
    flow_run_id = on_prefect.begin(store, run_id)
    with another_process() as process:
        holder_id = held_by(store, process, run_id, flow_run_id=flow_run_id)
        with store.write() as connection:
            an_hour_ago = now() - timedelta(hours=1)
            connection.execute(sa.update(holder).where(holder.c.id == holder_id).values(heartbeat_at=an_hour_ago))
        assert ((), ()) == (look(store), look(store))
        assert "RUNNING" == on_prefect.state(flow_run_id).type
    assert 1 == len(look(store))
    assert "SCHEDULED" == on_prefect.state(flow_run_id).type


def test_who_died_long_before_it_was_found_out_is_made_again_at_once(
    on_prefect: OnPrefect, store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "LATE_S", 10.0)
    monkeypatch.setattr(reconciling, "WORKER_SPEAKS_WITHIN_S", 30.0)
    flow_run_id = on_prefect.begin(store, run_id)
    holder_id = held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id)
    with store.write() as connection:
        an_hour_ago = now() - timedelta(hours=1)
        connection.execute(sa.update(holder).where(holder.c.id == holder_id).values(heartbeat_at=an_hour_ago))
    assert 1 == len(look(store))


def test_what_a_reconciler_called_crashed_and_could_not_make_again_waits_for_no_worker(
    on_prefect: OnPrefect, store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "WORKER_LETS_GO_WITHIN_S", 3600.0)
    flow_run_id = on_prefect.begin(store, run_id)
    held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id)

    async def refuses(*_: Any) -> None:
        raise OSError("no answer")

    with monkeypatch.context() as patched:
        patched.setattr(reconciling, "call_crashed_for", refuses)
        assert () == look(store)
    on_prefect.set(flow_run_id, "CRASHED", message=reconciling.GONE)
    assert 1 == len(look(store))


def test_who_is_cancelled_with_a_dead_flow_run_in_its_hands_makes_it_again_first(
    on_prefect: OnPrefect, store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow_run_id = on_prefect.begin(store, run_id)
    held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id)
    call_crashed_for = reconciling.call_crashed_for

    async def cancelled_half_way() -> None:
        is_half_way = asyncio.Event()

        async def call_and_say(*given: Any) -> None:
            await call_crashed_for(*given)
            is_half_way.set()
            await asyncio.sleep(0.1)

        monkeypatch.setattr(reconciling, "call_crashed_for", call_and_say)
        reconciles = asyncio.create_task(reconcile(store, waits=False))
        await is_half_way.wait()
        reconciles.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reconciles

    asyncio.run(cancelled_half_way())
    assert "SCHEDULED" == on_prefect.state(flow_run_id).type
    assert () == requested_recoveries(store)


def test_a_share_is_made_again_for_a_spreader_that_was_called_dead_and_has_come_back(
    on_prefect: OnPrefect, store: Store, run_id: str
) -> None:
    flow_run_id = on_prefect.begin(store, run_id)
    held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id, part="1/2")
    with another_process() as process:
        spreader = held_by(store, process, run_id, flow_run_id=str(uuid4()), part="0/2")
        end_holder(store, spreader)
        beat(store, spreader)
        assert 1 == len(look(store))
    assert "SCHEDULED" == on_prefect.state(flow_run_id).type


def test_after_the_database_was_away_nobody_is_made_again_before_all_had_time_to_beat(
    on_prefect: OnPrefect, store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "LATE_S", 600.0)
    flow_run_id = on_prefect.begin(store, run_id)
    held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id)
    monkeypatch.setattr(reconciling, "own_silence_s", lambda _store: 1000.0)
    assert () == look(store)
    monkeypatch.setattr(reconciling, "own_silence_s", lambda _store: 0.0)
    assert () == look(store)
    monkeypatch.setattr(reconciling, "_quiet_until", 0.0)
    assert 1 == len(look(store))


def test_where_prefect_is_away_the_dead_wait(
    on_prefect: OnPrefect, store: Store, run_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    flow_run_id = on_prefect.begin(store, run_id)
    held_by_a_dead_process(store, run_id, flow_run_id=flow_run_id)
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api", PREFECT_CLIENT_MAX_RETRIES: 0}):
        assert () == look(store)
    assert "will be handled later" in caplog.text
    assert [flow_run_id] == [record.flow_run_id for record in requested_recoveries(store)]
    assert 1 == len(look(store))
