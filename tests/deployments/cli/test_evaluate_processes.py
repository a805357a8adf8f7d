"""The command as a process of its own: how it ends when it is interrupted or killed, and what it leaves behind."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_process import PATIENCE_S, Command, eventually
from ending_early import HangsAtFive
from numbers_benchmark import write_numbers
from scripted_ollama import ScriptedOllama

from evaluation.results.as_json import as_json
from evaluation.run_results.run_result import run_result
from evaluation.store.outcomes import iterate_outcomes
from evaluation.store.runs import find_run
from evaluation.store.session import open_store

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to find what is left"),
]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """How two commands ended that were interrupted in mid-run, side by side: one by Ctrl-C, one by kill -9.

    `resumed` is how the run of the second one went on in a third command.
    """
    from scripted_ollama import scripted_ollama

    folder = tmp_path_factory.mktemp("processes")
    with scripted_ollama() as first, scripted_ollama() as second:
        commands = {
            signal.SIGINT: _start(folder / "interrupted", first),
            signal.SIGKILL: _start(folder / "killed", second, "--embedded", "--model", "baseline-lead"),
        }
        try:
            found = {number.name: _ended(command, script, number) for number, (command, script) in commands.items()}
            yield found | {"resumed": _resumed(folder / "killed", second)}
        finally:
            for command, script in commands.values():
                script.may_go_on.set()
                command.end()


def _start(folder: Path, server: ScriptedOllama, *words: str) -> tuple[Command, HangsAtFive]:
    script = HangsAtFive(lambda: None)
    server.add("model", script, digest="d" * 64)
    folder.mkdir()
    path = write_numbers(folder / "numbers.jsonl", 30)
    # Shards may overtake one another: with a second slot the others are answered, however early the one that hangs.
    asked = ("--benchmark", str(path), "--endpoint", server.url, "--model", "model", "--metric", "exact_match")
    asked += ("--slots", "2")
    return Command(folder, *asked, *words), script


def _ended(command: Command, script: HangsAtFive, number: signal.Signals) -> dict[str, Any]:
    while not script.has_come.wait(0.2):
        assert command.process.poll() is None, command.process.communicate()
    # What was answered before the one that hangs is stored by itself, however slow the machine.
    assert eventually(lambda: len(_stored(command)["kept"]) >= 4)
    n_helpers = len(command.left_behind()) - 1
    command.process.send_signal(number)
    out, err = command.process.communicate(timeout=PATIENCE_S)
    none_left = eventually(lambda: not command.left_behind())
    said = {"code": command.process.returncode, "out": out, "err": err}
    return said | {"n_helpers": n_helpers, "none_left": none_left} | _stored(command)


def _resumed(folder: Path, server: ScriptedOllama) -> dict[str, Any]:
    asked = server.asked("model")
    server.add("model", digest="d" * 64)
    command = Command(folder, "--resume", "last")
    try:
        out, err = command.process.communicate(timeout=PATIENCE_S)
    finally:
        command.end()
    said = {"code": command.process.returncode, "out": out, "err": err, "asked": server.asked("model") - asked}
    return said | {"none_left": eventually(lambda: not command.left_behind())} | _stored(command)


def _stored(command: Command) -> dict[str, Any]:
    """What is reported of the run, and the ids of its generations by case."""
    with open_store(command.database) as store:
        run = find_run(store, "last")
        (row_id,) = (found.run_candidate_id for found in run.candidates if found.plan.model_name == "model")
        kept = {found.row.case_id: found.generation_id for page in iterate_outcomes(store, row_id) for found in page}
        return {"result": as_json(run_result(store, run.plan.run_id)), "kept": kept}


def test_ctrl_c_in_mid_run_ends_with_130_and_everything_finished_is_stored(ended: dict[str, dict[str, Any]]) -> None:
    interrupted = ended["SIGINT"]

    assert 130 == interrupted["code"]
    assert "Traceback" not in interrupted["err"]
    result = interrupted["result"]
    assert ("cancelled", "interrupted by Ctrl-C") == (result["status"], result["reason"])
    assert result["candidates"][0]["n_ok"] >= 4
    assert "cancelled: interrupted by Ctrl-C" in interrupted["out"]
    assert f"next: `benchwright evaluate --resume {result['run_id']}`" in interrupted["err"]


def test_after_ctrl_c_no_helper_is_left(ended: dict[str, dict[str, Any]]) -> None:
    assert ended["SIGINT"]["n_helpers"] >= 2  # the Prefect server and its supervisor
    assert ended["SIGINT"]["none_left"]


def test_after_kill_9_no_helper_is_left_and_what_was_finished_is_stored(ended: dict[str, dict[str, Any]]) -> None:
    killed = ended["SIGKILL"]

    assert -signal.SIGKILL == killed["code"]
    assert killed["n_helpers"] >= 4  # the embedded server and its supervisor too
    assert killed["none_left"]
    result = killed["result"]
    assert "interrupted" == result["status"]
    assert next(item for item in result["candidates"] if item["model"] == "model")["n_ok"] >= 4


def test_after_kill_9_a_resume_asks_what_is_not_stored_and_nothing_else_and_ends_complete(
    ended: dict[str, dict[str, Any]],
) -> None:
    killed, resumed = ended["SIGKILL"], ended["resumed"]

    assert 0 == resumed["code"], resumed["err"]
    assert {f"What is {n}?": 1 for n in range(30) if f"c{n}" not in killed["kept"]} == resumed["asked"]
    assert killed["kept"].items() <= resumed["kept"].items()
    result = resumed["result"]
    assert ("completed", killed["result"]["run_id"]) == (result["status"], result["run_id"])
    assert [(30, 0), (30, 0)] == [(found["n_ok"], found["n_failed"]) for found in result["candidates"]]
    model = next(found for found in result["candidates"] if found["model"] == "model")
    assert 1.0 == model["metrics"]["exact_match"]["value"]
    assert "Traceback" not in resumed["err"]
    assert resumed["none_left"]
