"""Schedules as a team lives with them: due while nobody is there, changed by hand, paused, resumed, deployed again.

One long story on a Prefect server and a worker of its own. Nothing in it is a matter of how fast the machine is: each
step waits for what it is about, and what must not happen is looked for at the end, after everything else.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from free_ports import free_port
from numbers_benchmark import write_numbers
from patient_client import patient_client
from prefect_database import give_database
from scripted_ollama import ScriptedOllama

from deployments.cli.__main__ import run
from deployments.helper_process import HelperProcess, start_helper
from deployments.prefect_server import PrefectServer, start_prefect_server
from evaluation.records.runs import RunRecord
from evaluation.records.status import Status
from evaluation.store.models import register_model
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import open_store

pytestmark = pytest.mark.long

PATIENCE_S = 300.0
POOL = "gpus"
TOKYO = ZoneInfo("Asia/Tokyo")
ROUNDED_BY = timedelta(seconds=0.5)
"""Prefect has a flow run wait for its time in whole seconds, rounded to the nearest."""
EVERY_S = 10
PLANNER_S = 2
"""How often the Prefect server looks at its schedules, in seconds."""


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ollama_by_script: ScriptedOllama) -> str:
    """URL of a store with a benchmark; whatever is started afterwards uses it, and asks the server that answers."""
    ollama_by_script.add("model")
    url = f"sqlite:///{tmp_path / 'results.db'}"
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", url)
    monkeypatch.setenv("OLLAMA_HOST", ollama_by_script.url)
    assert 0 == run(["benchmarks", "add", str(write_numbers(tmp_path / "numbers.jsonl", 3))])
    with open_store(url) as store:
        register_model(store, "model")
    return url


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrefectServer]:
    """A Prefect server that looks at its schedules often; commands of this process use it."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    give_database(tmp_path / "prefect")
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.setenv("PREFECT_API_URL", "")
    monkeypatch.setenv("PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS", str(PLANNER_S))
    monkeypatch.setenv("PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS", "1")
    monkeypatch.setenv("PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS", "1")
    started = start_prefect_server(free_port(), has_password=False)
    try:
        started.wait()
        with temporary_settings({PREFECT_API_URL: started.api}):
            yield started
    finally:
        started.stop(timeout_s=10.0)


class Deployment:
    """The deployment `evaluate` by the API that Prefect's pages use."""

    def __init__(self, api: str) -> None:
        self._client = patient_client(api)
        self.id = self.ask("GET", "deployments/name/evaluate/evaluate")["id"]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._client.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def schedule(self, slug: str) -> dict[str, Any]:
        schedules = self.ask("GET", f"deployments/{self.id}")["schedules"]
        return next(found for found in schedules if found["slug"] == slug)

    def change(self, slug: str, **changed: Any) -> None:
        """As a person does in the form of a schedule, which sends all of it."""
        known = self.schedule(slug)
        body = {name: known[name] for name in ("active", "schedule", "parameters")} | changed
        self.ask("PATCH", f"deployments/{self.id}/schedules/{known['id']}", body)

    def runs(self) -> list[dict[str, Any]]:
        """Its flow runs, those that are due first first."""
        body = {
            "deployments": {"id": {"any_": [self.id]}},
            "sort": "EXPECTED_START_TIME_ASC",
            "limit": 200,
        }
        found: list[dict[str, Any]] = self.ask("POST", "flow_runs/filter", body)
        return found

    def state(self, flow_run: dict[str, Any]) -> str:
        name: str = self.ask("GET", f"flow_runs/{flow_run['id']}")["state_name"]
        return name


