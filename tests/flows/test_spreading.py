"""A run whose cases are asked by several flow runs: what they leave undone, and what they find out, is not lost."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from looking_back import only_run, outcomes
from scripted_ollama import Chat, Reply, ScriptedOllama, right
from worker_in_thread import stretch_deployed, worker_in_thread

from evaluation.records.status import Status
from evaluation.store.session import Store
from tasks.generation import asking
from tasks.spreading import other_shares, share_flow_runs

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(share_flow_runs, "LOOK_EVERY_S", 0.2)
    monkeypatch.setattr(other_shares, "LOOK_EVERY_S", 0.2)
    monkeypatch.setattr(other_shares, "STALLED_AFTER_S", 1.0)


def test_every_case_is_asked_once_by_the_flow_run_of_its_share(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, prefect_api: str
) -> None:
    ollama_by_script.add("model")
    with worker_in_thread(prefect_api) as ran:
        state = evaluate(benchmark_file(12), models=["model"], spread=3, invocation_id="one")

    assert state.is_completed(), state.message
    assert {"share 1 of 3", "share 2 of 3", "share 3 of 3"} == set(ran)
    assert {f"What is {n}?": 1 for n in range(12)} == dict(ollama_by_script.asked("model"))
    run = only_run(store)
    assert (Status.COMPLETED, Status.COMPLETED) == (run.status, run.candidates[0].status)
    assert 1 == len(ollama_by_script.loads), "a share leaves the model to those that come after it"
    assert {"models": []} == ollama_by_script.answer("/api/ps", {})


def test_where_no_worker_comes_the_evaluation_asks_all_itself(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(share_flow_runs, "TAKEN_WITHIN_S", 0.0)
    ollama_by_script.add("model")
    with stretch_deployed():
        state = evaluate(benchmark_file(8), models=["model"], spread=2, invocation_id="one")

    assert state.is_completed(), state.message
    assert 8 == len(outcomes(store))
    assert "no worker has taken 2 shares" in caplog.text


def test_without_the_deployment_it_fails_and_says_how_to_bring_it(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("model")
    state = evaluate(benchmark_file(2), models=["model"], spread=2, invocation_id="one")
    assert state.is_failed()
    assert "no deployment 'stretch/stretch'" in str(only_run(store).reason)


def test_a_candidate_that_a_share_gives_up_is_given_up_for_all_and_asked_no_more(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    prefect_api: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Failures of the server's count over all shares: 8 of 12 are allowed, and none of the shares has more than 6.

    A share that begins later knows them before it asks, whenever its first look at the others comes.
    """

    async def never(_bench: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("flows.run_share.until_the_run_is_over", never)
    monkeypatch.setattr(asking, "RetrySchedule", partial(asking.RetrySchedule, max_attempts=2))
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.1")

    def fails(_chat: Chat) -> Reply:
        return Reply(status=500, error="llama runner process has terminated: exit status 2")

    ollama_by_script.add("good")
    ollama_by_script.add("broken", fails)
    with worker_in_thread(prefect_api):
        state = evaluate(
            benchmark_file(12), models=["good", "broken"], spread=2, max_failures=8, slots=1, invocation_id="one"
        )

    assert state.is_failed()
    good, broken = only_run(store).candidates
    assert (Status.COMPLETED, Status.FAILED) == (good.status, broken.status)
    assert "the server failed on 9 generations, more than the 8 allowed" in str(broken.given_up_reason)
    assert 12 == sum(ollama_by_script.asked("good").values())
    assert 9 == len(outcomes(store, candidate=1))


def test_a_share_of_an_invocation_that_is_not_in_its_database_says_where_it_looked(
    prefect_api: str, store: Store, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evaluation.requests.run_share import Share
    from flows.run_share import stretch

    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store_url)
    running: Any = stretch(Share(number=1, of=2), "unknown", return_state=True)
    state = asyncio.run(running)
    assert state.is_failed()
    assert "holds no invocation 'unknown'. Workers must use the same results database" in state.message


def test_where_the_database_is_lost_nobody_asks_on_and_no_flow_run_is_completed(
    evaluate: Evaluate,
    sqlite_url: str,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    prefect_api: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tasks.database_guard.LOOK_EVERY_S", 0.05)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    may_go_on = threading.Event()

    def deletes(chat: Chat) -> Reply:
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
        may_go_on.wait(600)
        return right(chat)

    ollama_by_script.add("model", deletes)
    with worker_in_thread(prefect_api):
        state = evaluate(benchmark_file(40), models=["model"], slots=1, spread=2, invocation_id="lost")
        may_go_on.set()

    assert state.is_failed()
    assert "was deleted or replaced while it was in use" in state.message
    assert 1 == len(ollama_by_script.chats)
    assert not path.exists()
    assert "COMPLETED" not in _states_of_shares(prefect_api, "lost")


def _states_of_shares(api: str, invocation_id: str) -> list[str]:
    """The states of the flow runs over which an evaluation was spread; there is at least one."""
    from prefect.client.orchestration import SyncPrefectClient, get_client
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.settings import PREFECT_API_URL, temporary_settings

    tagged = FlowRunFilter.model_validate({"tags": {"all_": [share_flow_runs.tag_of(invocation_id)]}})
    with temporary_settings({PREFECT_API_URL: api}), get_client(sync_client=True) as client:
        assert isinstance(client, SyncPrefectClient)
        states = [found.state.type.name for found in client.read_flow_runs(flow_run_filter=tagged) if found.state]
    assert states
    return states
