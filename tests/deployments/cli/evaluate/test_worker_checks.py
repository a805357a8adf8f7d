"""`benchwright evaluate --spread`: refused before anything is begun where no worker could help, also by a dry run."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from patient_client import patient_client
from scripted_ollama import ScriptedOllama

from deployments.cli.evaluate.worker_checks import check_spread
from deployments.prefect_server import PrefectServer
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.store.session import open_store

Command = Callable[..., Any]
SPREAD = ("--benchmark", "numbers.jsonl", "--model", "a:1b", "--spread", "2", "--dry-run")


@pytest.fixture(autouse=True)
def _cases(benchmark: Path, ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(benchmark.parent)
    monkeypatch.setenv("OLLAMA_HOST", ollama_by_script.url)
    ollama_by_script.add("a:1b")


@pytest.fixture
def deployed(benchwright: Command, prefect_api: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The deployment of shares, until the test is over."""
    monkeypatch.setenv("PREFECT_API_URL", prefect_api)
    assert 0 == benchwright("deploy", "--only", "stretch").code
    yield
    with patient_client(prefect_api) as client:
        for found in client.post("deployments/filter", json={}).json():
            client.delete(f"deployments/{found['id']}")


@pytest.mark.usefixtures("without_servers")
def test_a_dry_run_is_refused_like_the_run_where_no_prefect_server_is_named(benchwright: Command) -> None:
    said = benchwright("evaluate", *SPREAD)

    assert 2 == said.code
    assert "--spread needs a Prefect server shared with the workers, and PREFECT_API_URL is not set" in said.err
    assert "" == said.out


def test_a_dry_run_is_refused_like_the_run_where_the_deployment_is_missing(
    benchwright: Command, prefect_api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", prefect_api)
    said = benchwright("evaluate", *SPREAD)

    assert 2 == said.code
    assert "the Prefect server has no deployment 'stretch/stretch'" in said.err
    assert "benchwright deploy --work-pool NAME" in said.err


@pytest.mark.usefixtures("deployed")
def test_results_in_a_sqlite_file_are_said_to_be_for_workers_of_this_machine(benchwright: Command) -> None:
    said = benchwright("evaluate", *SPREAD)

    assert 0 == said.code, said.err
    assert 1 == said.err.count("a SQLite file, which only workers on this machine can share")
    assert "BENCHWRIGHT_DATABASE_URL=postgresql://" in said.err
    assert "SQLite" not in benchwright("evaluate", *SPREAD[:4], "--dry-run").err


@pytest.mark.usefixtures("deployed")
def test_nothing_is_said_of_results_on_postgresql(
    prefect_api: str, postgresql_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    request = EvaluationRequest(benchmarks=("numbers",), models=("a:1b",), spread=2)
    with open_store(postgresql_url) as store:
        check_spread(request, PrefectServer(prefect_api), store)

    assert "" == capsys.readouterr().err
