"""Levels by form: flow runs of the deployment, each in a flow engine of its own as a worker's process has one."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from ending_early import HangsAtFive, cancel_in_prefect
from numbers_benchmark import write_numbers
from patient_client import patient_client
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from deployments.definitions import chosen, runner_deployment
from evaluation.results.as_json import as_json
from evaluation.results.runs import RunResult
from evaluation.run_results.run_result import run_result
from evaluation.store.session import Store
from evaluation.store.summaries import list_runs

Form = Callable[..., Any]
BOTH = pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def by_form(
    prefect_api: str, store_url: str, ollama_by_script: ScriptedOllama, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Form:
    """Submits the form of `evaluate` with these values, has its flow run worked on, and returns the final state."""
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store_url)
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.01")
    monkeypatch.setenv("BENCHWRIGHT_FORM_FILES", str(tmp_path / "forms"))
    (tmp_path / "forms").mkdir()
    write_numbers(tmp_path / "forms" / "sixty.jsonl", 60)
    http = patient_client(prefect_api)
    (definition,) = chosen(("evaluate",))
    deployment_id = runner_deployment(definition).apply()

    def submit(**values: Any) -> Any:
        given = {"benchmarks": ["sixty.jsonl"], "models": ["m"], "endpoints": [ollama_by_script.url], "slots": 4}
        body = {"parameters": {"request": given | values}}
        made = http.post(f"deployments/{deployment_id}/create_flow_run", json=body).raise_for_status()
        return asyncio.run(_worked_on(made.json()["id"]))

    return submit


async def _worked_on(flow_run_id: str) -> Any:
    """Do what a process does that a worker starts for the flow run."""
    from prefect.client.orchestration import get_client
    from prefect.flow_engine import run_flow_async

    from flows.evaluate import evaluate

    async with get_client() as client:
        flow_run = await client.read_flow_run(UUID(flow_run_id))
    return await run_flow_async(flow=evaluate, flow_run=flow_run, parameters=flow_run.parameters, return_type="state")


def half_right(chat: Chat) -> Reply:
    number = int(chat.prompt.removeprefix("What is ").removesuffix("?"))
    return right(chat) if number % 2 else Reply(text="no")


def all_runs(store: Store) -> list[RunResult]:
    return [run_result(store, found.run_id) for found in list_runs(store)]


def only_run(store: Store) -> RunResult:
    (run,) = all_runs(store)
    return run


def quality(run: RunResult) -> Any:
    (candidate,) = run.candidates
    return as_json(candidate.metrics["exact_match"])


@BOTH
def test_levels_by_form_extend_one_run_and_ask_every_case_once(
    by_form: Form, store: Store, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("m", half_right)

    n_cases = []
    for level in ("smoke", "quick", "quick", "full", "smoke"):
        state = by_form(level=level)
        assert state.is_completed(), state.message
        n_cases.append(only_run(store).n_cases)
    asked = ollama_by_script.asked("m")
    assert by_form().is_completed()

    assert [5, 50, 50, 60, 60] == n_cases
    assert {f"What is {number}?": 1 for number in range(60)} == asked
    one, other = all_runs(store)
    assert quality(one) == quality(other)


@BOTH
def test_a_level_by_form_that_was_cancelled_is_finished_by_the_next_one(
    by_form: Form, store: Store, prefect_api: str, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("m", half_right, digest="d" * 64)
    by_form(level="smoke")
    script = HangsAtFive(cancel_in_prefect, prefect_api, all_wait=True)
    ollama_by_script.add("m", script, digest="d" * 64)
    cancelled = by_form(level="full")
    script.may_go_on.set()
    assert not script.troubles
    first = ollama_by_script.asked("m")
    ollama_by_script.add("m", half_right, digest="d" * 64)
    ollama_by_script.chats.clear()

    state = by_form(level="full")

    assert cancelled.is_cancelled(), cancelled.message
    assert state.is_completed(), state.message
    assert 60 == only_run(store).candidates[0].n_ok
    assert {1} == set(ollama_by_script.asked("m").values())
    assert 60 == len(first | ollama_by_script.asked("m"))
    assert 4 >= len(first & ollama_by_script.asked("m"))  # what was in flight, on four slots


@BOTH
def test_a_level_of_a_form_with_another_seed_begins_a_run_of_its_own(
    by_form: Form, store: Store, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("m")
    by_form(level="smoke")

    by_form(level="smoke", seed=1)

    assert [5, 5] == [run.n_cases for run in all_runs(store)]
    assert 10 == sum(ollama_by_script.asked("m").values())
