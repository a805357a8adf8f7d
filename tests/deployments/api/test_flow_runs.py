"""Whose flow runs are shown, cancelled and resumed?"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.exceptions import PrefectHTTPStatusError
from scripted_ollama import scripted_ollama

from deployments.api import flow_runs
from deployments.api.problems import ProblemError
from deployments.forms import Choices
from evaluation.records.candidates import EndpointRecord
from evaluation.store.registry import save_endpoint
from evaluation.store.session import Store

OURS, RENAMED, FOREIGN = "flows.evaluate:evaluate", "flows.evaluate.evaluate", "their.flows:delete_all"

NOW = datetime.now(UTC)


@dataclass
class Prefect:
    """A Prefect server with flow runs of several deployments; notes what is set."""

    entrypoints: dict[UUID, str] = field(default_factory=dict)
    runs: dict[UUID, Any] = field(default_factory=dict)
    flows: dict[UUID, str] = field(default_factory=dict)
    changed: list[UUID] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)
    """Benchmarks that the form of the deployment offers."""
    n_refreshed: int = 0
    states: list[Any] = field(default_factory=list)

    def add(self, entrypoint: str | None, *, flow: str = "evaluate", state: str = "RUNNING") -> str:
        run_id, flow_id = uuid4(), uuid4()
        deployment = None if entrypoint is None else uuid4()
        if deployment is not None and entrypoint is not None:
            self.entrypoints[deployment] = entrypoint
        self.flows[flow_id] = flow
        self.runs[run_id] = SimpleNamespace(
            id=run_id,
            name="amber-owl",
            deployment_id=deployment,
            flow_id=flow_id,
            state=SimpleNamespace(name=state.title(), type=SimpleNamespace(value=state), message=None, timestamp=NOW),
            created=None,
            start_time=None,
            end_time=None,
        )
        return str(run_id)

    def read_flow_run(self, run_id: UUID) -> Any:
        return self.runs[run_id]

    def read_deployment(self, deployment_id: UUID) -> Any:
        return SimpleNamespace(entrypoint=self.entrypoints[deployment_id])

    def read_flow(self, flow_id: UUID) -> Any:
        return SimpleNamespace(name=self.flows[flow_id])

    def read_deployments(self, deployment_filter: Any) -> list[Any]:
        return [SimpleNamespace(id=uuid4(), entrypoint=OURS)]

    def create_flow_run_from_deployment(self, deployment_id: UUID, *, parameters: Any, **more: Any) -> Any:
        (name,) = parameters["request"]["benchmarks"]
        if name not in self.offered:
            request = httpx.Request("POST", "http://prefect/api")
            detail = f"Validation failed for field 'request.benchmarks[0]': {name!r} is not one of {self.offered}"
            response = httpx.Response(409, json={"detail": detail}, request=request)
            raise PrefectHTTPStatusError("refused", request=request, response=response)
        return self.runs[UUID(self.add(OURS, state="SCHEDULED"))]

    def update_deployment(self, deployment_id: UUID, update: Any) -> None:
        assert {"parameter_openapi_schema"} == update.model_fields_set
        fields = update.parameter_openapi_schema["definitions"]["EvaluationRequest"]["properties"]
        self.offered = fields["benchmarks"]["items"]["enum"]
        self.n_refreshed += 1

    def set_flow_run_state(self, run_id: UUID, state: Any, *, force: bool) -> None:
        self.changed.append(run_id)
        self.states.append(state)


@pytest.fixture
def prefect(monkeypatch: pytest.MonkeyPatch) -> Prefect:
    server = Prefect()

    @contextmanager
    def client() -> Iterator[Prefect]:
        with flow_runs.errors_as_problems():
            yield server

    monkeypatch.setattr(flow_runs, "_client", client)
    return server


@pytest.mark.parametrize("entrypoint", [OURS, RENAMED])
def test_a_flow_run_of_our_deployments_is_cancelled(prefect: Prefect, entrypoint: str) -> None:
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
    prefect: Prefect, act: Any, state: str, entrypoint: str | None, flow: str
) -> None:
    run = prefect.add(entrypoint, flow=flow, state=state)

    with pytest.raises(ProblemError) as refused:
        act(run)

    assert 404 == refused.value.status
    assert [] == prefect.changed


def test_a_flow_run_of_a_command_is_followed_and_ended_there(prefect: Prefect) -> None:
    run = prefect.add(None, flow="write-benchmark")

    assert run == flow_runs.find(run).id
    with pytest.raises(ProblemError, match="started by a command") as refused:
        flow_runs.cancel(run)
    assert 409 == refused.value.status
    assert [] == prefect.changed


def evaluation_of(benchmark: str) -> dict[str, Any]:
    return {"request": {"benchmarks": [benchmark], "models": ["m:1b"]}}


def test_a_name_that_is_stored_since_the_deployment_is_taken(prefect: Prefect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_runs, "_current_choices", lambda: Choices(benchmarks=("classification", "mine")))

    assert "Scheduled" == flow_runs.start("evaluate", evaluation_of("mine")).state
    assert "Scheduled" == flow_runs.start("evaluate", evaluation_of("classification")).state
    assert 1 == prefect.n_refreshed


def test_a_name_that_nothing_has_is_refused_with_those_there_are(
    prefect: Prefect, monkeypatch: pytest.MonkeyPatch
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


def test_what_was_cancelled_just_now_begins_again_once_its_worker_has_let_go(prefect: Prefect) -> None:
    """Prefect's worker ends where a flow run that it still holds comes back."""
    flow_runs.resume(prefect.add(OURS, state="CANCELLED"))

    (scheduled,) = prefect.states
    assert scheduled.state_details.scheduled_time >= NOW + timedelta(seconds=flow_runs.LET_GO_S)