def _due(flow_run: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(flow_run["expected_start_time"])


def _wait(claim: Callable[[], Any], what: str) -> Any:
    """What the claim gives as soon as it gives anything."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := claim()):
        assert time.monotonic() < deadline, what
        time.sleep(0.5)
    return found


def _worker(folder: Path, api: str) -> HelperProcess:
    argv = [sys.executable, "-P", "-m", "prefect", "worker", "start", "--type", "process", "--pool", POOL]
    env = {**os.environ, "PREFECT_API_URL": api, "PREFECT_WORKER_QUERY_SECONDS": "2"}
    return start_helper([*argv, "--limit", "1", "--install-policy", "never"], log_path=folder / "worker.log", env=env)


def _deploy(*words: str) -> None:
    assert 0 == run(["deploy", "--only", "evaluate", *words])


def _run_of(results: str, flow_run: dict[str, Any]) -> RunRecord:
    """The one run of its invocation, which goes by the flow run's id."""
    with open_store(results) as store:
        (found,) = runs_of_invocation(store, UUID(flow_run["id"]).hex)
        return found


def test_what_was_due_while_nobody_was_there_is_made_later_and_a_pause_ends_a_schedule(
    results: str, server: PrefectServer, tmp_path: Path
) -> None:
    with patient_client(server.api) as client:
        client.post("/work_pools/", json={"name": POOL, "type": "process"}).raise_for_status()
    production = ("--benchmark", "numbers", "--candidate", "model")
    _deploy("--work-pool", POOL, "--timezone", "Asia/Tokyo", *production)
    deployment = Deployment(server.api)

    # By the clock of Tokyo, whatever this machine's is.
    def nights() -> list[dict[str, Any]]:
        # Those of the weekend ask all cases; on a Saturday in Tokyo one of them may be due first.
        return [found for found in deployment.runs() if "limit" in found["parameters"]["request"]]

    nightly = _wait(nights, "the nights are planned")[0]
    assert (2, 0) == (_due(nightly).astimezone(TOKYO).hour, _due(nightly).astimezone(TOKYO).minute)
    parameters = {"request": {"limit": 100, "benchmarks": ["numbers"], "candidates": ["model"]}}
    assert parameters == deployment.schedule("nightly")["parameters"]

    # Changed by hand, which the next deploy leaves alone.
    deployment.change("weekly-retest", active=False)
    every = {"interval": EVERY_S, "anchor_date": datetime.now(UTC).isoformat(), "timezone": "Asia/Tokyo"}
    deployment.change("nightly", schedule=every)
    _deploy()
    kept = deployment.schedule("nightly")
    assert (EVERY_S, True, parameters) == (kept["schedule"]["interval"], kept["active"], kept["parameters"])
    assert deployment.schedule("weekly-retest")["active"] is False

    # Due while no worker is there: late, and nothing else becomes of it.
    def late() -> list[dict[str, Any]]:
        return [found for found in deployment.runs() if found["state_name"] == "Late"]

    missed = _wait(late, "a run that nobody makes is late")[0]

    # Due while the server is down: late when it is back.
    later = datetime.now(UTC) + timedelta(seconds=EVERY_S)
    unseen = _wait(lambda: [found for found in deployment.runs() if _due(found) > later], "runs are planned ahead")[0]
    assert server.process is not None
    server.process.stop()
    while datetime.now(UTC) <= _due(unseen):
        time.sleep(0.5)
    server.start_again()
    server.wait()
    _wait(lambda: deployment.state(unseen) == "Late", "what was due while the server was down is late")

    # Paused: what is to come is taken back, and what is late stays.
    def nothing_is_to_come() -> bool:
        # What the server's planner had read before the pause, it still plans; a second pause takes that back too.
        deployment.change("nightly", active=False)
        return all(_due(found) <= datetime.now(UTC) for found in deployment.runs())

    _wait(nothing_is_to_come, "a pause takes back what is to come")
    paused_at = datetime.now(UTC)
    for found in deployment.runs():
        if found["id"] not in (missed["id"], unseen["id"]):
            deployment.ask("DELETE", f"flow_runs/{found['id']}")

    with _worker(tmp_path, server.api) as worker:
        # The worker comes, and each of the two is a run of its own in the store.
        for flow_run in (missed, unseen):
            _wait(lambda run=flow_run: deployment.state(run) == "Completed", worker.log_tail(40))  # type: ignore[misc]
        # A pass of the server's planner that had read the schedule before the pause is over by now.
        _wait(nothing_is_to_come, "a pause takes back what is to come")
        planned = {flow_run["id"] for flow_run in deployment.runs()}
        time.sleep(2 * PLANNER_S)
        assert {flow_run["id"] for flow_run in deployment.runs()} <= planned, "paused is paused"

        # Resumed: it is planned again, and a worker that is there makes what becomes due, not before it is due.
        deployment.change("nightly", active=True)

        def made() -> list[dict[str, Any]]:
            found = [found for found in deployment.runs() if _due(found) > paused_at]
            return [found for found in found if found["state_name"] == "Completed"]

        in_time = _wait(made, worker.log_tail(40))[0]
        assert datetime.fromisoformat(in_time["start_time"]) >= _due(in_time) - ROUNDED_BY
        _wait(nothing_is_to_come, "a pause takes back what is to come")
    runs = [_run_of(results, flow_run) for flow_run in (missed, unseen, in_time)]
    assert [(Status.COMPLETED, 3)] * 3 == [(found.status, found.plan.n_cases) for found in runs]
    assert 3 == len({found.plan.run_id for found in runs})
