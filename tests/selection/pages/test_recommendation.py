import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hostile_texts import ALL, MARK, NAME, TEXTS

from evaluation.records.evidence import Choosable, Place
from evaluation.results.as_json import as_json, from_json
from selection.answers import Expected, Ranked, Recommendation, Removed
from selection.pages.recommendation import candidate_rows, evaluation_to_run, removed_lines
from selection.pages.recommendation_result import RecommendationResult, recommendation_result

HERE = Place(name="box", url="http://box:11434", provider="ollama")


def choosable(label: str, **changed: Any) -> Choosable:
    return Choosable(key=f"key of {label}", label=label, model=label, **{"places": (HERE,), **changed})


def expected(value: float) -> Expected:
    return Expected(value=value, low=value - 0.1, high=value + 0.1, n_cases=40)


def ranked(label: str, quality: float, **changed: Any) -> Ranked:
    given: dict[str, Any] = {
        "latency_s": None,
        "cost_per_1k": None,
        "energy_j": None,
        "memory_gb": None,
        "is_tied": False,
        "is_pareto": False,
    }
    return Ranked(candidate=choosable(label), utility=100 * quality, quality=expected(quality), **{**given, **changed})


def recommendation(**changed: Any) -> Recommendation:
    given: dict[str, Any] = {
        "id": "abc",
        "task": "summarization",
        "candidate": choosable("small"),
        "quality": expected(0.6),
        "latency_s": Expected(value=1.234, low=None, high=None, n_cases=40),
        "cost_per_1k": None,
        "energy_j": None,
        "memory_gb": 2.0,
        "reason": "small is expected at 60.0 %.",
        "alternatives": (ranked("large", 0.62, is_tied=True, is_pareto=True), ranked("poor", 0.2)),
        "pareto": ("small", "large"),
        "tied": ("large", "small"),
        "removed": (Removed(candidate=choosable("huge"), constraint="max_memory_gb", reason="takes 40 GB, over 8 GB"),),
        "n_cases": 40,
        "decided_by": "scoreboard",
        "notes": ("thin",),
        "created_at": datetime(2026, 1, 2, tzinfo=UTC),
    }
    return Recommendation(**{**given, **changed})


def test_the_named_candidate_stands_first_and_columns_without_a_number_are_left_out() -> None:
    rows = candidate_rows(recommendation(), percentile=0.95)

    assert ["small", "large", "poor"] == [row["candidate"] for row in rows]
    assert ["named, tied, Pareto", "tied, Pareto", ""] == [row["mark"] for row in rows]
    assert "60.0 % [50.0, 70.0]" == rows[0]["expected"]
    assert ["1.23", "–", "–"] == [row["latency s (p95)"] for row in rows]
    assert ["candidate", "mark", "cases", "expected", "latency s (p95)", "memory GB"] == list(rows[0])


def test_qualities_that_are_no_shares_are_not_shown_in_percent() -> None:
    rows = candidate_rows(recommendation(quality=expected(3.5), alternatives=()), percentile=0.5)

    assert "3.5 [3.4, 3.6]" == rows[0]["expected"]
    assert "latency s (p50)" in rows[0]


def test_who_was_ruled_out_is_named_and_of_many_the_first() -> None:
    one = recommendation().removed[0]

    assert ["ruled out: huge: takes 40 GB, over 8 GB"] == removed_lines(recommendation())
    assert "ruled out: 2 other candidates; --json lists them" == removed_lines(recommendation(removed=(one,) * 10))[-1]


def test_an_abstention_has_no_rows_and_its_json_says_so() -> None:
    found = recommendation(candidate=None, quality=None, latency_s=None, alternatives=(), pareto=(), tied=())

    assert [] == candidate_rows(found, percentile=0.95)
    result = recommendation_result(found, percentile=0.95)
    assert ("abstained", None) == (result.status, result.candidate)


def test_json_keeps_every_number_and_what_it_takes_to_call_each_candidate() -> None:
    result = recommendation_result(recommendation(), percentile=0.9)
    found = json.loads(json.dumps(as_json(result)))

    assert result == from_json(RecommendationResult, found)
    assert ("completed", 1.234, 0.9, "2026-01-02T00:00:00+00:00") == (
        found["status"],
        found["latency_s"]["value"],
        found["percentile"],
        found["created_at"],
    )
    assert [("large", 62.0, True), ("poor", 20.0, False)] == [
        (one["candidate"]["model"], one["utility"], one["is_tied"]) for one in found["alternatives"]
    ]
    assert "http://box:11434" == found["candidate"]["endpoints"][0]["url"]


def test_the_evaluation_to_run_names_the_suite_of_the_task_and_models_that_can_be_asked() -> None:
    known = [choosable("a:1b"), choosable("a:1b"), choosable("gone", not_ready="retired"), choosable("x", places=())]

    assert "benchwright evaluate --benchmark code_generation --model a:1b" == evaluation_to_run("code", known)
    assert "benchwright evaluate --benchmark FILE --model MODEL" == evaluation_to_run("law", [])
    assert "--model 'a b'" in evaluation_to_run(None, [choosable("a\nb")])


def test_the_evaluation_to_run_uses_the_embedded_server_where_only_that_has_a_model() -> None:
    started = Place(name="embedded", url=None, provider="ollama")
    known = [choosable("a"), choosable("b", places=(started,))]

    assert evaluation_to_run("law", known).endswith("--model a --model b --embedded")
    assert evaluation_to_run("law", known[:1]).endswith("--model a")


def test_candidates_that_were_never_measured_on_the_task_stand_in_one_line():
    (one,) = recommendation().removed
    unmeasured = [replace(one, constraint="not_measured", reason="…", value=0.0, limit=10.0)] * 3
    lines = removed_lines(recommendation(removed=(one, *unmeasured)))
    assert [
        "ruled out: huge: takes 40 GB, over 8 GB",
        "ruled out, as not measured on this task: huge, huge and huge",
    ] == lines


@pytest.mark.parametrize("text", [*TEXTS, ALL, NAME])
def test_a_notebook_shows_it_as_text_whoever_named_the_models(text: str) -> None:
    result = recommendation(
        candidate=choosable(text), reason=text, notes=(text,), tied=(text, "large"), decided_by=text, id=text,
        removed=(Removed(candidate=choosable(text), constraint="max_memory_gb", reason=text),),
    )  # fmt: skip

    page = result._repr_html_()

    assert MARK in page
    assert {"div", "b", "br", "table", "thead", "tbody", "tr", "th", "td"} >= set(re.findall(r"</?([^ >]*)", page))
    assert not any(letter in page for letter in "\x1b\u202e\u2028\x00")


def test_its_frame_has_the_named_candidate_first_and_every_feasible_one() -> None:
    frame = recommendation().to_frame()

    assert [("small", True, 0.6), ("large", False, 0.62), ("poor", False, 0.2)] == [
        (row.candidate, row.is_named, row.quality) for row in frame.itertuples()
    ]
    assert [True, True, False] == list(frame["is_tied"])
    assert ("boolean", "Int64", "float64") == tuple(
        str(frame[each].dtype) for each in ("is_tied", "n_cases", "energy_j")
    )
    assert frame["energy_j"].isna().all()
    assert ["large", "poor"] == list(recommendation(candidate=None, quality=None).to_frame()["candidate"])
    page = recommendation()._repr_html_()
    assert "small is expected at 60.0 %." in page
    assert "latency s (p95)" in page
