"""The topology of compose.yaml as processes: PostgreSQL, a Prefect server, workers of one pool, one GPU tag.

A run is spread over the workers, and one of them is killed on the way, with all that stands under it. Nobody lifts a
hand: every case is stored once, the GPU's limit is never exceeded, the run is completed.
"""

import os
import signal
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from looking_back import only_run, outcomes
from scripted_ollama import Chat, Reply, ScriptedOllama, right
from several_machines import SeveralMachines, Worker, until

from evaluation.records.status import Status
from evaluation.store.holders import holders_of
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store
from evaluation.store.summaries import progress

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")]
Benchmarks = Callable[..., str]
N_CASES = 400
SLOTS = 8
ENDED = ("COMPLETED", "FAILED", "CANCELLED")
DELAY_S = 0.5
"""400 cases on 8 slots take 25 s at least."""


def slowly(chat: Chat) -> Reply:
    return Reply(text=right(chat).text, delay_s=DELAY_S)


def n_done(store: Store, invocation_id: str) -> int:
    return sum(found.n_done for found in progress(store, invocation_id))


def who_works(store: Store, invocation_id: str) -> dict[str, int]:
    """Processes by the part of the run that they hold."""
    return {
        str(held.part): held.pid
        for run in runs_of_invocation(store, invocation_id)
        for held in holders_of(store, run.plan.run_id)
        if held.ended_at is None
    }


def assert_every_case_is_stored_once(store: Store, invocation_id: str) -> None:
    found = outcomes(store, invocation_id)
    assert N_CASES == len(found)
    assert {f"c{number}" for number in range(N_CASES)} == {one.row.case_id for one in found}
    run = only_run(store, invocation_id)
    assert (Status.COMPLETED, Status.COMPLETED) == (run.status, run.candidates[0].status)


def evaluate(machines: SeveralMachines, server: ScriptedOllama, file: str, **more: Any) -> tuple[UUID, str]:
    server.add("model", slowly)
    given = {"benchmarks": [file], "models": ["model"], "endpoints": [server.url], "slots": SLOTS, "spread": 3} | more
    flow_run_id = machines.evaluate(**given, gpu_tag=f"gpu-{uuid4().hex[:8]}")
    return flow_run_id, flow_run_id.hex


@pytest.mark.parametrize("dies", ["a worker of shares", "the worker of the run"])
def test_a_run_over_two_workers_of_which_one_is_killed_is_completed_by_the_other(
    machines: SeveralMachines,
    results_store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    dies: str,
) -> None:
    first = machines.worker(limit=2)
    flow_run_id, invocation_id = evaluate(machines, ollama_by_script, benchmark_file(N_CASES))
    # Once it is planned, the first worker has room for one share, the second for two.
    until(lambda: "0/3" in who_works(results_store, invocation_id))
    second = machines.worker(limit=2)
    # The second worker's shares are the last ones to begin; the first one's share may end before them.
    doomed, survivor, n_begun = (second, first, 3) if dies == "a worker of shares" else (first, second, 1)
    try:
        until(lambda: _asks(results_store, invocation_id, doomed, n_begun=n_begun), what=machines.story)
        doomed.kill()
        assert n_done(results_store, invocation_id) < N_CASES
        until(lambda: machines.state_of(flow_run_id) in ENDED, what=machines.story)
    finally:
        survivor.kill()

    assert "COMPLETED" == machines.state_of(flow_run_id), machines.story()
    assert_every_case_is_stored_once(results_store, invocation_id)
    assert SLOTS >= ollama_by_script.max_active
    assert {1, 2} >= set(ollama_by_script.asked("model").values())  # what was in flight in the dead one, once more


def test_a_worker_outlives_one_of_its_flow_runs_which_is_made_again_by_it(
    machines: SeveralMachines, results_store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    """Memory runs out, say. A flow run that comes back too soon ends the whole worker."""
    worker = machines.worker(limit=4)
    flow_run_id, invocation_id = evaluate(machines, ollama_by_script, benchmark_file(N_CASES))
    try:
        until(lambda: _asks(results_store, invocation_id, worker), what=machines.story)
        share, doomed = max(who_works(results_store, invocation_id).items())
        assert not share.startswith("0/")
        os.kill(doomed, signal.SIGKILL)
        until(lambda: machines.state_of(flow_run_id) in ENDED or not worker.lives(), what=machines.story)
        assert worker.lives(), f"{machines.story()}\n{worker.log.read_text()[-4000:]}"
    finally:
        worker.kill()

    assert "COMPLETED" == machines.state_of(flow_run_id), machines.story()
    assert_every_case_is_stored_once(results_store, invocation_id)
    assert [1, 1, 2] == sorted(one.run_count for one in machines.flow_runs(invocation_id).values())


def test_a_flow_run_goes_on_when_its_worker_alone_is_killed(
    machines: SeveralMachines, results_store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    worker = machines.worker(limit=1)
    flow_run_id, invocation_id = evaluate(machines, ollama_by_script, benchmark_file(N_CASES), spread=1)
    try:
        until(lambda: n_done(results_store, invocation_id) >= N_CASES // 10, what=machines.story)
        worker.kill_alone()
        assert n_done(results_store, invocation_id) < N_CASES
        until(lambda: machines.state_of(flow_run_id) in ENDED, what=machines.story)
    finally:
        worker.kill()

    assert "COMPLETED" == machines.state_of(flow_run_id), machines.story()
    assert_every_case_is_stored_once(results_store, invocation_id)
    assert {1} == set(ollama_by_script.asked("model").values())


def _asks(store: Store, invocation_id: str, worker: Worker, *, n_begun: int = 1) -> bool:
    """True where a flow run of that worker asks a share, a part of all cases is done, and so many shares have begun.

    A flow run that is killed before it has taken hold of its share is found out minutes later.
    """
    shares = {pid for part, pid in who_works(store, invocation_id).items() if not part.startswith("0/")}
    held = [
        held.part for run in runs_of_invocation(store, invocation_id) for held in holders_of(store, run.plan.run_id)
    ]
    begun = {part for part in held if part and not part.startswith("0/")}
    is_far = n_done(store, invocation_id) >= N_CASES // 10 and len(begun) >= n_begun
    return is_far and bool(shares & set(worker.processes()))


def test_a_run_that_is_cancelled_ends_its_shares_too(
    machines: SeveralMachines, results_store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.objects import State, StateType

    worker = machines.worker(limit=4)
    flow_run_id, invocation_id = evaluate(machines, ollama_by_script, benchmark_file(N_CASES))
    try:
        until(lambda: n_done(results_store, invocation_id) > 0, what=machines.story)
        with get_client(sync_client=True) as client:
            cancelling: State[None] = State(type=StateType.CANCELLING)
            client.set_flow_run_state(flow_run_id, cancelling)
        until(lambda: machines.state_of(flow_run_id) == "CANCELLED", what=machines.story)
        shares = machines.flow_runs(invocation_id).values()
        until(lambda: all(machines.state_of(one.id) == "CANCELLED" for one in shares), what=machines.story)
    finally:
        worker.kill()

    assert Status.CANCELLED is only_run(results_store, invocation_id).status
    assert n_done(results_store, invocation_id) < N_CASES
