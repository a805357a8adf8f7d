"""The command as a process of its own: how it ends when it is interrupted or killed, and what it leaves behind."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ending_early import HangsAtFive
from scripted_ollama import ScriptedOllama

from evaluation.reports.results import run_result
from evaluation.store.runs import find_run
from evaluation.store.session import open_store

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to find what is left")
PATIENCE_S = 120.0
"""So much longer than anything should take that no slow machine fails a test."""


class Command:
    """`benchwright evaluate` on a store and with a Prefect of its own; its processes carry a mark."""

    def __init__(self, folder: Path, url: str, *words: str) -> None:
        folder.mkdir()
        self.mark = f"BENCHWRIGHT_TEST_MARK={uuid.uuid4().hex}"
        self.database = f"sqlite:///{folder}/results.db"
        cases = "".join(f'{{"prompt": "What is {n}?", "references": ["{n}"]}}\n' for n in range(30))
        (folder / "numbers.jsonl").write_text(cases)
        name, _, value = self.mark.partition("=")
        own = {name: value, "PREFECT_HOME": str(folder / "prefect"), "BENCHWRIGHT_DATABASE_URL": self.database}
        env = {key: text for key, text in os.environ.items() if key != "PREFECT_API_URL"} | own
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deployments.cli", "evaluate", "--benchmark", str(folder / "numbers.jsonl"),
             "--endpoint", url, "--model", "model", "--metric", "exact_match", *words],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def left_behind(self) -> list[int]:
        """Ids of living processes that carry the mark."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                is_marked = self.mark.encode() in (entry / "environ").read_bytes().split(b"\0")
                is_dead = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            except OSError:
                continue
            if is_marked and not is_dead:
                found.append(int(entry.name))
        return found

    def end(self) -> None:
        """Ends what is still there."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def eventually(claim: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not claim():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """How two commands ended that were interrupted in mid-run, side by side: one by Ctrl-C, one by kill -9."""
    from scripted_ollama import scripted_ollama

    folder = tmp_path_factory.mktemp("processes")
    with scripted_ollama() as first, scripted_ollama() as second:
        commands = {
            signal.SIGINT: _start(folder / "interrupted", first),
            signal.SIGKILL: _start(folder / "killed", second, "--embedded", "--model", "baseline-lead"),
        }
        try:
            yield {number.name: _ended(command, script, number) for number, (command, script) in commands.items()}
        finally:
            for command, script in commands.values():
                script.may_go_on.set()
                command.end()


def _start(folder: Path, server: ScriptedOllama, *words: str) -> tuple[Command, HangsAtFive]:
    script = HangsAtFive(lambda: None)
    server.add("model", script)
    return Command(folder, server.url, *words), script


def _ended(command: Command, script: HangsAtFive, number: signal.Signals) -> dict[str, Any]:
    while not script.has_come.wait(0.2):
        assert command.process.poll() is None, command.process.communicate()
    n_helpers = len(command.left_behind()) - 1
    began = time.monotonic()
    command.process.send_signal(number)
    out, err = command.process.communicate(timeout=PATIENCE_S)
    took_s = time.monotonic() - began
    none_left = eventually(lambda: not command.left_behind())
    said = {"code": command.process.returncode, "out": out, "err": err, "took_s": took_s}
    return said | {"n_helpers": n_helpers, "none_left": none_left, "database": command.database}


def test_ctrl_c_in_mid_run_ends_with_130_and_everything_finished_is_stored(ended: dict[str, dict[str, Any]]) -> None:
    interrupted = ended["SIGINT"]

    assert 130 == interrupted["code"]
    assert "Traceback" not in interrupted["err"]
    with open_store(interrupted["database"]) as store:
        result = run_result(store, find_run(store, "last").plan.run_id)
    assert ("cancelled", "interrupted by Ctrl-C") == (result["status"], result["reason"])
    assert result["candidates"][0]["n_ok"] >= 4
    assert "cancelled: interrupted by Ctrl-C" in interrupted["out"]


def test_after_ctrl_c_no_helper_is_left(ended: dict[str, dict[str, Any]]) -> None:
    assert ended["SIGINT"]["n_helpers"] >= 2  # the Prefect server and its supervisor
    assert ended["SIGINT"]["none_left"]


def test_after_kill_9_no_helper_is_left_and_what_was_finished_is_stored(ended: dict[str, dict[str, Any]]) -> None:
    killed = ended["SIGKILL"]

    assert -signal.SIGKILL == killed["code"]
    assert killed["n_helpers"] >= 4  # the embedded server and its supervisor too
    assert killed["none_left"]
    with open_store(killed["database"]) as store:
        result = run_result(store, find_run(store, "last").plan.run_id)
    assert "interrupted" == result["status"]
    assert next(item for item in result["candidates"] if item["model"] == "model")["n_ok"] >= 4
