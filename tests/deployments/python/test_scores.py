"""`score` as a function: the command's numbers, as types, in a notebook too; mistakes as errors of ours."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from scripted_ollama import Chat, Reply, ScriptedOllama

from evaluation import RunFailedError, evaluate, load_run, score, score_async
from evaluation.errors import BenchwrightError, ConfigurationError, UnknownNameError
from evaluation.results.as_json import as_json
from evaluation.results.progress import Progress

Options = dict[str, Any]


def judge_of(points: int) -> Callable[[Chat], Reply]:
    return lambda _: Reply(text=json.dumps({"rationale": "so it is", "score": points}))


def test_a_run_is_scored_by_another_metric_as_by_the_command_and_asks_nothing_again(
    asked: Options, benchmark: str, benchwright: Callable[..., str], ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    first, second = (evaluate(benchmark=benchmark, model="good", metric="exact_match", **asked).run for _ in range(2))
    n_asked = len(ollama_by_script.chats)
    told: list[Progress] = []

    scored = score(first, metric=["contains", "token_f1"], progress=told.append)

    of_command = json.loads(
        benchwright("score", second.run_id, "--metric", "contains", "--metric", "token_f1", "--json")
    )
    ours = as_json(scored)["candidates"][0]["metrics"]
    assert {"exact_match", "contains", "token_f1"} <= ours.keys()
    assert {name: ours[name] for name in ("exact_match", "contains", "token_f1")} == {
        name: of_command["candidates"][0]["metrics"][name] for name in ("exact_match", "contains", "token_f1")
    }
    assert n_asked == len(ollama_by_script.chats)
    assert scored == load_run(first.run_id)
    assert 6 == told[-1].n_done
    assert {"contains", "token_f1"} <= {name.removesuffix("_low") for name in scored.to_frame().columns}


def test_a_run_is_scored_by_a_judge_where_an_event_loop_runs_and_as_a_coroutine(
    asked: Options, benchmark: str, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("judge", judge_of(4), digest="d" * 64)
    result = evaluate(benchmark=benchmark, model="good", metric="exact_match", **asked)

    async def cell() -> list[Any]:
        return [
            score(result, metric="judge_rubric", judge="judge"),
            await score_async("last", metric="judge_rubric", judge=["judge"]),
        ]

    blocking, waiting = asyncio.run(cell())

    assert blocking.candidates == waiting.candidates
    (candidate,) = blocking.candidates
    assert 0.75 == candidate.metrics["judge_rubric"].value


def test_a_judge_that_fails_too_often_is_raised_with_the_run_and_the_same_call_asks_it_again(
    asked: Options, benchmark: str, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("judge", lambda _: Reply(status=500, error="runner crashed"), digest="d" * 64)
    run = evaluate(benchmark=benchmark, model="good", metric="exact_match", **asked).run

    with pytest.raises(RunFailedError, match="judge_rubric by judge: 0 of 6 answers of good scored") as raised:
        score(run, metric="judge_rubric", judge="judge")

    assert run.run_id == raised.value.result.run_id  # type: ignore[attr-defined]
    ollama_by_script.add("judge", judge_of(3), digest="d" * 64)
    again = score(run, metric="judge_rubric", judge="judge")
    assert 0.5 == again.candidates[0].metrics["judge_rubric"].value


def test_what_cannot_be_scored_is_refused_before_a_server_is_started(
    asked: Options, benchmark: str, ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    ollama_by_script.add("good")
    result = evaluate(benchmark=benchmark, model="good", metric="exact_match", **asked)

    def refuse() -> None:
        raise AssertionError("a Prefect server is started")

    monkeypatch.setattr("deployments.kept_server.kept_server", refuse)
    with pytest.raises(UnknownNameError, match=r"unknown metric 'token_f2'.*token_f1"):
        score(result, metric="token_f2")
    with pytest.raises(BenchwrightError, match="'nobody'"):
        score("nobody")
    with pytest.raises(BenchwrightError, match="no-such-judge"):
        score(result, metric="judge_rubric", judge="no-such-judge")
    with pytest.raises(ConfigurationError, match=r"the call: .*slots"):
        score(result, metric="token_f1", slots=0)
    with pytest.raises(TypeError, match=r"score\(\) got an unexpected keyword argument 'metrics'.*'metric'"):
        score(result, metrics="token_f1")  # type: ignore[call-arg]


def test_a_result_of_several_runs_is_refused_by_their_names(
    asked: Options, benchmark: str, tmp_path: Any, ollama_by_script: ScriptedOllama
) -> None:
    from numbers_benchmark import write_numbers

    ollama_by_script.add("good")
    second = str(write_numbers(tmp_path / "second.jsonl", 3))
    result = evaluate(benchmark=[benchmark, second], model="good", **asked)

    with pytest.raises(
        ConfigurationError, match=r"score\(\) takes one run, and the result has \w+ \(numbers\), \w+"
    ) as no:
        score(result)

    assert "one by one" in str(no.value.next_step)
