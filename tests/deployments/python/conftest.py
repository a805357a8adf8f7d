"""A store of its own and a server that answers by script, for tests of the functions that Python's users call."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from json_contract import fill_with_everything
from numbers_benchmark import write_numbers
from scripted_ollama import ScriptedOllama

from evaluation.store.session import open_store

NOBODY_LISTENS = "http://127.0.0.1:9"


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without a row, to be copied: making a schema takes longer than most calls."""
    path = tmp_path_factory.mktemp("empty") / "benchwright.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(autouse=True)
def database(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of the empty store that calls use; and no server is found by chance."""
    path = tmp_path / "results" / "benchwright.db"
    path.parent.mkdir()
    shutil.copyfile(empty_database, path)
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", f"sqlite:///{path}")
    monkeypatch.setenv("OLLAMA_HOST", NOBODY_LISTENS)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.delenv("BENCHWRIGHT_EMBEDDED_URL", raising=False)
    return f"sqlite:///{path}"


@pytest.fixture
def benchmark(tmp_path: Path) -> str:
    """A file of six cases."""
    return str(write_numbers(tmp_path / "numbers.jsonl", 6))


@pytest.fixture
def asked(ollama_by_script: ScriptedOllama, prefect_api: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The options of a call that asks the server that answers by script, on the session's Prefect server."""
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.01")
    # The session's Prefect server goes on, so that nobody need wait until it has taken everything in.
    monkeypatch.setattr("deployments.prefect_delivery.settle", lambda *_, **__: None)
    return {"endpoint": ollama_by_script.url, "slots": 2}


@pytest.fixture
def benchwright(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Returns what `benchwright ARGUMENTS` writes on stdout, run in this process."""
    from deployments.cli.__main__ import run

    def command(*arguments: object) -> str:
        capsys.readouterr()
        assert 0 == run([str(argument) for argument in arguments])
        return capsys.readouterr().out

    return command


@pytest.fixture
def everything(database: str, benchwright: Callable[..., str], tmp_path: Path) -> str:
    """URL of the store of calls, with something of everything that commands show."""

    def command(*arguments: object) -> SimpleNamespace:
        return SimpleNamespace(code=0, err="", out=benchwright(*arguments))

    fill_with_everything(database, command, tmp_path)
    return database
