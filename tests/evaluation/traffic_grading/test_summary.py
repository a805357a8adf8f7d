"""The summary of a grading: means by policy, and whether grades agree with what was reported."""

from datetime import date

import pytest

from evaluation.records.candidates import MetricUse
from evaluation.records.traffic_grades import CallPlace, DayOfGrades
from evaluation.reports.traffic_grading import grading_as_markdown, grading_rows
from evaluation.results.traffic_grading import CandidateGrades, TrafficGradingResult
from evaluation.traffic_grading.summary import candidate_grades

HOSTILE = "<script>|**x**"


def places(policy: str | None, n: int) -> list[CallPlace]:
    return [
        CallPlace(row_id=number, call_id=f"{policy} {number}", task="chat", candidate=HOSTILE, policy=policy)
        for number in range(n)
    ]


def day(policy: str | None, *graded: tuple[float, float | None]) -> DayOfGrades:
    """Grades with what was reported."""
    return DayOfGrades(
        task="chat",
        candidate=HOSTILE,
        policy=policy,
        metric=MetricUse(name="judge_rubric", signature="s"),
        day=date(2026, 5, 3),
        values=tuple(grade for grade, _ in graded),
        outcomes=tuple(outcome for _, outcome in graded),
    )


@pytest.fixture
def rows() -> tuple[CandidateGrades, ...]:
    graded = day("fast", (1.0, 1.0), (0.75, 0.0), (0.0, 0.25), (0.25, 0.0), (1.0, None))
    return candidate_grades([*places("fast", 9), *places(None, 2)], [graded])


def test_reported_outcomes_stay_beside_the_grades_and_are_compared(rows: tuple[CandidateGrades, ...]) -> None:
    without, fast = rows

    assert (None, 2, 0, None, 0, None, None) == (
        without.policy,
        without.n_calls,
        without.n_graded,
        without.grade,
        without.n_reported,
        without.reported,
        without.graded_alike,
    )
    assert ("fast", 9, 5, 4) == (fast.policy, fast.n_calls, fast.n_graded, fast.n_reported)
    means = [None if each is None else each.value for each in (fast.grade, fast.reported, fast.graded_alike)]
    assert pytest.approx([0.6, 0.3125, 0.75]) == means


def test_the_page_escapes_names_and_shows_the_agreement(rows: tuple[CandidateGrades, ...]) -> None:
    result = TrafficGradingResult(
        judge="judge",
        digest="d",
        metric="judge_rubric",
        signature="s",
        first_day="2026-05-03",
        last_day="2026-05-03",
        n_asked=5,
        n_graded=5,
        n_failed=0,
        n_without_texts=7,
        candidates=rows,
    )

    page = grading_as_markdown(result)

    assert "<script>" not in page
    assert "**x**" not in page
    assert "alike: 0.750" in page
    assert "7 calls without stored texts, or with texts that were cut" in page
    assert ["–", "–"] == [grading_rows(result)[0]["reported"], grading_rows(result)[0]["policy"]]
