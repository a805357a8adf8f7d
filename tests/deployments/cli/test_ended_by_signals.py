"""Every command that runs a flow ends alike when interrupted: its exit code, one JSON object, a cancelled flow run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ending_early import cancel_in_prefect, press_ctrl_c, terminate
from evaluated_once import evaluate_once
from interrupted_commands import COMMANDS, Interrupter, newest_flow_run, words_of
from scripted_ollama import ScriptedOllama

Command = Callable[..., Any]
INTERRUPTIONS = {
    "Ctrl-C": (press_ctrl_c, 130),
    "SIGTERM": (terminate, 143),
    "cancelled in Prefect": (cancel_in_prefect, 143),
}


@pytest.mark.parametrize(
    ("name", "interruption"),
    [
        *((name, interruption) for name in COMMANDS for interruption in ("Ctrl-C", "cancelled in Prefect")),
        *((name, "SIGTERM") for name in ("evaluate", "monitor")),  # goes the way of Ctrl-C, but for the number
    ],
)
def test_an_interrupted_command_ends_with_its_code_one_json_object_and_a_cancelled_flow_run(
    benchwright: Command,
    evaluate: Command,
    database: str,
    tmp_path: Path,
    ollama_by_script: ScriptedOllama,
    prefect_api: str,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    interruption: str,
) -> None:
    interrupt, code = INTERRUPTIONS[interruption]
    monkeypatch.setattr("tasks.interruption.LOOK_EVERY_S", 0.1)
    interrupter = Interrupter(interrupt, prefect_api)
    words = words_of(name, interrupter, evaluate, database, tmp_path, ollama_by_script, monkeypatch)

    ended = benchwright(name, *words, "--json")
    interrupter.is_over.set()

    assert [] == interrupter.errors
    assert code == ended.code
    assert "cancelled" == ended.json["status"]
    assert "Traceback" not in ended.err
    assert ("CANCELLED", name) == newest_flow_run(prefect_api)


@pytest.mark.parametrize(("interrupt", "code"), [(press_ctrl_c, 130), (terminate, 143)], ids=["Ctrl-C", "SIGTERM"])
def test_a_scoring_that_is_interrupted_before_its_flow_run_names_its_run(
    benchwright: Command,
    evaluate: Command,
    benchmark: Path,
    database: str,
    ollama_by_script: ScriptedOllama,
    monkeypatch: pytest.MonkeyPatch,
    interrupt: Callable[[], None],
    code: int,
) -> None:
    ollama_by_script.add("good")
    words = ("--benchmark", benchmark, "--model", "good", "--json")
    run = evaluate_once("to be scored again", database, lambda: evaluate(*words).json["runs"][0])
    monkeypatch.setattr("deployments.prefect_server.prefect_server", interrupt)

    ended = benchwright("score", "last", "--json")

    assert (code, "cancelled", run["run_id"]) == (ended.code, ended.json["status"], ended.json["run_id"])
    assert 6 == ended.json["n_cases"]
    assert "Traceback" not in ended.err
