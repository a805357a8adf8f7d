"""`evaluate(level=…)`: levels from Python go on from one another, whoever began, and ask nothing twice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ending_early import HangsAtFive, press_ctrl_c
from numbers_benchmark import write_numbers
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation import RunInterrupted, evaluate, forecast
from evaluation.errors import ConfigurationError
from evaluation.results.as_json import as_json
from evaluation.results.runs import RunResult

Options = dict[str, Any]


@pytest.fixture
def sixty(tmp_path: Path) -> str:
    return str(write_numbers(tmp_path / "sixty.jsonl", 60))


def half_right(chat: Chat) -> Reply:
    number = int(chat.prompt.removeprefix("What is ").removesuffix("?"))
    return right(chat) if number % 2 else Reply(text="no")


def quality(run: RunResult) -> Any:
    return as_json({candidate.label: candidate.metrics["exact_match"] for candidate in run.candidates})


def asked_most(server: ScriptedOllama, model: str) -> tuple[int, int]:
    """Number of cases that were asked, and how often one of them at most."""
    counts = server.asked(model)
    return len(counts), max(counts.values())


def test_each_level_extends_the_run_of_the_one_before_and_the_last_has_the_numbers_of_an_unbroken_run(
    asked: Options, sixty: str, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("a", digest="a" * 64)
    ollama_by_script.add("b", half_right, digest="b" * 64)
    options: Options = {"benchmark": sixty, "model": ["a", "b"], **asked}

    levels = [evaluate(level=level, **options) for level in ("smoke", "quick", "quick", "full")]
    n_asked = asked_most(ollama_by_script, "b")
    unbroken = evaluate(**options)

    assert {levels[0].run.run_id} == {result.run.run_id for result in levels}
    assert [5, 50, 50, 60] == [result.run.n_cases for result in levels]
    assert (60, 1) == n_asked
    assert quality(unbroken.run) == quality(levels[-1].run)
    assert unbroken.levels is None


def test_a_level_says_where_it_can_go_on_to(asked: Options, sixty: str, ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("b", half_right)

    smoke = evaluate(benchmark=sixty, model="b", level="smoke", **asked)
    full = evaluate(benchmark=sixty, model="b", level="full", **asked)

    assert smoke.levels is not None
    assert full.levels is not None
    assert ("smoke", [("quick", 45), ("full", 55)]) == (
        smoke.levels.level,
        [(step.level, step.n_calls) for step in smoke.levels.going_on],
    )
    assert ("full", ()) == (full.levels.level, full.levels.going_on)


def test_a_level_of_the_command_goes_on_in_python_and_the_other_way_round(
    asked: Options, sixty: str, benchwright: Callable[..., str], ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("a")
    typed = ("--endpoint", ollama_by_script.url, "--slots", 2, "--benchmark", sixty, "--model", "a", "--level")

    benchwright("evaluate", *typed, "smoke")
    quick = evaluate(benchmark=sixty, model="a", level="quick", **asked).run
    benchwright("evaluate", *typed, "full")
    full = evaluate(resume=quick.run_id, level="full").run

    assert (quick.run_id, 50, 60) == (full.run_id, quick.n_cases, full.n_cases)
    assert (60, 1) == asked_most(ollama_by_script, "a")


def test_an_interrupted_level_is_finished_by_the_same_call(
    asked: Options, sixty: str, ollama_by_script: ScriptedOllama
) -> None:
    script = HangsAtFive(press_ctrl_c, all_wait=True)
    ollama_by_script.add("a", script, digest="a" * 64)
    options: Options = {"benchmark": sixty, "model": "a", "level": "full", **asked}
    with pytest.raises(RunInterrupted):
        evaluate(**options)
    script.may_go_on.set()
    ollama_by_script.add("a", digest="a" * 64)
    first = ollama_by_script.asked("a")
    ollama_by_script.chats.clear()

    run = evaluate(**options).run

    (candidate,) = run.candidates
    assert (60, 60) == (run.n_cases, candidate.n_ok)
    assert (1, 60) == (max(ollama_by_script.asked("a").values()), len(first | ollama_by_script.asked("a")))
    assert 2 >= len(first & ollama_by_script.asked("a"))  # what was in flight, on two slots


def test_a_forecast_counts_what_the_level_before_has(
    asked: Options, sixty: str, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("a")
    evaluate(benchmark=sixty, model="a", level="smoke", **asked)

    found = forecast(benchmark=sixty, model="a", level="quick", **asked)

    assert (5, 45) == (found.n_done, found.n_calls)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"level": "quick", "limit": 7}, "limit 7 and level 'quick' both set the number of cases"),
        ({"level": "quik"}, r"'smoke', 'quick' or 'full'"),
    ],
)
def test_a_level_that_cannot_be_is_an_error_in_words(
    asked: Options, sixty: str, ollama_by_script: ScriptedOllama, given: Options, said: str
) -> None:
    ollama_by_script.add("a")

    with pytest.raises(ConfigurationError, match=said):
        evaluate(benchmark=sixty, model="a", **asked, **given)
    assert not ollama_by_script.chats
