"""`race`, `sweep`, `compare` as functions: what the commands of these names find, as types and as frames."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from numbers_benchmark import write_numbers
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation import (
    CheckFailedError,
    compare,
    compare_async,
    compare_unpaired,
    evaluate,
    forecast_race,
    forecast_sweep,
    load_comparison,
    load_race,
    load_sweep,
    race,
    runs,
    sweep,
)
from evaluation.errors import ConfigurationError
from evaluation.results.as_json import as_json

Options = dict[str, Any]


def never_right(_: Chat) -> Reply:
    return Reply(text="no idea")


def cold_is_right(chat: Chat) -> Reply:
    return right(chat) if chat.options["temperature"] == 0 else Reply(text="no idea")


@pytest.fixture
def twenty(tmp_path: Path) -> str:
    return str(write_numbers(tmp_path / "numbers.jsonl", 20))


def test_a_race_is_that_of_the_command_and_resumed_it_is_the_same(
    asked: Options, twenty: str, benchwright: Callable[..., str], ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("bad", never_right)

    result = race(benchmark=twenty, model=["bad", "good"], **asked)

    assert "good" == result.race.outcome.winner
    assert ["good", "bad"] == list(result.to_frame()["label"])
    plain = evaluate(benchmark=twenty, model="good", limit=1, **asked).run
    assert result == race(resume="last") == load_race()
    with pytest.raises(ConfigurationError, match=f"run {plain.run_id} is not a race"):
        load_race(plain.run_id)
    shown = json.loads(benchwright("race", "--resume", "last", "--json"))
    assert shown == as_json(result)


def test_a_sweep_is_that_of_the_command(
    asked: Options, twenty: str, benchwright: Callable[..., str], ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("model", cold_is_right)

    result = sweep(benchmark=twenty, model="model", param={"temperature": [0, 1], "top_k": [5, 9]}, **asked)

    frame = result.to_frame().query("metric == 'exact_match'")
    assert (4, {0.0, 1.0}) == (len(frame), set(frame["temperature"]))
    assert 0.0 == frame.iloc[0]["temperature"]
    shown = json.loads(benchwright("sweep", "--show", "last", "--json"))["sweep"]
    assert {key: value for key, value in shown.items() if key != "sentences"} == as_json(result)
    evaluate(benchmark=twenty, model="model", limit=1, **asked)
    assert result == load_sweep()


@pytest.fixture
def no_prefect_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may start a Prefect server."""

    def refuse() -> None:
        raise AssertionError("a Prefect server is started")

    monkeypatch.setattr("deployments.kept_server.kept_server", refuse)


def flags(asked: Options) -> list[object]:
    return ["--endpoint", asked["endpoint"], "--slots", asked["slots"]]


@pytest.mark.usefixtures("no_prefect_server")
def test_a_race_is_forecast_as_by_the_command_and_nothing_is_asked(
    asked: Options, twenty: str, benchwright: Callable[..., str], ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("bad", never_right)

    plan = forecast_race(benchmark=twenty, model=["good", "bad"], levels="smoke=6,full", confirm=4, **asked)

    typed = ["--model", "good", "--model", "bad", "--levels", "smoke=6,full", "--confirm", 4, *flags(asked)]
    shown = json.loads(benchwright("race", "--benchmark", twenty, *typed, "--dry-run", "--json"))
    assert shown["race"].items() >= (as_json(plan.bounds) | {"most_seconds": plan.most_seconds}).items()
    assert shown["first_look"] == as_json(plan.first_look)
    assert ("numbers", 2, 12) == (plan.benchmark_name, plan.bounds.n_candidates, plan.first_look.n_calls)
    assert ([], 0) == (ollama_by_script.chats, len(runs()))
    with pytest.raises(ConfigurationError, match="before it begins"):
        forecast_race(resume="last", **asked)
    with pytest.raises(ConfigurationError, match="all the same"):
        forecast_race(benchmark=twenty, model="good", candidate="good", **asked)


@pytest.mark.usefixtures("no_prefect_server")
def test_a_sweep_is_forecast_as_by_the_command_and_nothing_is_asked(
    asked: Options, twenty: str, benchwright: Callable[..., str], ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("model")

    plan = forecast_sweep(benchmark=twenty, model="model", param={"temperature": [0, 1], "top_k": [5, 9]}, **asked)

    typed = ["--model", "model", "--param", "temperature=0,1", "--param", "top_k=5,9", *flags(asked)]
    shown = json.loads(benchwright("sweep", "--benchmark", twenty, *typed, "--dry-run", "--json"))
    assert shown == as_json(plan.costs) | {"asked_afterwards": []}
    assert () == plan.asked_afterwards
    assert [(0, 5), (0, 9), (1, 5), (1, 9)] == [(each["temperature"], each["top_k"]) for each in plan.combinations]
    assert (80, []) == (plan.costs.n_calls, ollama_by_script.chats)


def test_candidates_are_evaluated_and_compared_and_so_are_stored_runs(
    asked: Options, twenty: str, benchwright: Callable[..., str], ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("bad", never_right)

    made = compare(benchmark=twenty, model=["good", "bad"], metric="exact_match", against="good", **asked)

    (comparison,) = made
    assert ("good", 1) == (comparison.winner, len(made.runs))
    stored = compare(made.runs[0], metric="exact_match", against="good")
    asynchronously = asyncio.run(compare_async(made.runs[0].run_id, metric="exact_match", against="good"))
    assert [comparison] == list(stored) == list(asynchronously)
    assert comparison == load_comparison(comparison.comparison_id) == load_comparison()
    typed = ["compare", made.runs[0].run_id, "--metric", "exact_match", "--against", "good", "--json"]
    assert json.loads(benchwright(*typed))["comparisons"][0]["p_value"] == comparison.pairs[0].p_value
    row = made.to_frame().iloc[0]
    assert ("bad", "good", "B better") == (row["a"], row["b"], row["verdict"])


def test_a_regression_is_raised_with_the_comparison(
    asked: Options, twenty: str, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("bad", never_right)
    run = evaluate(benchmark=twenty, model=["good", "bad"], **asked).run

    with pytest.raises(CheckFailedError, match="bad") as raised:
        compare(run, fail_on_regression=True)

    (comparison,) = raised.value.result  # type: ignore[misc]
    assert "good" == comparison.winner


def test_groups_without_common_cases_are_compared(
    asked: Options, tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    first = evaluate(benchmark=str(write_numbers(tmp_path / "first.jsonl", 6)), model="good", **asked)
    second = evaluate(benchmark=str(write_numbers(tmp_path / "second.jsonl", 8)), model="good", **asked)

    result = compare_unpaired(first, second)

    assert 2 == len(result.groups)
    assert {"exact_match"} <= set(result.to_frame()["metric"])


def test_a_run_that_is_no_sweeps_is_refused(asked: Options, benchmark: str, ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("good")
    run = evaluate(benchmark=benchmark, model="good", **asked).run

    with pytest.raises(ConfigurationError, match="is not a sweep"):
        load_sweep(run.run_id)
