"""A process that is killed inside each level: the level goes on, nothing is asked twice, the numbers are the same."""

import signal
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from command_process import PATIENCE_S, Command, eventually
from numbers_benchmark import write_numbers
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation.results.as_json import as_json
from evaluation.results.runs import RunResult
from evaluation.run_results.run_result import run_result
from evaluation.store.session import open_store
from evaluation.store.summaries import list_runs

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc to find what is left"),
]
N_CASES = 60
SLOTS = 2


def half_right(chat: Chat) -> Reply:
    number = int(chat.prompt.removeprefix("What is ").removesuffix("?"))
    return right(chat) if number % 2 else Reply(text="no")


@dataclass
class AnswersSoMany:
    """Answers so many questions, and leaves the later ones without an answer until it is let go."""

    n_left: int
    unanswered: list[str] = field(default_factory=list)
    may_go_on: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, chat: Chat) -> Reply:
        with self._lock:
            self.n_left -= 1
            hangs = self.n_left < 0
            if hangs:
                self.unanswered.append(chat.prompt)
        if hangs:
            self.may_go_on.wait(600)
        return half_right(chat)


def runs_in(folder: Path) -> list[RunResult]:
    with open_store(f"sqlite:///{folder}/results.db") as store:
        return [run_result(store, found.run_id) for found in list_runs(store)]


def n_stored(folder: Path) -> int:
    if not (folder / "results.db").exists():
        return 0
    return sum(candidate.n_ok for run in runs_in(folder) for candidate in run.candidates)


def killed(folder: Path, server: ScriptedOllama, words: tuple[str, ...], *, after: int) -> list[str]:
    """Kills the command once so many further answers are stored; the questions that were under way then."""
    script, n_before = AnswersSoMany(after), n_stored(folder)
    server.add("model", script, digest="d" * 64)
    command = Command(folder, *words)
    try:
        assert eventually(lambda: n_stored(folder) == n_before + after and len(script.unanswered) == SLOTS)
        command.process.send_signal(signal.SIGKILL)
        command.process.communicate(timeout=PATIENCE_S)
        assert eventually(lambda: not command.left_behind())
    finally:
        command.end()
        script.may_go_on.set()
    return script.unanswered


def ended(folder: Path, server: ScriptedOllama, words: tuple[str, ...]) -> str:
    """Run the command to its end, and return what it says."""
    server.add("model", half_right, digest="d" * 64)
    command = Command(folder, *words)
    try:
        _, err = command.process.communicate(timeout=PATIENCE_S)
    finally:
        command.end()
    assert 0 == command.process.returncode, err
    return err


def quality(run: RunResult) -> Any:
    return as_json(run.candidates[0].metrics["exact_match"])


def test_killed_inside_each_level_it_goes_on_where_it_was_and_ends_with_the_numbers_of_an_unbroken_run(
    tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    path = write_numbers(tmp_path / "numbers.jsonl", N_CASES)
    asked = ("--benchmark", str(path), "--endpoint", ollama_by_script.url, "--model", "model")
    asked += ("--metric", "exact_match", "--slots", str(SLOTS))
    under_way: Counter[str] = Counter()
    seen = []
    for level, after, resumed in (
        ("smoke", 2, (*asked, "--level", "smoke")),
        ("quick", 20, ("--resume", "last")),
        ("full", 4, (*asked, "--level", "full")),
    ):
        under_way.update(killed(tmp_path, ollama_by_script, (*asked, "--level", level), after=after))
        said = ended(tmp_path, ollama_by_script, resumed)
        assert "Traceback" not in said
        (run,) = runs_in(tmp_path)
        seen.append((level, str(run.status), run.n_cases, run.candidates[0].n_ok, run.candidates[0].n_failed))
    requests = ollama_by_script.asked("model")

    assert [
        ("smoke", "completed", 5, 5, 0),
        ("quick", "completed", 50, 50, 0),
        ("full", "completed", N_CASES, N_CASES, 0),
    ] == seen
    assert Counter({f"What is {number}?": 1 for number in range(N_CASES)}) + under_way == requests

    other = tmp_path / "unbroken"
    other.mkdir()
    ended(other, ollama_by_script, asked)
    (unbroken,), (leveled,) = runs_in(other), runs_in(tmp_path)
    assert quality(unbroken) == quality(leveled)
    assert 0 < leveled.candidates[0].metrics["exact_match"].value < 1  # type: ignore[operator]
