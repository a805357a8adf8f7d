"""The flow that compares, on a real Prefect server: what it stores, what it publishes, and how it ends."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from compared_runs import candidate, cases_of, right_on, store_run
from patient_client import patient_client
from scripted_ollama import Chat, Reply, ScriptedOllama
from stored_rows import list_comparisons

from deployments.prefect_delivery import settle
from evaluation.errors import IncomparableError
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store

Benchmarks = Callable[..., str]
Compare = Callable[..., Any]


@pytest.fixture
def compare(prefect_api: str, store_url: str, monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Runs the flow with that request and returns its final state."""
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store_url)
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.01")

    def run(invocation_id: str | None = None, **request: Any) -> Any:
        from flows.compare import compare as flow

        running: Any = flow(ComparisonRequest(**request), invocation_id, return_state=True)
        return asyncio.run(running)

    return run


def half(chat: Chat) -> Reply:
    """Right on even numbers."""
    number = int(chat.prompt.removeprefix("What is ").removesuffix("?"))
    return Reply(text=str(number) if number % 2 == 0 else "no idea")


def test_stored_runs_are_compared_and_the_page_stands_in_prefect(
    compare: Compare, store: Store, prefect_api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHWRIGHT_PAGES_URL", "http://127.0.0.1:4210")
    cases = cases_of(20)
    store_run(store, candidate("good:1b", right_on(cases, range(20))), cases=cases, run_id="one")
    store_run(store, candidate("poor:1b", right_on(cases, range(5))), cases=cases, run_id="two")

    state = compare(runs=["one", "last"])

    (stored,) = list_comparisons(store)
    assert {"comparisons": [stored.comparison_id]} == asyncio.run(state.aresult())
    flow_run_id = str(state.state_details.flow_run_id)
    settle(prefect_api, flow_run_id, timeout_s=300)
    with patient_client(prefect_api) as client:
        of_run = {"flow_runs": {"id": {"any_": [flow_run_id]}}}
        found = {one["key"]: one["data"] for one in client.post("artifacts/filter", json=of_run).json()}
        flow_run = client.get(f"flow_runs/{flow_run_id}").json()
    assert "compare one with last" == flow_run["name"]
    assert {"comparison", "comparison-numbers", "report"} == found.keys()
    assert f"[PDF report](http://127.0.0.1:4210/comparisons/{stored.comparison_id}/" in found["comparison"]
    assert found["comparison"].startswith("# Comparison\n\n## numbers\n\n> good:1b is better than poor:1b by 75.0 ")


def test_an_evaluation_and_its_comparison_are_one_flow_run(
    compare: Compare, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("half", half)
    evaluation = EvaluationRequest(
        benchmarks=[benchmark_file(12), benchmark_file(10, name="fewer")],
        models=["good", "half"],
        endpoints=[ollama_by_script.url],
        slots=4,
    )

    state = compare("both", evaluation=evaluation)

    assert state.is_completed()
    runs = runs_of_invocation(store, "both")
    found = {one.benchmark_name: one for one in list_comparisons(store)}
    assert {"numbers", "fewer"} == found.keys()
    assert {run.plan.benchmark_name: (run.plan.run_id,) for run in runs} == {
        name: one.run_ids for name, one in found.items()
    }
    pair = found["numbers"].result.pairs[0]
    assert ("good", "half", "A better", 12) == (pair.a, pair.b, pair.verdict, pair.n_pairs)


def test_what_cannot_be_compared_is_refused_before_anything_is_asked(
    compare: Compare, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    cases = cases_of(20)
    store_run(store, candidate("good:1b", right_on(cases, range(20))), cases=cases, run_id="one")
    ollama_by_script.add("good")
    evaluation = EvaluationRequest(
        benchmarks=[benchmark_file(12)], models=["good"], endpoints=[ollama_by_script.url], slots=4
    )

    state = compare("never", runs=["one"], evaluation=evaluation)

    assert state.is_failed()
    assert isinstance(asyncio.run(state.aresult(raise_on_failure=False)), IncomparableError)
    assert not ollama_by_script.asked("good")
    assert () == runs_of_invocation(store, "never")


def test_a_candidate_that_was_given_up_does_not_keep_the_others_from_being_compared(
    compare: Compare, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("half", half)
    ollama_by_script.add("broken", lambda _: Reply(status=400, error='option "x" must be of type int'))
    evaluation = EvaluationRequest(
        benchmarks=[benchmark_file(12)], models=["good", "half", "broken"], endpoints=[ollama_by_script.url], slots=4
    )

    state = compare("with-a-failure", evaluation=evaluation)

    assert state.is_failed()
    assert "the other candidates were compared" in (state.message or "")
    (stored,) = list_comparisons(store)
    assert ["good", "half"] == [side.label for side in stored.result.sides]
