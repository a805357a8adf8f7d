"""A command whose results database is lost ends at once, at any moment: exit 3, one error, a failed flow run."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from interrupted_commands import COMMANDS, Interrupter, newest_flow_run, words_of
from scripted_ollama import ScriptedOllama

Command = Callable[..., Any]
LOST = "was deleted or replaced while it was in use"


def _delete(path: Path, _other: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def _move(path: Path, _other: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.rename(file.with_name(f"moved-{file.name}"))


def _replace(path: Path, other: Path) -> None:
    _delete(path, other)
    shutil.copyfile(other, path)


LOSSES = {"deleted": _delete, "moved": _move, "replaced": _replace}


@pytest.fixture
def path(database: str) -> Path:
    """The file of the commands' store."""
    return Path(database.removeprefix("sqlite:///"))


@pytest.fixture
def prepare(
    evaluate: Command,
    database: str,
    tmp_path: Path,
    ollama_by_script: ScriptedOllama,
    monkeypatch: pytest.MonkeyPatch,
) -> Command:
    """Returns the words of a command that an interrupter holds in the middle of its work."""

    def words(name: str, interrupter: Interrupter) -> tuple[object, ...]:
        return words_of(name, interrupter, evaluate, database, tmp_path, ollama_by_script, monkeypatch)

    return words


@pytest.mark.parametrize(
    ("name", "loss"), [*((name, "deleted") for name in COMMANDS), ("evaluate", "moved"), ("score", "replaced")]
)
def test_a_database_that_is_lost_while_models_are_silent_ends_the_command_at_once(
    benchwright: Command,
    prepare: Command,
    path: Path,
    empty_database: Path,
    prefect_api: str,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    loss: str,
) -> None:
    monkeypatch.setattr("tasks.database_guard.LOOK_EVERY_S", 0.05)
    interrupter = Interrupter(lambda: LOSSES[loss](path, empty_database), prefect_api)
    words = prepare(name, interrupter)

    ended = benchwright(name, *words, "--json")
    interrupter.is_over.set()

    assert [] == interrupter.errors
    _has_failed(ended, name, prefect_api)
    assert (loss == "replaced") is path.exists(), "no empty database is made in its place"


@pytest.mark.parametrize(
    ("name", "loss"), [*((name, "deleted") for name in COMMANDS), ("evaluate", "replaced"), ("race", "moved")]
)
def test_a_database_that_is_lost_before_the_first_request_ends_the_command_before_it(
    benchwright: Command,
    prepare: Command,
    path: Path,
    empty_database: Path,
    ollama_by_script: ScriptedOllama,
    prefect_api: str,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    loss: str,
) -> None:
    words = prepare(name, Interrupter(lambda: None, prefect_api))
    n_before = len(ollama_by_script.chats)

    async def loses(request: Any, **_: Any) -> Any:
        LOSSES[loss](path, empty_database)
        return request

    monkeypatch.setattr(f"flows.{name}.use_own_settings", loses)

    ended = benchwright(name, *words, "--json")

    _has_failed(ended, name, prefect_api)
    assert n_before == len(ollama_by_script.chats), "nothing is asked whose answer could not be kept"
    assert (loss == "replaced") is path.exists(), "no empty database is made in its place"


def test_a_database_that_is_lost_before_prefects_server_is_ready_ends_the_command(
    evaluate: Command,
    path: Path,
    empty_database: Path,
    benchmark: Path,
    ollama_by_script: ScriptedOllama,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ollama_by_script.add("good")
    lose = LOSSES["replaced"]
    monkeypatch.setattr("deployments.cli.evaluate.run.check_spread", lambda *_: lose(path, empty_database))

    ended = evaluate("--benchmark", benchmark, "--model", "good", "--json")

    _has_said_it_once(ended)
    assert [] == ollama_by_script.chats
    assert empty_database.read_bytes() == path.read_bytes(), "the other database is left alone"


def _has_failed(ended: Any, name: str, prefect_api: str) -> None:
    _has_said_it_once(ended)
    assert ("FAILED", name) == newest_flow_run(prefect_api)


def _has_said_it_once(ended: Any) -> None:
    assert 3 == ended.code, ended.err
    assert "failed" == ended.json["status"]
    assert LOST in ended.json["error"]["message"]
    assert 1 == ended.err.count(LOST)
    assert "warning" not in ended.err
    assert "Traceback" not in ended.err
