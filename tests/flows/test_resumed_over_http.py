"""Work that is started, cancelled and resumed over HTTP, on a Prefect server with workers that die in between."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from api_client import ApiClient
from api_server import api_server
from looking_back import only_run, outcomes
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.states import Pending
from scripted_ollama import Chat, Reply, ScriptedOllama, right
from several_machines import SeveralMachines, until

from deployments.api import flow_runs
from deployments.api.app import create_app
from evaluation.records.status import Status
from evaluation.store.session import Store, keep_open

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")]
N_CASES = 240
SLOTS = 8
DELAY_S = 0.5
"""240 cases on 8 slots take 15 s at least."""
REPEATED_AFTER_KILL = 2 * SLOTS
"""What a kill costs at most: replies that came while the last commit was written, and what their slots asked next."""
Work = Callable[..., str]


def slowly(chat: Chat) -> Reply:
    return Reply(text=right(chat).text, delay_s=DELAY_S)


@pytest.fixture
def api(
    machines: SeveralMachines, urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiClient]:
    kept = keep_open(urls[1])
    yield ApiClient(create_app(kept, form_files=tmp_path_factory.getbasetemp()))
    kept.close()


@pytest.fixture
def start(api: ApiClient, ollama_by_script: ScriptedOllama, benchmark_file: Callable[..., str]) -> Work:
    """Starts an evaluation, and returns the address at which it is followed."""

    def started(answer: Callable[[Chat], Any] = slowly, n_cases: int = N_CASES, **more: Any) -> str:
        ollama_by_script.add("model", answer)
        request = {
            "benchmarks": [benchmark_file(n_cases)],
            "models": ["model"],
            "endpoints": [ollama_by_script.url],
            "slots": SLOTS,
            "gpu_tag": f"gpu-{uuid4().hex[:8]}",
        }
        response = api.post("/api/v1/evaluations", request | more, headers={"Idempotency-Key": uuid4().hex})
        assert 202 == response.status_code, response.text
        return response.headers["location"]

    return started


def state(api: ApiClient, work: str) -> str:
    return str(api.get(work).json()["flow_run"]["state_type"])


def message(api: ApiClient, work: str) -> str | None:
    said: str | None = api.get(work).json()["flow_run"]["message"]
    return said


def cancel(api: ApiClient, work: str, machines: SeveralMachines) -> None:
    assert 202 == api.post(f"{work}/cancellation").status_code
    until(lambda: state(api, work) == "CANCELLED", what=machines.story)
    assert 409 == api.post(f"{work}/cancellation").status_code


def resume(api: ApiClient, work: str) -> dict[str, Any]:
    response = api.post(f"{work}/resumption")
    assert 202 == response.status_code, response.text
    assert work == response.headers["location"]
    body: dict[str, Any] = response.json()
    assert body["id"] != body["flow_run_id"]
    assert 409 == api.post(f"{work}/resumption").status_code
    return body


def assert_completed_with_nothing_asked_twice(
    api: ApiClient,
    work: str,
    store: Store,
    server: ScriptedOllama,
    machines: SeveralMachines,
    *,
    n_before: int,
    n_repeated: int = SLOTS,
) -> None:
    until(lambda: state(api, work) in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"), what=machines.story)
    assert "COMPLETED" == state(api, work), machines.story()
    status = api.get(work).json()
    assert (N_CASES, N_CASES, 0) == tuple(status[name] for name in ("n_planned", "n_done", "n_failed"))
    invocation_id = UUID(status["flow_run"]["id"]).hex
    assert Status.COMPLETED is only_run(store, invocation_id).status
    assert N_CASES == len(outcomes(store, invocation_id))
    asked = server.asked("model").values()
    assert {1, 2} >= set(asked)
    assert sum(asked) <= N_CASES + n_repeated  # what was in flight or failed, once more, and nothing that was stored
    assert n_before < N_CASES
    events = api.get(f"{work}/events").text
    assert "event: end" in events
    assert '"COMPLETED"' in events


def test_a_cancelled_run_is_resumed_at_once_by_the_worker_that_had_it(
    machines: SeveralMachines, api: ApiClient, start: Work, results_store: Store, ollama_by_script: ScriptedOllama
) -> None:
    worker = machines.worker(limit=1)
    try:
        work = start()
        until(lambda: api.get(work).json()["n_done"] > N_CASES // 10, what=machines.story)
        cancel(api, work, machines)
        n_before = api.get(work).json()["n_done"]
        resume(api, work)
        assert_completed_with_nothing_asked_twice(
            api, work, results_store, ollama_by_script, machines, n_before=n_before
        )
        assert worker.lives(), worker.log.read_text()
    finally:
        worker.kill()


def test_a_run_that_is_cancelled_while_its_process_starts_is_resumed(
    machines: SeveralMachines, api: ApiClient, start: Work, results_store: Store, ollama_by_script: ScriptedOllama
) -> None:
    worker = machines.worker(limit=1)
    try:
        work = start()
        until(lambda: state(api, work) == "PENDING", what=machines.story)
        cancel(api, work, machines)
        assert 0 == api.get(work).json()["n_done"]
        resume(api, work)
        assert_completed_with_nothing_asked_twice(api, work, results_store, ollama_by_script, machines, n_before=0)
        assert worker.lives(), worker.log.read_text()
    finally:
        worker.kill()


def test_what_no_worker_has_taken_up_ends_at_once(machines: SeveralMachines, api: ApiClient, start: Work) -> None:
    work = start()
    assert 202 == api.post(f"{work}/cancellation").status_code
    assert "CANCELLED" == state(api, work)


def test_what_a_worker_takes_up_meanwhile_is_ended_by_the_worker(
    machines: SeveralMachines, api: ApiClient, start: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = start()
    read = flow_runs._read

    def read_and_taken_up(client: SyncPrefectClient, flow_run_id: str) -> FlowRun:
        flow_run = read(client, flow_run_id)
        client.set_flow_run_state(flow_run.id, Pending())
        return flow_run

    with monkeypatch.context() as patched:
        patched.setattr(flow_runs, "_read", read_and_taken_up)
        assert 202 == api.post(f"{work}/cancellation").status_code
    assert "CANCELLING" == state(api, work)


def test_a_cancelled_run_whose_worker_was_killed_is_resumed_by_another(
    machines: SeveralMachines, api: ApiClient, start: Work, results_store: Store, ollama_by_script: ScriptedOllama
) -> None:
    worker = machines.worker(limit=1)
    try:
        work = start()
        until(lambda: api.get(work).json()["n_done"] > N_CASES // 10, what=machines.story)
        cancel(api, work, machines)
        n_before = api.get(work).json()["n_done"]
        worker.kill()
        resume(api, work)
        worker = machines.worker(limit=1)
        assert_completed_with_nothing_asked_twice(
            api,
            work,
            results_store,
            ollama_by_script,
            machines,
            n_before=n_before,
            n_repeated=REPEATED_AFTER_KILL,
        )
    finally:
        worker.kill()


def test_a_run_that_died_with_its_worker_is_cancelled_though_nobody_is_left_and_resumed(
    machines: SeveralMachines, api: ApiClient, start: Work, results_store: Store, ollama_by_script: ScriptedOllama
) -> None:
    worker = machines.worker(limit=1)
    try:
        work = start()
        until(lambda: api.get(work).json()["n_done"] > N_CASES // 10, what=machines.story)
        worker.kill()
        cancel(api, work, machines)
        n_before = api.get(work).json()["n_done"]
        resume(api, work)
        worker = machines.worker(limit=1)
        assert_completed_with_nothing_asked_twice(
            api,
            work,
            results_store,
            ollama_by_script,
            machines,
            n_before=n_before,
            n_repeated=REPEATED_AFTER_KILL,
        )
    finally:
        worker.kill()


def test_a_run_that_died_with_its_worker_is_taken_up_by_the_interface_alone(
    machines: SeveralMachines,
    api: ApiClient,
    start: Work,
    results_store: Store,
    ollama_by_script: ScriptedOllama,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker = machines.worker(limit=1)
    monkeypatch.setenv("PREFECT_API_URL", machines.api)
    try:
        work = start()
        until(lambda: api.get(work).json()["n_done"] > N_CASES // 10, what=machines.story)
        worker.kill()
        until(lambda: "its process is gone" in str(message(api, work)), what=machines.story)
        assert "RUNNING" == state(api, work)
        n_before = api.get(work).json()["n_done"]
        with api_server(results_store.url, tmp_path, "--take-up") as server:
            until(lambda: state(api, work) == "SCHEDULED", what=server.log.read_text)
            until(lambda: "no worker of the work pool" in str(message(api, work)), what=machines.story)
            worker = machines.worker(limit=1)
            assert_completed_with_nothing_asked_twice(
                api,
                work,
                results_store,
                ollama_by_script,
                machines,
                n_before=n_before,
                n_repeated=REPEATED_AFTER_KILL,
            )
    finally:
        worker.kill()


def test_a_run_that_failed_is_resumed(
    machines: SeveralMachines, api: ApiClient, start: Work, results_store: Store, ollama_by_script: ScriptedOllama
) -> None:
    broken = threading.Event()
    broken.set()

    def half(chat: Chat) -> Reply:
        is_late = int(right(chat).text) >= N_CASES // 2
        return Reply(status=400, error="no") if is_late and broken.is_set() else right(chat)

    worker = machines.worker(limit=1)
    try:
        work = start(half)
        until(lambda: state(api, work) == "FAILED", what=machines.story)
        n_before = api.get(work).json()["n_done"]
        broken.clear()
        resume(api, work)
        assert_completed_with_nothing_asked_twice(
            api, work, results_store, ollama_by_script, machines, n_before=n_before, n_repeated=N_CASES // 2
        )
    finally:
        worker.kill()
