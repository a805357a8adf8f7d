"""What is said of a wrong word on the command line: once, in plain words, with the next step."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted_ollama import ScriptedOllama

Command = Callable[..., Any]
WRONG = (
    ("--metric", "judge_rubric"),
    ("--metric", "semantic_similarity"),
    ("--metric", "multiple_choice"),
    ("--metric", "conains"),
    ("--metric", "nowhere.py"),
    ("--metric", "nowhere.py:X"),
    ("--metric", "contains(al=True)"),
    ("--metric", ""),
    ("--judge", ""),
    ("--judge", "judge@"),
    ("--judge", "@server"),
    ("--embedder", " "),
    ("--embedder", "embedder@"),
    ("--sandbox", "strong"),
    ("--prices", "nowhere.yaml"),
)


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_each_wrong_word_is_refused_once_with_a_next_step(
    benchwright: Command, benchmark: Path, without_servers: None, words: tuple[str, str]
) -> None:
    said = benchwright("evaluate", "--benchmark", benchmark, "--model", "m", *words)

    assert (2, "") == (said.code, said.out)
    error, step = (line for line in said.err.splitlines() if line.startswith(("error: ", "  next: ")))
    parts = [part.strip() for part in error.removeprefix("error: ").split(":")]
    assert sorted(set(parts)) == sorted(parts)
    assert 1 >= error.count(f"metric '{words[1]}'")
    assert [] == [leak for leak in ("Value error", "<unknown>", "--judges") if leak in said.err]
    assert step.removeprefix("  next: ")


def test_what_a_metric_lacks_on_a_benchmark_is_one_sentence(benchwright: Command, benchmark: Path) -> None:
    said = benchwright("evaluate", "--benchmark", benchmark, "--model", "m", "--metric", "judge_rubric")

    assert [
        "error: benchmark 'numbers': metric 'judge_rubric' needs a judge, which is not there",
        "  next: Name one with --judge MODEL.",
    ] == said.err.splitlines()


def test_the_metrics_that_will_be_computed_are_the_ones_that_are_named(
    benchwright: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("m")
    words = ("evaluate", "--benchmark", benchmark, "--endpoint", ollama_by_script.url, "--model", "m", "--dry-run")

    named = benchwright(*words, "--metric", "contains", "--metric", "contains(all=True)").err
    assert "; metrics contains (headline), contains(all=True)\n" in named
    assert "; metrics exact_match (headline)" in benchwright(*words).err


@pytest.mark.parametrize("folder", ["", " ", "nowhere"])
def test_serve_opens_no_folder_to_forms_that_was_not_named(benchwright: Command, folder: str) -> None:
    said = benchwright("serve", "--form-files", folder)

    assert (2, f"error: --form-files {folder!r} is not a folder\n  next: Give an existing folder.\n") == (
        said.code,
        said.err,
    )
