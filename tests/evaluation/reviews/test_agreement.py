"""Judges held against people: grade by grade, or pair by pair."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from evaluation.metrics.judges.rubric import RubricEvidence
from evaluation.records.reviews import RatingRecord, ReviewItem, ReviewQuestion, Said, ShownOutput
from evaluation.reviews.agreement import metrics_with_grades, metrics_with_preferences
from evaluation.scores import Measurement

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


def item(number: int, *candidates: str) -> ReviewItem:
    """Its answers are generations 10 × number, and so on."""
    return ReviewItem(
        item_id=number,
        position=number - 1,
        case_id=f"c{number}",
        cluster=None,
        reason="control",
        why="drawn",
        question=ReviewQuestion(messages=(), references=()),
        outputs=tuple(
            ShownOutput(candidate=name, run_id="run-1", generation_id=10 * number + place, answer="x", total_s=None)
            for place, name in enumerate(candidates)
        ),
    )


def rated(said: Said) -> list[RatingRecord]:
    return [RatingRecord(said=said, rater="ana", session_id="s", rated_at=NOW)]


def values(by_generation: Mapping[int, float]) -> dict[int, Measurement]:
    return {place: Measurement(value=value) for place, value in by_generation.items()}


def test_a_judge_that_grades_is_held_against_people_by_weighted_kappa_too() -> None:
    items = [item(number, "a", "b") for number in range(1, 7)]
    grades = {one.item_id: (1 + one.item_id % 5, 3) for one in items}
    ratings = {
        number: rated(Said(item_id=number, grades=({"accuracy": a}, {"accuracy": b})))
        for number, (a, b) in grades.items()
    }
    judged = {
        10 * number + place: Measurement(value=(grade - 1) / 4, evidence=RubricEvidence(float(grade), 9.0))
        for number, pair in grades.items()
        for place, grade in enumerate(pair)
    }
    found = metrics_with_grades(items, ratings, {"judge_rubric": judged}, seed=1)

    assert [("spearman", 1.0, 12), ("weighted_kappa_quadratic", 1.0, 12)] == [
        (one.coefficient, pytest.approx(one.value), one.n) for one in found
    ]


def test_a_metric_that_does_not_vary_says_nothing() -> None:
    items = [item(number, "a", "b") for number in range(1, 4)]
    ratings = {
        one.item_id: rated(Said(item_id=one.item_id, grades=({"accuracy": 4}, {"accuracy": 2}))) for one in items
    }
    flat = values({output.generation_id: 1.0 for one in items for output in one.outputs})
    (found,) = metrics_with_grades(items, ratings, {"flat": flat, "elsewhere": values({999: 1.0})}, seed=1)

    assert (None, "one of the two does not vary") == (found.value, found.reason)


def test_less_is_better_is_heeded_and_ties_take_no_side() -> None:
    items = [item(number, "a", "b") for number in range(1, 5)]
    preferred: list[int | None] = [0, 0, 1, None]
    ratings = {
        one.item_id: rated(Said(item_id=one.item_id, preferred=said))
        for one, said in zip(items, preferred, strict=True)
    }
    seconds = values({10: 1.0, 11: 2.0, 20: 5.0, 21: 5.0, 30: 1.0, 31: 2.0, 40: 1.0, 41: 9.0})
    (found,) = metrics_with_preferences(items, ratings, {"latency_s": seconds}, better_if_higher={"latency_s": False})

    assert ("same_side", 0.5, 2) == (found.coefficient, found.value, found.n)


def test_a_pairwise_judge_counts_where_the_opponent_is_shown() -> None:
    items = [item(1, "a", "judged against"), item(2, "judged against", "b"), item(3, "a", "b")]
    ratings = {one.item_id: rated(Said(item_id=one.item_id, preferred=0)) for one in items}
    verdicts = values({10: 1.0, 21: 1.0, 30: 1.0, 31: 0.0})
    (found,) = metrics_with_preferences(
        items, ratings, {"judge_pairwise": verdicts}, better_if_higher={"judge_pairwise": True}
    )

    assert (0.5, 2) == (found.value, found.n)
