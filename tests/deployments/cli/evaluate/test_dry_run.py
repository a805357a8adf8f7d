"""`--dry-run` shows the plan in order and says in a sentence what it will cost."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from scripted_ollama import Reply, ScriptedOllama

from deployments.cli.evaluate.dry_run import show_dry_run
from evaluation.forecasts.costs import EndpointForecast, Forecast, LoadForecast, WorkForecast
from evaluation.forecasts.scoring_work import ScoringPace, ScoringWork
from evaluation.formatting import duration
from evaluation.reports.forecasts import afterwards_sentence, sentences
from evaluation.store.past_speed import PastSpeed

Command = Callable[..., Any]
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = NOON.astimezone().date()


def speed(**given: Any) -> PastSpeed:
    known: dict[str, Any] = {
        "endpoint_name": "here",
        "model": "a:1b",
        "n_generations": 500,
        "newest_at": NOON,
        "basis": "weights",
        "same_benchmark": True,
        "slots": 4,
        "generation_s": 2.0,
        "prompt_tokens": 12.0,
        "output_tokens": 40.0,
    }
    return PastSpeed(**(known | given))


def part(**given: Any) -> WorkForecast:
    known: dict[str, Any] = {
        "label": "a:1b",
        "benchmark_name": "numbers",
        "n_cases": 40,
        "n_repeats": 1,
        "n_done": 0,
        "n_reusable": 0,
        "n_calls": 40,
        "shared_with": (),
        "prompt_tokens": 480,
        "prompt_tokens_from_characters": False,
        "output_tokens": 1600,
        "seconds": 90.0,
        "speed": speed(),
    }
    return WorkForecast(**(known | given))


def planned(*works: WorkForecast, **given: Any) -> Forecast:
    load = LoadForecast(model="a:1b", load_options={"num_ctx": 4096}, load_s=5.0, works=works or (part(),))
    endpoint = EndpointForecast(endpoint_name="here", slots=4, loads=(load,), seconds=180.0)
    known: dict[str, Any] = {
        "endpoints": (endpoint,),
        "n_model_loads": 2,
        "n_calls": 80,
        "n_done": 0,
        "n_reusable": 0,
        "n_calls_untimed": 0,
        "n_loads_untimed": 0,
        "prompt_tokens": 960,
        "output_tokens": 3200,
        "seconds": 180.0,
    }
    return Forecast(**(known | given))


def nothing(**given: Any) -> Forecast:
    known: dict[str, Any] = {"endpoints": (), "n_model_loads": 0, "n_calls": 0, "seconds": None}
    return planned(**(known | {"prompt_tokens": None, "output_tokens": None} | given))


def test_the_cost_is_said_in_a_sentence() -> None:
    assert [
        f"2 model loads, 80 calls, about 3 min (from 500 generations of {DAY}).",
        "About 960 tokens in and 3,200 out.",
    ] == list(sentences(planned()))


def test_one_is_not_many() -> None:
    (said, *_) = sentences(planned(n_model_loads=1, n_calls=1))

    assert said.startswith("1 model load, 1 call, about")


def test_what_was_never_asked_is_said() -> None:
    unknown = part(speed=None, seconds=None, output_tokens=None, prompt_tokens_from_characters=True)

    assert [
        "2 model loads, 80 calls, time unknown: never asked here.",
        "About 960 tokens in (assuming four characters per token), as far as that is known.",
    ] == list(sentences(planned(unknown, seconds=None, output_tokens=None, n_calls_untimed=80)))


def test_what_is_left_out_of_the_time_is_said() -> None:
    said = list(sentences(planned(n_calls_untimed=40, n_loads_untimed=1)))

    assert (
        f"2 model loads, 80 calls, about 3 min (from 500 generations of {DAY}, without 40 calls never asked "
        in (said[0])
    )
    assert "Not included: the time of 1 load, which was never measured." == said[-1]


def test_estimates_of_several_days_name_the_first_and_the_last() -> None:
    works = part(), part(speed=speed(newest_at=NOON - timedelta(days=3), n_generations=20))
    (said, *_) = sentences(planned(*works))

    assert f"(from 520 generations of {DAY - timedelta(days=3)} to {DAY})" in said


def test_what_is_stored_or_reused_is_said() -> None:
    said = list(sentences(planned(n_done=30, n_reusable=1)))

    assert ["30 outcomes stored already.", "1 outcome reused from earlier runs."] == said[-2:]


def test_nothing_to_ask_is_said() -> None:
    assert ["Nothing to ask: 40 outcomes stored already."] == list(sentences(nothing(n_done=40)))
    assert ["Nothing to ask: 40 outcomes stored already, 10 of them in earlier runs."] == list(
        sentences(nothing(n_done=30, n_reusable=10))
    )


def test_the_plan_is_a_table_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    words = part(benchmark_name="words", n_cases=1500, n_repeats=2, n_calls=3000, seconds=8000.0)
    show_dry_run(planned(part(), words), as_json=False)

    head, _, first, second, _, *said = capsys.readouterr().out.splitlines()
    assert "candidate benchmark endpoint load cases calls tokens in tokens out time estimated from" == " ".join(
        head.split()
    )
    assert f"a:1b numbers here (4 slots) 1 40 40 480 1,600 90 s 500 generations of {DAY}" == " ".join(first.split())
    assert "words here (4 slots) 1 1,500 × 2 3,000" in " ".join(second.split())
    assert "2 h 13 min" in second
    assert said[0].startswith("2 model loads, 80 calls")


def test_what_the_estimate_lacks_stands_in_its_row(capsys: pytest.CaptureFixture[str]) -> None:
    works = (
        part(speed=None, seconds=None, output_tokens=None, prompt_tokens=None),
        part(speed=speed(same_benchmark=False, basis="model name")),
    )
    show_dry_run(planned(*works), as_json=False)

    _, _, first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.split()[-6:] == ["unknown", "unknown", "unknown", "never", "asked", "here"]
    assert second.rstrip().endswith(f"500 generations of {DAY}, other benchmarks, other weights of that name")


def test_shares_and_what_is_there_already_have_their_columns(capsys: pytest.CaptureFixture[str]) -> None:
    shown = part(n_done=7, n_reusable=3, n_calls=20, shared_with=("there",))
    show_dry_run(planned(shown, n_done=7, n_reusable=3), as_json=False)

    head, _, row, *_ = capsys.readouterr().out.splitlines()
    assert "load cases stored reused calls" in " ".join(head.split())
    assert "1 40 7 3 20 (its share)" in " ".join(row.split())


def test_the_row_of_a_further_model_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    show_dry_run(
        planned(part(label="a:1b pipeline=p"), part(label="a:1b pipeline=p", further_model="e:1b")), as_json=False
    )

    _, _, own, further, *_ = capsys.readouterr().out.splitlines()
    assert own.startswith("a:1b pipeline=p  ")
    assert further.startswith("a:1b pipeline=p · e:1b  ")


def test_no_table_is_shown_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show_dry_run(nothing(n_done=1), as_json=False)

    assert "Nothing to ask: 1 outcome stored already.\n" == capsys.readouterr().out


def test_a_program_reads_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    show_dry_run(planned(), as_json=True)

    told = json.loads(capsys.readouterr().out)
    assert (2, 80, 180.0) == (told["n_model_loads"], told["n_calls"], told["seconds"])
    assert "numbers" == told["endpoints"][0]["loads"][0]["works"][0]["benchmark_name"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "40 ms"),
        (9.4, "9.4 s"),
        (9.6, "9.6 s"),
        (99.4, "99 s"),
        (99.6, "2 min"),
        (180.0, "3 min"),
        (5940.0, "99 min"),
        (7200.0, "2 h"),
        (8000.0, "2 h 13 min"),
    ],
)
def test_a_duration_is_said_in_the_unit_that_fits(seconds: float, said: str) -> None:
    assert said == duration(seconds)


JUDGE = ScoringWork(
    need="judge",
    model="qwen3:14b",
    endpoint="here",
    n_answers=120,
    seconds=180.0,
    pace=ScoringPace(n_scores=200, newest_at=NOON, request_s=1.5),
)
PROGRAMS = ScoringWork(need="sandbox", model=None, endpoint=None, n_answers=1, seconds=None, pace=None)


def test_what_is_asked_afterwards_has_a_time_or_is_said_to_have_none() -> None:
    assert (
        f"Then the judge qwen3:14b at here is asked up to 120 times, about 3 min (from 200 scores of {DAY})."
        == afterwards_sentence(JUDGE)
    )
    assert "Then programs are run for up to 1 score, time unknown: too few such scores here yet." == (
        afterwards_sentence(PROGRAMS)
    )


def test_a_program_reads_the_time_of_what_is_asked_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    show_dry_run(planned(), (JUDGE, PROGRAMS), as_json=True)

    judge, programs = json.loads(capsys.readouterr().out)["asked_afterwards"]
    assert (180.0, NOON.isoformat()) == (judge["seconds"], judge["pace"]["newest_at"])
    assert ("sandbox", None, None) == (programs["need"], programs["seconds"], programs["pace"])


def test_a_dry_run_after_a_run_knows_how_long_the_judge_took(
    evaluate: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("judge", lambda _: Reply(text='{"rationale": "so it is", "score": 3}', delay_s=0.6))
    words = "--benchmark", benchmark, "--model", "good", "--metric", "judge_rubric", "--judge", "judge", "--slots", 1

    before = evaluate(*words, "--dry-run").out
    assert f"judge judge at {ollama_by_script.name} is asked up to 6 times, time unknown" in before
    assert 0 == evaluate(*words).code
    (after,) = evaluate(*words, "--dry-run", "--json").json["asked_afterwards"]
    assert ("judge", 6, 6) == (after["need"], after["n_answers"], after["pace"]["n_scores"])
    assert after["pace"]["request_s"] > 0.3
