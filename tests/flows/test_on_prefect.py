"""What a Prefect server shows of a run: its task runs by name, none missing, its artifacts, and its end."""

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
from patient_client import patient_client
from scripted_ollama import Reply, ScriptedOllama

from deployments.prefect_delivery import settle
from evaluation.records.status import Status
from evaluation.store.plans import run_flows
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store
from tasks import artifacts
from tasks.artifacts import artifact_key
from tasks.prefect_outage import retry_while_prefect_is_away

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]


def test_the_flow_run_its_task_runs_and_its_artifacts_are_all_there(
    evaluate: Evaluate,
    store: Store,
    prefect_api: str,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BENCHWRIGHT_PAGES_URL", "http://127.0.0.1:4210")
    ollama_by_script.add("good")
    ollama_by_script.add("bad", lambda _: Reply(text="no"))

    evaluate(benchmark_file(5), models=["good", "bad"], slots=2, invocation_id="one")

    (run,) = runs_of_invocation(store, "one")
    (flow_run_id,) = run_flows(store, run.plan.run_id)
    settle(prefect_api, flow_run_id, timeout_s=300)
    with patient_client(prefect_api) as client:
        flow_run = client.get(f"flow_runs/{flow_run_id}").json()
        of_run = {"flow_runs": {"id": {"any_": [flow_run_id]}}}
        task_runs = client.post("task_runs/filter", json=of_run).json()
        artifacts = client.post("artifacts/filter", json=of_run).json()
    assert ("COMPLETED", "evaluate 2 candidates on numbers.jsonl") == (flow_run["state_type"], flow_run["name"])
    assert {"COMPLETED"} == {found["state_type"] for found in task_runs}
    address = ollama_by_script.url.removeprefix("http://")
    wanted = {"plan the work", "publish results", "aggregate numbers", "load numbers.jsonl"}
    for model in ("good", "bad"):
        wanted |= {f"{verb} {model} on {address}" for verb in ("load", "release")} | {f"score {model} · numbers"}
    names = {found["name"] for found in task_runs}
    assert wanted <= names
    shards = {name for name in names if name.startswith("generate ")}
    assert wanted | shards == names
    assert {"good", "bad"} == {name.split()[1] for name in shards}
    assert all(" · numbers " in name for name in shards)
    assert 2 <= len(shards) <= 10
    assert {"progress", "table", "markdown"} == {found["type"] for found in artifacts}
    data = {found["key"]: found["data"] for found in artifacts}
    assert 100.0 == data["progress"]
    assert f"(http://127.0.0.1:4210/runs/{run.plan.run_id})" in data["evaluation"]
    assert f"(http://127.0.0.1:4210/runs/{run.plan.run_id}/report?format=html)" in data["report"]


def test_what_cannot_be_shown_in_prefect_fails_no_run(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def away(**_: Any) -> None:
        raise httpx.ConnectError("All connection attempts failed")

    monkeypatch.setattr(artifacts, "acreate_table_artifact", away)
    monkeypatch.setattr(artifacts, "retry_while_prefect_is_away", partial(retry_while_prefect_is_away, patience_s=0.0))
    ollama_by_script.add("model")

    state = evaluate(benchmark_file(2), models=["model"], invocation_id="one")

    assert state.is_completed(), state.message
    assert Status.COMPLETED is runs_of_invocation(store, "one")[0].status


def test_a_failed_run_is_failed_in_prefect_too_and_names_itself(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("broken", lambda _: Reply(status=400, error='option "x" must be of type int'))

    state = evaluate(benchmark_file(3), models=["broken"], invocation_id="one")

    (run,) = runs_of_invocation(store, "one")
    assert state.is_failed()
    assert run.plan.run_id in (state.message or "")


def test_a_run_of_many_generations_has_a_few_hundred_task_runs_at_most(
    evaluate: Evaluate,
    store: Store,
    prefect_api: str,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
) -> None:
    ollama_by_script.add("good")

    evaluate(benchmark_file(400), models=["good"], slots=16, invocation_id="one")

    assert {1} == set(ollama_by_script.asked("good").values())
    assert 400 == len(ollama_by_script.asked("good"))
    (run,) = runs_of_invocation(store, "one")
    (flow_run_id,) = run_flows(store, run.plan.run_id)
    settle(prefect_api, flow_run_id, timeout_s=300)
    with patient_client(prefect_api) as client:
        of_run = {"flow_runs": {"id": {"any_": [flow_run_id]}}}
        assert client.post("task_runs/count", json=of_run).json() <= 210


def test_keys_of_artifacts_hold_nothing_but_small_letters_digits_and_dashes() -> None:
    assert "results-gsm8k-test-set-v2" == artifact_key("results", "GSM8K: Test_Set (v2)")
    assert "results-f" == artifact_key("results", "é/f")
