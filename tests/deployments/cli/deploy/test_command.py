"""`benchwright deploy`: the flows stand on the server, with choices that it enforces and schedules that come due."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from patient_client import patient_client
from scripted_ollama import ScriptedOllama

from deployments.definitions import DEFINITIONS
from evaluation.errors import UnknownNameError
from evaluation.store.models import register_model, retire_model
from evaluation.store.session import open_store

Command = Callable[..., Any]
Server = Callable[..., httpx.Response]
NAMES = [definition.name for definition in DEFINITIONS]
ROOT = Path(__file__).parents[4]


@pytest.fixture
def models(database: str) -> str:
    """The store of the commands, with two models."""
    with open_store(database) as store:
        register_model(store, "a:1b")
        register_model(store, "b:1b")
    return database


@pytest.fixture
def server(prefect_api: str) -> Iterator[Server]:
    """Asks the server, on which nothing is deployed; what a test deploys is gone after it."""
    with patient_client(prefect_api) as client:

        def ask(method: str, path: str, body: Any = None) -> httpx.Response:
            return client.request(method, path, json=body)

        def clear() -> None:
            for deployment in ask("POST", "deployments/filter", {}).json():
                ask("DELETE", f"deployments/{deployment['id']}")

        clear()
        yield ask
        clear()


def _standing(server: Server, name: str) -> dict[str, Any]:
    found: dict[str, Any] = server("GET", f"deployments/name/{name}/{name}").json()
    return found


def _schedules(server: Server, name: str) -> dict[str, Any]:
    return {schedule["slug"]: schedule for schedule in _standing(server, name)["schedules"]}


def _models(standing: dict[str, Any]) -> Any:
    schema = standing["parameter_openapi_schema"]
    return schema["definitions"]["EvaluationRequest"]["properties"]["models"]["items"]["enum"]


def _runs_of(server: Server, deployment_id: str) -> list[dict[str, Any]]:
    body = {"deployments": {"id": {"any_": [deployment_id]}}}
    found: list[dict[str, Any]] = server("POST", "flow_runs/filter", body).json()
    return found


def test_the_help_and_the_page_name_every_deployment_and_say_that_nobody_starts_stretch(benchwright: Command) -> None:
    said = " ".join(benchwright("deploy", "--help").out.split())
    page = (ROOT / "docs/forms.md").read_text(encoding="utf-8").split("\n\n")[1]

    for text in (said.partition("Options")[0], page):
        assert NAMES == [name for name in NAMES if re.search(rf"\b{name}\b", text)]
        assert "which only runs that are split across workers start" in " ".join(text.split())
    assert "Create or update all deployments on the Prefect server." in benchwright("--help").out


def test_every_flow_is_deployed_once_and_a_redeploy_refreshes_the_choices(
    benchwright: Command, server: Server, models: str
) -> None:
    first = benchwright("deploy", "--json")
    before = _standing(server, "race")
    with open_store(models) as store:
        register_model(store, "c:1b")
        retire_model(store, "a:1b")
    second = benchwright("deploy", "--json")

    after = _standing(server, "race")
    assert (0, 0) == (first.code, second.code), first.err + second.err
    assert [(name, True) for name in NAMES] == [(one["name"], one["is_new"]) for one in first.json]
    assert [(name, False) for name in NAMES] == [(one["name"], one["is_new"]) for one in second.json]
    assert sorted(NAMES) == sorted(one["name"] for one in server("POST", "deployments/filter", {}).json())
    assert (before["id"], "flows.race.race") == (after["id"], after["entrypoint"])
    assert (["a:1b", "b:1b"], ["b:1b", "c:1b"]) == (_models(before), _models(after))
    assert ["request"] == list(after["parameter_openapi_schema"]["properties"])


def test_the_forms_offer_what_the_servers_have_now_and_no_retired_model(
    benchwright: Command,
    server: Server,
    models: str,
    ollama_by_script: ScriptedOllama,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("a:1b", "new:latest", "old:1b"):
        ollama_by_script.add(name)
    with open_store(models) as store:
        register_model(store, "old:1b")
        retire_model(store, "old:1b")
    monkeypatch.setenv("OLLAMA_HOST", ollama_by_script.url)
    benchwright("endpoints", "add", "away", "http://127.0.0.1:9", "--no-check")
    said = benchwright("deploy", "--only", "race")

    assert 0 == said.code
    assert ["a:1b", "b:1b", "new:latest"] == _models(_standing(server, "race"))
    assert "the forms offer the models recorded earlier for away: " in said.err


def test_the_server_refuses_what_is_not_among_the_choices_or_out_of_bounds(
    benchwright: Command, server: Server, models: str
) -> None:
    (deployed,) = benchwright("deploy", "--only", "evaluate", "--json").json
    good = {"benchmarks": ["instructions"], "models": ["a:1b"]}
    suites = _standing(server, "evaluate")["parameter_openapi_schema"]["definitions"]["EvaluationRequest"]
    good["benchmarks"] = suites["properties"]["benchmarks"]["items"]["enum"][:1]

    def start(request: dict[str, Any]) -> int:
        path = f"deployments/{deployed['deployment_id']}/create_flow_run"
        return server("POST", path, {"parameters": {"request": request}}).status_code

    wrong = ({"models": ["gone:1b"]}, {"benchmarks": ["gone"]}, {"profile": "gone"}, {"slots": 0}, {"unknown": 1})
    assert 201 == start(good)
    assert [409] * len(wrong) == [start({**good, **one}) for one in wrong]


def test_the_nights_are_off_until_it_is_said_what_is_evaluated_and_stay_as_they_were_set(
    benchwright: Command, server: Server, models: str
) -> None:
    benchwright("deploy", "--only", "evaluate")
    before = _schedules(server, "evaluate")
    suite = benchwright("benchmarks", "list", "--json").json[0]["name"]
    asked = {"benchmarks": [suite], "candidates": ["a:1b"]}
    said = benchwright(
        "deploy", "--only", "evaluate", "--timezone", "Europe/Amsterdam", "--benchmark", suite, "--candidate", "a:1b"
    )
    server(
        "PATCH",
        f"deployments/{_standing(server, 'evaluate')['id']}/schedules/{before['weekly-retest']['id']}",
        {"active": False, "parameters": {"request": asked}},
    )
    benchwright("deploy", "--only", "evaluate", "--timezone", "UTC")

    after = _schedules(server, "evaluate")
    assert {"nightly": False, "weekly-retest": False} == {slug: one["active"] for slug, one in before.items()}
    assert 0 == said.code, said.err
    assert "nightly: 0 2 * * * Europe/Amsterdam" in said.out
    assert "weekly-retest: 0 3 * * 6 Europe/Amsterdam" in said.out
    assert "(off)" not in said.out
    assert (True, {"request": {"limit": 100, **asked}}) == (after["nightly"]["active"], after["nightly"]["parameters"])
    assert (False, {"request": asked}) == (after["weekly-retest"]["active"], after["weekly-retest"]["parameters"])
    assert {"UTC"} == {one["schedule"]["timezone"] for one in after.values()}


def test_a_schedule_that_lost_its_parameters_gets_those_of_the_last_deploy_again(
    benchwright: Command, server: Server, models: str
) -> None:
    suite = benchwright("benchmarks", "list", "--json").json[0]["name"]
    benchwright("deploy", "--only", "evaluate", "--benchmark", suite, "--candidate", "a:1b")
    nightly = _schedules(server, "evaluate")["nightly"]
    path = f"deployments/{_standing(server, 'evaluate')['id']}/schedules/{nightly['id']}"
    server("PATCH", path, {"schedule": {"cron": "30 5 * * *", "timezone": "UTC"}, "active": True})
    lost = _schedules(server, "evaluate")["nightly"]
    said = benchwright("deploy", "--only", "evaluate")
    again = _schedules(server, "evaluate")["nightly"]
    quiet = benchwright("deploy", "--only", "evaluate", "--json")

    assert {} == lost["parameters"]
    assert (nightly["parameters"], "30 5 * * *") == (again["parameters"], again["schedule"]["cron"])
    assert "the schedule nightly had lost its parameters; those of the last deploy were restored" in said.err
    assert [] == quiet.json[0]["restored"]


def test_a_schedule_makes_runs_that_are_due(benchwright: Command, server: Server) -> None:
    (deployed,) = benchwright("deploy", "--only", "retrain", "--json").json
    deadline = time.monotonic() + 120
    while not (runs := _runs_of(server, deployed["deployment_id"])) and time.monotonic() < deadline:
        time.sleep(0.5)

    assert runs
    assert {"SCHEDULED"} == {run["state_type"] for run in runs}
    assert {"if_enough_new": 100} == runs[0]["parameters"]["request"]


def test_a_work_pool_must_be_there_and_stays_where_a_redeploy_names_none(benchwright: Command, server: Server) -> None:
    nowhere = benchwright("deploy", "--only", "race", "--work-pool", "nowhere")
    server("POST", "work_pools/", {"name": "gpus", "type": "process"})
    benchwright("deploy", "--only", "race")
    benchwright("deploy", "--only", "race", "--work-pool", "gpus")
    (again,) = benchwright("deploy", "--only", "race", "--json").json
    server("DELETE", "work_pools/gpus")

    assert 2 == nowhere.code
    assert "there is no work pool 'nowhere'\n  next: `prefect work-pool create --type process nowhere`" in nowhere.err
    assert "gpus" == again["work_pool"]


def test_what_cannot_be_deployed_is_2_with_the_next_step(benchwright: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    unconfigured = benchwright("deploy", "--json")
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    away = benchwright("deploy")

    assert (2, "error") == (unconfigured.code, unconfigured.json["status"])
    assert "prefect server start" in unconfigured.json["error"]["next"]
    assert (2, True) == (away.code, "no Prefect server answers at http://127.0.0.1:9/api" in away.err)
    assert (2, True) == _refused(benchwright("deploy", "--timezone", "Mars/Base"), "is not a time zone")
    assert (2, True) == _refused(benchwright("deploy", "--only", "evalute"), "evaluate")


def _refused(said: Any, words: str) -> tuple[int, bool]:
    return said.code, words in said.err


def test_production_needs_names_that_are_known(benchwright: Command, prefect_api: str, models: str) -> None:
    suite = benchwright("benchmarks", "list", "--json").json[0]["name"]

    assert (2, True) == _refused(benchwright("deploy", "--candidate", "a:1b"), "needs benchmarks and candidates")
    assert (2, True) == _refused(benchwright("deploy", "--benchmark", "x.jsonl", "--candidate", "a:1b"), "x.jsonl")
    assert (2, True) == _refused(benchwright("deploy", "--benchmark", suite, "--candidate", "c:1b"), "c:1b")


def test_prefect_yaml_is_what_the_definitions_say(benchwright: Command, tmp_path: Path) -> None:
    said = benchwright("deploy", "--write-prefect-yaml", tmp_path / "prefect.yaml")

    assert 0 == said.code
    assert (tmp_path / "prefect.yaml").read_text() == (ROOT / "prefect.yaml").read_text(), (
        "Run `benchwright deploy --write-prefect-yaml prefect.yaml`"
    )


def test_a_name_that_is_gone_fails_the_run_and_names_those_that_there_are(prefect_api: str, database: str) -> None:
    from flows.evaluate import evaluate

    state = asyncio.run(
        evaluate({"benchmarks": ["gone"], "models": ["a:1b"]}, return_state=True)  # type: ignore[call-overload]
    )

    error = state.result(raise_on_failure=False)
    assert isinstance(error, UnknownNameError)
    assert "gone" in str(error)
    assert UUID(str(state.state_details.flow_run_id))
