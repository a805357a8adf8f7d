"""Thresholds as test cases that continuous integration reads."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from run_results import a_run_result, an_invocation_result
from scripted_ollama import Reply, ScriptedOllama, right

from deployments.cli.evaluate.thresholds import threshold_cases
from evaluation.records.status import Status

Command = Callable[..., Any]


def test_thresholds_are_written_as_test_cases(
    evaluate: Command, benchmark: Path, ollama_by_script: ScriptedOllama, tmp_path: Path
) -> None:
    ollama_by_script.add("half", lambda chat: right(chat) if chat.prompt < "What is 3?" else Reply(text="no"))
    report = tmp_path / "checks.xml"
    checks = ["--fail-under", "exact_match=0.75", "--fail-under", "latency_s=1000"]

    said = evaluate("--benchmark", benchmark, "--model", "half", "--metric", "exact_match", *checks, "--junit", report)

    assert 1 == said.code
    (suite,) = fromstring(report.read_bytes())
    assert ("benchwright evaluate", "2", "1", "0") == tuple(
        suite.get(name) for name in ("name", "tests", "failures", "errors")
    )
    low, fast = suite
    assert ("half: exact_match", "numbers") == (low.get("name"), low.get("classname"))
    assert ["half on numbers: exact_match 0.5 is under 0.75"] == [one.get("message") for one in low.iter("failure")]
    assert ["system-out"] == [one.tag for one in fast]


def test_without_a_threshold_or_a_place_for_the_file_nothing_is_asked(
    evaluate: Command, benchmark: Path, ollama_by_script: ScriptedOllama, tmp_path: Path
) -> None:
    ollama_by_script.add("good")
    words = ["--benchmark", benchmark, "--model", "good"]

    without = evaluate(*words, "--junit", tmp_path / "checks.xml")
    nowhere = evaluate(*words, "--fail-under", "exact_match=1", "--junit", tmp_path / "none" / "checks.xml")

    assert (2, 2) == (without.code, nowhere.code)
    assert "no threshold is given" in without.err
    assert "its folder does not exist" in nowhere.err
    assert [] == ollama_by_script.chats


@pytest.mark.parametrize(("status", "kinds"), [(Status.FAILED, ["failed"]), (Status.COMPLETED, [])])
def test_a_run_that_has_not_completed_is_an_error(status: Status, kinds: list[str]) -> None:
    result = an_invocation_result(a_run_result(status=status, reason="the server is away"))

    assert kinds == [case.kind for case in threshold_cases([], result) if case.outcome == "error"]
