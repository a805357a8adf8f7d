"""Whose flow runs are shown, cancelled and resumed?"""

from typing import Any
from uuid import UUID

import httpx
import pytest
from prefect_by_script import FOREIGN, OURS, RENAMED, PrefectByScript, evaluation_of
from scripted_ollama import scripted_ollama

from deployments.api import flow_runs
from deployments.api.problems import ProblemError
from deployments.forms import Choices
from evaluation.records.candidates import EndpointRecord
from evaluation.store.registry import save_endpoint
from evaluation.store.session import Store


@pytest.mark.parametrize("entrypoint", [OURS, RENAMED])
def test_a_flow_run_of_our_deployments_is_cancelled(
    prefect: PrefectByScript, served_store: Store, monkeypatch: pytest.MonkeyPatch, entrypoint: str
) -> None:
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", served_store.url)
    run = prefect.add(entrypoint)

    assert run == flow_runs.find(run).id
    flow_runs.cancel(run)

    assert [UUID(run)] == prefect.changed


@pytest.mark.parametrize("act", [flow_runs.find, flow_runs.cancel, flow_runs.resume])
@pytest.mark.parametrize("state", ["RUNNING", "FAILED"])
@pytest.mark.parametrize(
    ("entrypoint", "flow"), [(FOREIGN, "evaluate"), (None, "delete-all"), ("", "evaluate"), (OURS + "d", "evaluate")]
)
def test_a_flow_run_of_others_is_not_there(
    prefect: PrefectByScript, act: Any, state: str, entrypoint: str | None, flow: str
) -> None:
    run = prefect.add(entrypoint, flow=flow, state=state)

    with pytest.raises(ProblemError) as refused:
        act(run)

    assert 404 == refused.value.status
    assert [] == prefect.changed


def test_a_flow_run_of_a_command_is_followed_and_ended_there(prefect: PrefectByScript) -> None:
    run = prefect.add(None, flow="write-benchmark")

    assert run == flow_runs.find(run).id
    with pytest.raises(ProblemError, match="started by a command") as refused:
        flow_runs.cancel(run)
    assert 409 == refused.value.status
    assert [] == prefect.changed


def test_a_name_that_is_stored_since_the_deployment_is_taken(
    prefect: PrefectByScript, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_runs, "_current_choices", lambda: Choices(benchmarks=("classification", "mine")))

    assert "Scheduled" == flow_runs.start("evaluate", evaluation_of("mine")).state
    assert "Scheduled" == flow_runs.start("evaluate", evaluation_of("classification")).state
    assert 1 == prefect.n_refreshed


def test_a_model_without_a_tag_is_the_one_that_servers_list_with_its_usual_tag(
    prefect: PrefectByScript, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = Choices(benchmarks=("classification",), models=("tiny:latest", "m:1b"))
    monkeypatch.setattr(flow_runs, "_current_choices", lambda: listed)

    started = flow_runs.start("evaluate", evaluation_of("classification", model="tiny"))

    assert ["tiny:latest"] == prefect.runs[UUID(started.id)].parameters["request"]["models"]
    with pytest.raises(ProblemError, match="'tiny:2b' is not one of"):
        flow_runs.start("evaluate", evaluation_of("classification", model="tiny:2b"))


def test_a_name_that_nothing_has_is_refused_with_those_there_are(
    prefect: PrefectByScript, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_runs, "_current_choices", lambda: Choices(benchmarks=("classification",)))

    with pytest.raises(ProblemError, match="'mine' is not one of") as refused:
        flow_runs.start("evaluate", evaluation_of("mine"))
    assert 422 == refused.value.status
    assert "benchmarks add FILE" in str(refused.value.next_step)


def test_choices_are_those_of_the_store_and_the_servers(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store.url)
    monkeypatch.setattr(flow_runs, "with_blocks_of_server", lambda choices: choices)
    with scripted_ollama() as server:
        server.add("new:1b")
        save_endpoint(store, EndpointRecord(name="here", url=server.url, provider="ollama"))
        choices = flow_runs._current_choices()

    assert {"classification"} < set(choices.benchmarks)
    assert "new:1b" in choices.models
    assert "here" in choices.endpoints


def test_every_start_has_a_key_so_that_prefect_takes_it_once(prefect: PrefectByScript) -> None:
    prefect.offered.append("arithmetic")
    for _ in range(2):
        flow_runs.start("evaluate", {"request": {"benchmarks": ["arithmetic"], "models": ["m:1b"]}})

    assert 2 == len(set(prefect.idempotency_keys) - {None})


def test_a_prefect_server_that_takes_too_long_is_busy_not_away() -> None:
    with pytest.raises(ProblemError, match="takes too long") as caught, flow_runs.errors_as_problems():
        raise httpx.ReadTimeout("")

    assert (503, "15") == (caught.value.status, caught.value.headers["Retry-After"])
