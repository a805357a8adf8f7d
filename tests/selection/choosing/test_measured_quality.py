"""What was measured comes first, and whatever makes an expectation differ from it is said."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored_tables import named, scored

from evaluation.records.evidence import Evidence
from selection.answers import Adjustments, MeasuredPart
from selection.choosing.choice import choose
from selection.choosing.choice_types import Choice
from selection.choosing.explanation import explanation_of, reason_of
from selection.choosing.measured_quality import part_shown, why_expected
from selection.preferences import Question
from selection.scoreboard import Deviations
from selection.scoreboards.building import build_scoreboard


def _random_evidence(seed: int) -> Evidence:
    """Three candidates on two tasks of two benchmarks each, with families and cases that some were not asked."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 60))
    quality = (rng.random((3, n)) < rng.random((3, 1))).astype(float)
    quality[rng.random(quality.shape) < rng.choice([0.0, 0.3])] = np.nan
    quality[0, 0] = 1.0
    evidence = scored(
        quality,
        tasks=["qa" if i < n // 2 else "law" for i in range(n)],
        families=[str(i // int(rng.choice([1, 2]))) for i in range(n)],
    )
    cases = tuple(replace(case, yardstick=f"{case.task} {i % 2}") for i, case in enumerate(evidence.cases))
    return replace(evidence, cases=cases, benchmarks={"qa 0": "first (accuracy)"})


@pytest.mark.parametrize("task", ["qa", "law", None])
@pytest.mark.parametrize("for_prompt", [False, True])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_was_measured_and_what_is_said_of_it_make_up_the_expectation(
    seed: int, task: Any, for_prompt: bool
) -> None:
    deviations = Deviations(value=np.array([0.2, 0.0, -0.3]), se=np.full(3, 0.1)) if for_prompt else None
    choice = choose(build_scoreboard(_random_evidence(seed)), Question(task=task), deviations=deviations, min_cases=1)
    for one in choice.ranked:
        assert one.measured is not None
        assert one.adjustments is not None
        told = one.adjustments.filled_in + one.adjustments.other_tasks + (one.adjustments.prompt or 0.0)
        assert one.quality.value == pytest.approx(one.measured.value + told, abs=1e-6)
        if not one.adjustments.n_filled_in and task is not None and not for_prompt:
            assert 0 == pytest.approx(one.adjustments.filled_in, abs=1e-6) or one.quality.value in (0.0, 1.0)
        shown = f"{100 * one.quality.value:.1f}" == f"{100 * one.measured.value:.1f}"
        why = why_expected(one.adjustments, of_tasks=task is None, is_fraction=True)
        assert shown or why or abs(one.quality.value - one.measured.value) < 0.0015


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_lead_is_the_difference_of_the_measured_levels_or_says_of_what_it_is(seed: int) -> None:
    choice = choose(build_scoreboard(_random_evidence(seed)), Question(task="qa"), min_cases=1)
    lead = re.search(r"measured ([\d.]+) points better than (\w)(.*?) \(p ", reason_of(choice))
    if lead is None:
        return
    first, other = choice.ranked[0], next(one for one in choice.ranked if one.candidate.label == lead[2])
    assert first.measured is not None
    assert other.measured is not None
    apart = 100 * (first.measured.value - other.measured.value)
    assert "that both were asked" in lead[3] or float(lead[1]) == pytest.approx(apart, abs=0.11)


def _on_two_tasks() -> Choice:
    """One that shines on twelve cases of a task and is poor on forty of another."""
    rows = np.zeros((3, 52))
    rows[0, :7] = rows[1, :4] = rows[2, :4] = 1
    rows[1, 12:40] = rows[2, 12:36] = 1
    evidence = scored(rows, tasks=["qa"] * 12 + ["law"] * 40)
    return choose(build_scoreboard(evidence), Question(task="qa", on_tie="best"))


def test_the_pull_towards_other_tasks_is_named_with_its_points() -> None:
    one = next(one for one in _on_two_tasks().ranked if one.candidate.label == "a")
    assert one.measured is not None
    assert one.adjustments is not None
    assert 7 / 12 == pytest.approx(one.measured.value)
    assert one.adjustments.other_tasks < -0.005
    points = f"{100 * one.adjustments.other_tasks:+.1f} points by shrinkage towards its results on other tasks"
    assert f"measured 58.3 %, expected {100 * one.quality.value:.1f} %" in explanation_of(_on_two_tasks())
    assert points in explanation_of(_on_two_tasks())


def test_a_case_of_another_benchmark_that_it_was_not_asked_is_said_to_be_filled_in() -> None:
    rows = np.zeros((2, 41))
    rows[0, :27], rows[1, :12] = 1, 1
    rows[0, 40] = np.nan
    evidence = scored(rows)
    cases = [replace(case, yardstick="sweep" if case.case_id == "40" else "qa 1") for case in evidence.cases]
    evidence = replace(
        evidence, cases=tuple(cases), benchmarks={"sweep": "a sweep (rouge_l)", "qa 1": "facts (accuracy)"}
    )

    choice = choose(build_scoreboard(evidence), Question(task="qa"))

    (winner,) = [one for one in choice.ranked if one is choice.winner]
    assert winner.measured is not None
    assert (
        MeasuredPart(name="facts (accuracy)", value=0.675, n_cases=40, n_answers=40, of_n_cases=40),
        MeasuredPart(name="a sweep (rouge_l)", value=None, n_cases=0, n_answers=0, of_n_cases=1),
    ) == winner.measured.parts
    assert reason_of(choice).startswith("a scores 67.5 % on qa (40 cases); expected: 66.")
    assert "points for 1 case it was not asked, imputed from other candidates' results)" in reason_of(choice)
    assert "measured: facts (accuracy) 67.5 % (40), a sweep (rouge_l) not asked" in explanation_of(choice)
    assert "; measured 37.5 points better than b on the 40 independent cases that both were asked (p" in reason_of(
        choice
    )


def test_a_number_over_all_tasks_says_that_it_is_a_mean_of_task_means() -> None:
    rows = np.zeros((2, 60))
    rows[0, :20] = 1
    rows[1, :2] = 1
    choice = choose(build_scoreboard(scored(rows, tasks=["qa"] * 20 + ["law"] * 40)), Question())
    assert "a scores 50.0 % on all tasks (the mean over 2 tasks, each counting alike; 60 cases)" in reason_of(choice)


def test_one_task_is_no_mean_of_tasks() -> None:
    reason = reason_of(choose(build_scoreboard(scored(np.eye(2)[:, [0] * 40])), Question()))
    assert "on all tasks (40 cases)" in reason


def test_the_answers_of_repeats_are_counted() -> None:
    part = MeasuredPart(name="x", value=0.5, n_cases=12, n_answers=24, of_n_cases=40)
    assert "50.0 % (12 of 40, 24 answers)" == part_shown(part, is_fraction=True)


def test_what_a_prompt_adds_is_said() -> None:
    found = Adjustments(n_filled_in=0, filled_in=0.0, other_tasks=0.0, prompt=0.123)
    assert "+12.3 points for this prompt" == why_expected(found, of_tasks=False, is_fraction=True)


def test_cases_of_one_family_count_as_one_in_what_was_measured() -> None:
    evidence = scored([[1.0, 1.0, 1.0, 0.0]], families=["x", "x", "x", "y"], candidates=[named("a")])
    choice = choose(build_scoreboard(evidence), Question(task="qa"), min_cases=1)
    assert choice.winner is not None
    assert choice.winner.measured is not None
    assert 0.5 == choice.winner.measured.value
