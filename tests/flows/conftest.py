"""The flow as a test starts it: in this process, on a server that answers by script and a store of its own."""

import asyncio
import gc
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from scripted_ollama import ScriptedOllama, scripted_ollama
from several_machines import SeveralMachines, several_machines

from evaluation.store.session import Store, open_store

Evaluate = Callable[..., Any]
Sweep = Callable[..., Any]


@pytest.fixture
def store_url(request: pytest.FixtureRequest) -> str:
    """URL of this test's own database: SQLite, unless the test is run on another kind too."""
    url: str = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")
    return url


@pytest.fixture
def benchmark_file(tmp_path: Path) -> Callable[..., str]:
    """Writes a benchmark of `n` cases `What is N?`, and returns its path."""

    def write(n: int = 8, name: str = "numbers", **header: Any) -> str:
        path = tmp_path / f"{name}.jsonl"
        lines: list[dict[str, Any]] = [
            {"benchmark": {"name": name, "task_type": "reasoning", "metrics": ["exact_match"], **header}}
        ]
        lines += [
            {"case_id": f"c{number}", "prompt": f"What is {number}?", "references": [str(number)]}
            for number in range(n)
        ]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return str(path)

    return write


@pytest.fixture
def other_ollama() -> Iterator[ScriptedOllama]:
    """A second server."""
    with scripted_ollama() as server:
        yield server


@pytest.fixture
def evaluate(
    prefect_api: str, store_url: str, ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch
) -> Evaluate:
    """Runs the flow with that request and returns its final state."""
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store_url)
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.01")

    def run(*benchmarks: str, invocation_id: str | None = None, **request: Any) -> Any:
        from evaluation.requests.evaluation_request import EvaluationRequest
        from flows.evaluate import evaluate as flow

        given = {"endpoints": [ollama_by_script.url], "slots": 4, **request}
        asked = EvaluationRequest(benchmarks=list(benchmarks), **given)
        running: Any = flow(asked, invocation_id, return_state=True)
        return asyncio.run(running)

    return run


@pytest.fixture
def sweep(prefect_api: str, store_url: str, ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch) -> Sweep:
    """Runs the flow and returns its final state."""
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store_url)
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.01")

    def run(benchmark: str | None, *parameters: str, evaluation: dict[str, Any] | None = None, **given: Any) -> Any:
        from evaluation.requests.sweep_request import read_sweep_request
        from flows.sweep import sweep as flow

        asked = {"endpoints": [ollama_by_script.url], "slots": 4, "models": ["model"], **(evaluation or {})}
        if benchmark is not None:
            asked["benchmarks"] = [benchmark]
        request = read_sweep_request({"evaluation": asked, "parameters": list(parameters), **given})
        running: Any = flow(request, "one", return_state=True)
        return asyncio.run(running)

    return run


@pytest.fixture(scope="module")
def urls(postgresql_server: str) -> Iterator[tuple[str, str]]:
    """URLs of two databases, for Prefect and for results."""
    names = [f"of_workers_{word}_{uuid4().hex[:8]}" for word in ("prefect", "results")]
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}")
    prefect, results = (postgresql_server.replace("/postgres?", f"/{name}?") for name in names)
    yield prefect, results
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        for name in names:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def results_store(urls: tuple[str, str]) -> Iterator[Store]:
    """The store of their results."""
    with open_store(urls[1]) as store:
        yield store


@pytest.fixture(scope="module")
def machines(
    urls: tuple[str, str], results_store: Store, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SeveralMachines]:
    """PostgreSQL, a Prefect server and its deployments, for workers that a test starts."""
    folder = tmp_path_factory.mktemp("machines")
    files = tmp_path_factory.getbasetemp()
    with several_machines(folder, prefect_url=urls[0], results_url=urls[1], form_files=files) as found:
        yield found
    gc.collect()  # while the warnings of Prefect's clients are expected
