"""What Tab offers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deployments.cli.app import app
from deployments.cli.completion import benchmark_names, metric_names, run_ids

Command = Callable[..., Any]


def test_run_ids_that_begin_so_are_offered_with_their_benchmark(stored_run: Command) -> None:
    stored_run("abc1")
    stored_run("xyz2")

    assert [("abc1", "numbers")] == run_ids("ab")
    assert ["last", "xyz2", "abc1"] == [name for name, _ in run_ids("")]


def test_without_a_database_nothing_is_offered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", f"sqlite:///{tmp_path / 'none' / 'none.db'}")

    assert [] == run_ids("")
    assert ["classification"] == [name for name, _ in benchmark_names("class")]


def test_suites_and_stored_benchmarks_that_begin_so_are_offered(stored_run: Command) -> None:
    stored_run("abc1")

    assert [("numbers", "3 cases")] == benchmark_names("num")
    assert {"classification", "numbers"} <= {name for name, _ in benchmark_names("")}


def test_metrics_that_begin_so_are_offered_with_what_they_measure() -> None:
    offered = dict(metric_names("exact"))

    assert ["exact_match"] == list(offered)
    assert offered["exact_match"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("benchwright evaluate --benchmark classif", "classification"),
        ("benchwright evaluate --metric exact_", "exact_match"),
        ("benchwright sweep --benchmark classif", "classification"),
        ("benchwright race --metric exact_", "exact_match"),
        ("benchwright score last --metric exact_", "exact_match"),
        ("benchwright compare last --metric exact_", "exact_match"),
        ("benchwright export last --metric exact_", "exact_match"),
        ("benchwright metrics show exact_", "exact_match"),
        ("benchwright benchmarks show classif", "classification"),
        ("benchwright deploy --benchmark classif", "classification"),
        ("benchwright review start --benchmark classif", "classification"),
        ("benchwright models agree --benchmark classif", "classification"),
        ("benchwright endpoints probe --benchmark classif", "classification"),
    ],
)
def test_the_shell_is_offered_names_wherever_one_is_taken(words: str, expected: str) -> None:
    asked = {"_BENCHWRIGHT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    answered = CliRunner().invoke(app, [], prog_name="benchwright", env=asked)
    assert [expected] == answered.stdout.split()
