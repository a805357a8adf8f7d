"""What the demo says at its end."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from recommendable import fill

from evaluation.store.session import open_store

Command = Callable[..., Any]


@pytest.fixture
def demo(benchwright: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `benchwright demo` without its evaluation, which has ended with this code."""

    def command(code: int) -> Any:
        monkeypatch.setattr("deployments.cli.demo.run_evaluation", lambda *_, **__: code)
        return benchwright("demo")

    return command


def test_a_sentence_for_each_of_two_tasks_says_who_is_recommended_and_how_to_ask(demo: Command, database: str) -> None:
    with open_store(database) as store:
        fill(store)

    said = demo(0)

    assert 0 == said.code
    assert "For summarization: large:1b scores " in said.out
    assert "For classification: small:1b scores " in said.out
    assert "benchwright recommend --task summarization --explain" in said.out


def test_where_too_little_was_measured_it_says_so_and_the_demo_has_succeeded(demo: Command) -> None:
    said = demo(0)

    assert 0 == said.code
    assert "For summarization: No candidate is named: nothing was measured yet" in said.out


def test_nobody_is_recommended_after_a_demo_that_failed(demo: Command) -> None:
    said = demo(3)

    assert (3, False) == (said.code, "For summarization" in said.out)


@pytest.mark.parametrize("is_there", [True, False])
def test_it_ends_with_the_pages_and_with_a_file_of_ones_own_that_works_as_it_is_shown(
    demo: Command, benchwright: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_there: bool
) -> None:
    monkeypatch.setattr("deployments.cli.demo.embedded_model_is_there", lambda: is_there)

    shown = demo(0).out

    assert "benchwright serve" in shown
    (command,) = [line.partition(": ")[2] for line in shown.splitlines() if line.startswith("Your questions:")]
    (case,) = [line.partition("file: ")[2] for line in shown.splitlines() if "each line of the file" in line]
    (tmp_path / "my-cases.jsonl").write_text(case + "\n")
    monkeypatch.chdir(tmp_path)
    assert 0 == benchwright("benchmarks", "validate", "my-cases.jsonl").code
    words = shlex.split(command)
    model = "smollm2:135m" if is_there else "baseline-lead"
    assert ["benchwright", "evaluate", "--benchmark", "my-cases.jsonl", "--embedded", "--model", model] == words
