"""`from evaluation import evaluate`: the command's numbers as types, mistakes as errors of ours, nothing printed."""

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from breaking_down import BreaksDownAtFive
from ending_early import HangsAtFive, press_ctrl_c
from numbers_benchmark import write_numbers
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation import (
    BenchwrightError,
    CheckFailedError,
    RunFailedError,
    RunInterrupted,
    evaluate,
    evaluate_async,
    forecast,
    load_case,
    load_cases,
    load_run,
    load_scores,
    runs,
)
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.status import Status
from evaluation.results.as_json import as_json
from evaluation.results.progress import Progress
from evaluation.results.runs import RunResult

Options = dict[str, Any]


def half_right(chat: Chat) -> Reply:
    return right(chat) if chat.prompt < "What is 3?" else Reply(text="no")


def numbers_of(run: RunResult) -> Any:
    """What does not depend on when and where a run was made."""
    (candidate,) = run.candidates
    return as_json({"exact_match": candidate.metrics["exact_match"], "options": candidate.options, "n": run.n_cases})


def test_the_numbers_are_those_of_the_command_for_the_same_seed_and_nothing_is_printed(
    asked: Options,
    benchmark: str,
    benchwright: Callable[..., str],
    ollama_by_script: ScriptedOllama,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ollama_by_script.add("half", half_right)
    typed = ["--endpoint", ollama_by_script.url, "--slots", 2, "--benchmark", benchmark, "--model", "half", "--json"]
    typed += ["--seed", 3, "--limit", 5, "--repeats", 2, "--metric", "exact_match", "--option", "temperature=0.5"]
    (of_command,) = json.loads(benchwright("evaluate", *typed))["runs"]
    capsys.readouterr()

    result = evaluate(
        benchmark=benchmark, model="half", seed=3, limit=5, repeats=2, metric=["exact_match"],
        option={"temperature": 0.5}, **asked,
    )  # fmt: skip

    assert ("", "") == capsys.readouterr()
    assert Status.COMPLETED == result.status
    (candidate,) = of_command["candidates"]
    expected = {
        "exact_match": candidate["metrics"]["exact_match"],
        "options": candidate["options"],
        "n": of_command["n_cases"],
    }
    assert expected == numbers_of(result.run)
    assert 0 < result.run.candidate("half temperature=0.5").metrics["exact_match"].value < 1  # type: ignore[operator]
    assert of_command["benchmark_version"] == result.run.benchmark_version


def test_it_works_where_an_event_loop_runs_as_in_a_notebook_and_as_a_coroutine(
    asked: Options, benchmark: str, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")

    async def cell() -> list[Any]:
        first = evaluate(benchmark=benchmark, model="good", **asked)
        second = await evaluate_async(benchmark=benchmark, model="good", **asked)
        return [first, second]

    first, second = asyncio.run(cell())
    assert numbers_of(first.run) == numbers_of(second.run)
    assert first.run.run_id != second.run.run_id


def test_what_is_stored_is_loaded_as_the_same_types(
    asked: Options, benchmark: str, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("half", half_right)
    run = evaluate(benchmark=benchmark, model="half", metric="exact_match", **asked).run

    assert run == load_run(run.run_id) == load_run()
    assert [run.run_id] == [each.run_id for each in runs()]
    assert "What is 3?" == load_case("c3").case.prompt
    assert {"c0", "c1", "c2", "c3", "c4", "c5"} == {row.case_id for row in load_cases(run.run_id)}
    (row,) = load_cases(case="c3")
    assert ("no", 0.0) == (row.answer, row.scores["exact_match"].value)
    assert [1.0] == [score.value for score in load_scores(case=["c1"], metric="exact_match")]
    with pytest.raises(UnknownNameError, match=r"unknown case of run .* 'c9'"):
        load_cases(case="c9")


def test_a_mistake_is_an_error_of_ours_before_anything_is_asked(
    asked: Options, benchmark: str, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")

    with pytest.raises(BenchwrightError, match="no-such-model"):
        evaluate(benchmark=benchmark, model="no-such-model", **asked)
    with pytest.raises(ConfigurationError, match="the call: no model"):
        evaluate(benchmark=benchmark, **asked)
    with pytest.raises(TypeError, match=r"evaluate\(\) got an unexpected keyword argument 'modle'.*'model'"):
        evaluate(benchmark=benchmark, modle="good", **asked)  # type: ignore[call-arg]
    assert [] == ollama_by_script.chats


def test_a_forecast_counts_the_calls_and_asks_nothing(
    asked: Options, benchmark: str, ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise AssertionError("a Prefect server is started")

    monkeypatch.setattr("deployments.kept_server.kept_server", refuse)
    ollama_by_script.add("good")

    costs = forecast(benchmark=benchmark, model="good", repeats=2, **asked)

    assert (12, 1, None) == (costs.n_calls, costs.n_model_loads, costs.seconds)
    assert [] == ollama_by_script.chats
    assert () == tuple(runs())


def test_files_are_named_as_texts_or_paths_and_prices_may_be_a_mapping(
    asked: Options, benchmark: str, tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    prices = {"models": {"good": {"input_per_million": 1.0, "output_per_million": 2.0}}}
    request, table = tmp_path / "request.yaml", tmp_path / "prices.yaml"
    request.write_text(yaml.safe_dump({"benchmarks": [benchmark], "models": ["good"], "limit": 2}))
    table.write_text(yaml.safe_dump(prices))

    results = [
        evaluate(file=request, **asked),
        evaluate(file=str(request), limit=2, prices=table, **asked),
        evaluate(benchmark=Path(benchmark), model=("good",), limit=2, prices=prices, **asked),
    ]

    assert [2, 2, 2] == [result.run.n_cases for result in results]
    costs = [result.run.candidates[0].metrics.get("cost_usd") for result in results]
    assert costs[0] is None
    assert costs[1] == costs[2]
    assert costs[1] is not None


def test_a_check_that_does_not_hold_is_raised_with_all_that_was_found(
    asked: Options, benchmark: str, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("half", half_right)

    with pytest.raises(CheckFailedError, match=r"half on numbers: exact_match 0\.5 is under 0\.9") as raised:
        evaluate(benchmark=benchmark, model="half", metric="exact_match", fail_under={"exact_match": 0.9}, **asked)

    assert load_run() == raised.value.result.run  # type: ignore[attr-defined]


def test_a_failed_run_is_raised_with_what_the_others_found(
    asked: Options, benchmark: str, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("broken", lambda _: Reply(status=400, error='option "x" must be of type int'))
    ollama_by_script.add("good")

    with pytest.raises(RunFailedError, match=r"run \w+ \(numbers\) is failed") as raised:
        evaluate(benchmark=benchmark, model=["broken", "good"], **asked)

    run = raised.value.result.run  # type: ignore[attr-defined]
    assert ["failed", "completed"] == [candidate.status for candidate in run.candidates]
    assert f"evaluate(resume={run.run_id!r})" in str(raised.value.next_step)


def test_ctrl_c_leaves_a_run_that_is_resumed(
    asked: Options, benchmark: str, ollama_by_script: ScriptedOllama, prefect_api: str
) -> None:
    hangs = HangsAtFive(press_ctrl_c, prefect_api)
    ollama_by_script.add("slow", hangs)

    with pytest.raises(RunInterrupted, match=r"next: evaluate\(resume='\w+'\)") as raised:
        evaluate(benchmark=benchmark, model="slow", **asked)
    hangs.may_go_on.set()

    assert Status.CANCELLED == load_run(raised.value.run_id).status
    ollama_by_script.models["slow"].script = right
    ollama_by_script.chats.clear()
    resumed = evaluate(resume=raised.value.run_id)
    assert (Status.COMPLETED, raised.value.run_id) == (resumed.status, resumed.run.run_id)
    assert 0 < len(ollama_by_script.chats) < 6


def test_a_coroutine_that_is_cancelled_leaves_a_run_that_is_resumed(
    asked: Options, benchmark: str, ollama_by_script: ScriptedOllama, prefect_api: str
) -> None:
    hangs = HangsAtFive(lambda: None, prefect_api)
    ollama_by_script.add("slow", hangs)

    async def cell() -> None:
        task = asyncio.create_task(evaluate_async(benchmark=benchmark, model="slow", **asked))
        assert await asyncio.to_thread(hangs.has_come.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cell())
    hangs.may_go_on.set()
    assert Status.CANCELLED == load_run().status
    ollama_by_script.models["slow"].script = right
    assert Status.COMPLETED == evaluate(resume="last").status


def test_progress_and_notes_are_heard_and_what_progress_raises_ends_the_run(
    asked: Options, benchmark: str, ollama_by_script: ScriptedOllama, prefect_api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.cli.terminal.progress_bar.LOOK_EVERY_S", 0.01)
    hangs = HangsAtFive(lambda: None, prefect_api)
    ollama_by_script.add("good", hangs)
    told: list[Progress] = []
    heard: list[str] = []
    hangs.may_go_on.set()

    evaluate(benchmark=benchmark, model="good", progress=told.append, tell=heard.append, **asked)

    assert (6, 0, 6) == (told[-1].n_done, told[-1].n_failed, told[-1].n_planned)
    assert "6 of 6 done, 0 failed" in str(told[-1])
    assert any("numbers: 6 cases" in line for line in heard)

    enough = RuntimeError("enough")

    def stop(_: Progress) -> None:
        raise enough

    hangs.may_go_on.clear()
    threading.Timer(20, hangs.may_go_on.set).start()
    with pytest.raises(RuntimeError, match="enough"):
        evaluate(benchmark=benchmark, model="good", progress=stop, **asked)
    hangs.may_go_on.set()
    assert Status.CANCELLED == load_run().status


def test_a_forecast_says_who_is_asked_for_scores_afterwards(
    asked: dict[str, Any], benchmark: str, benchwright: Callable[..., str], ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    options = {"benchmark": benchmark, "model": "good", "metric": ["exact_match", "judge_rubric"], "judge": "good"}

    plan = forecast(**options, **asked)

    words = [
        f"--{name}={each}" for name, value in options.items() for each in ([value] if isinstance(value, str) else value)
    ]
    shown = json.loads(
        benchwright("evaluate", *words, "--endpoint", asked["endpoint"], "--slots", 2, "--dry-run", "--json")
    )
    assert shown == as_json(plan) | {"asked_afterwards": shown["asked_afterwards"]}
    assert [("judge", 6)] == [(each["need"], each["n_answers"]) for each in shown["asked_afterwards"]]
    assert [("judge", 6)] == [(work.need, work.n_answers) for work in plan.asked_afterwards]
    assert "is asked up to 6 times" in plan._repr_html_()


def test_progress_names_the_server_that_is_waited_for_until_it_is_back(
    asked: Options, tmp_path: Path, ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.cli.terminal.progress_bar.LOOK_EVERY_S", 0.01)
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.2")
    ollama_by_script.add("model", BreaksDownAtFive(ollama_by_script))
    told: list[Progress] = []

    def repair(progress: Progress) -> None:
        told.append(progress)
        if progress.waits:
            ollama_by_script.start()

    result = evaluate(
        benchmark=str(write_numbers(tmp_path / "thirty.jsonl", 30)), model="model", progress=repair, **asked
    )

    waits = [progress for progress in told if progress.waits]
    assert {ollama_by_script.name} == {wait.endpoint for progress in waits for wait in progress.waits}
    assert 1 == len({wait.since for progress in waits for wait in progress.waits})
    assert f" · waiting for {ollama_by_script.name} since " in str(waits[0])
    assert ((), 30) == (told[-1].waits, told[-1].n_done)
    assert (30, 0) == (result.run.candidates[0].n_ok, result.run.candidates[0].n_failed)
