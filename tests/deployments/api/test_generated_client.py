"""Can a client that a generator writes from the description read, write, and understand problems?"""

import asyncio
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_client import BASE, ApiClient
from api_examples import DESCRIPTION

from deployments.api.app import create_app
from evaluation.store.session import KeptStore

PACKAGE = "written_client"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a package that the generator wrote, which can be imported."""
    folder = tmp_path_factory.mktemp("written")
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


class WrittenClient:
    """The written client, whose requests go to the application."""

    def __init__(self, store: KeptStore) -> None:
        self._app = create_app(store)

    def call(self, operation: str, *places: object, body: Any = None, **query: object) -> Any:
        """Return what the client makes of the answer to an operation: `runs.run`."""
        module = importlib.import_module(f"{PACKAGE}.api.{operation}")
        if body is not None:
            query["body"] = getattr(importlib.import_module(f"{PACKAGE}.models"), body[0]).from_dict(body[1])

        async def called() -> Any:
            client = importlib.import_module(f"{PACKAGE}.client").Client(base_url=BASE)
            transport = httpx.ASGITransport(app=self._app, client=("127.0.0.1", 50_000))
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as requests:
                client.set_async_httpx_client(requests)
                return await module.asyncio(*places, client=client, **query)

        return asyncio.run(called())


@pytest.fixture
def client(api: ApiClient, served_store: KeptStore, written: Path) -> WrittenClient:
    if not (written / PACKAGE).exists():
        (written / "description.json").write_text(api.get(DESCRIPTION).text)
        (written / "settings.yml").write_text("post_hooks: []\n")
        words = ["--path", "description.json", "--output-path", PACKAGE, "--meta", "none", "--config", "settings.yml"]
        command = [sys.executable, "-P", "-m", "openapi_python_client", "generate", "--fail-on-warning", *words]
        done = subprocess.run(command, cwd=written, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return WrittenClient(served_store)


def test_it_has_a_function_for_every_operation(client: WrittenClient, written: Path, api: ApiClient) -> None:
    description = json.loads(api.get(DESCRIPTION).text)
    functions = {path.stem for path in (written / PACKAGE / "api").rglob("*.py")}

    assert set() == {each["operationId"] for of in description["paths"].values() for each in of.values()} - functions


def test_it_reads_results_with_their_types(client: WrittenClient) -> None:
    page = client.call("runs.runs", limit=1)
    rest = client.call("runs.runs", limit=5, cursor=page.next_)
    run = client.call("runs.run", "mixed")

    assert ["RunSummary", "RunSummary"] == [type(each).__name__ for each in (*page.items, *rest.items)]
    assert {"mixed", "later"} == {page.items[0].run_id, rest.items[0].run_id}
    assert ("RunResult", 12) == (type(run).__name__, run.n_cases)
    assert 12 == len(client.call("runs.cases", "mixed", candidate=["good:1b"]).items)


def test_it_writes_and_reads_what_it_wrote(client: WrittenClient) -> None:
    client.call("experiments.make_experiment", body=("NewExperiment", {"name": "sizes", "tags": ["a"]}))
    client.call("experiments.add_to_experiment", "sizes", body=("Runs", {"runs": ["mixed"]}))

    experiment = client.call("experiments.experiment", "sizes")

    assert ["mixed"] == [run.run_id for run in experiment.runs]


def test_a_problem_is_one(client: WrittenClient) -> None:
    unknown = client.call("runs.run", "nope")
    refused, away = (
        client.call("work.start_evaluate", body=("EvaluationRequest", {"benchmarks": [name], "models": ["a:1b"]}))
        for name in ("nope", "classification")
    )

    assert ["Problem"] * 3 == [type(each).__name__ for each in (unknown, refused, away)]
    assert (404, "See `benchwright runs list`.") == (unknown.status, unknown.next_step)
    assert (422, "urn:benchwright:problem:unknown-name") == (refused.status, refused.type_)
    assert 503 == away.status
