"""Outcomes are told beside what is expected, and contradict it only beyond chance."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from selection.answers import Expected, Reported
from selection.decisions.reported_outcomes import UseOutcome, binomial_at_most, reported_of_use

EXPECTED = Expected(value=0.9, low=0.82, high=0.98, n_cases=60)


def outcome(number: int, prompt: int | None = None, **reported: Any) -> UseOutcome:
    given: dict[str, Any] = {"quality": None, "ok": None, **reported}
    return UseOutcome(
        recommendation_id=f"r{number}",
        task="qa",
        candidate_key="k",
        prompt_hash=f"p{number if prompt is None else prompt}",
        reported_at=datetime(2026, 5, 4, tzinfo=UTC),
        **given,
    )


def reported(outcomes: list[UseOutcome], expected: Expected | None = EXPECTED) -> Reported:
    found = reported_of_use(outcomes, expected)
    assert found is not None
    return found


@given(n=st.integers(1, 200), k=st.integers(0, 200), share=st.floats(0, 1))
def test_the_binomial_chance_is_that_of_scipy(n: int, k: int, share: float) -> None:
    assert float(binom.cdf(min(k, n), n, share)) == pytest.approx(binomial_at_most(k, n, share), abs=1e-9)


def test_outcomes_that_are_poor_throughout_contradict_what_is_expected() -> None:
    assert reported([outcome(i, quality=0.0) for i in range(20)]).contradicts
    found = reported([outcome(i, ok=i == 0) for i in range(120)])
    assert (True, 1 / 120) == (found.contradicts, pytest.approx(found.ok_share))


def test_outcomes_as_good_as_expected_or_better_contradict_nothing() -> None:
    assert not reported([outcome(i, quality=0.9, ok=True) for i in range(50)]).contradicts
    assert not reported([outcome(i, quality=1.0, ok=True) for i in range(50)]).contradicts


def test_few_prompts_and_many_outcomes_of_one_prompt_are_told_and_not_tested() -> None:
    for outcomes in ([outcome(i, quality=0.0) for i in range(5)], [outcome(i, 1, ok=False) for i in range(120)]):
        found = reported(outcomes)
        assert (None, False, len(outcomes)) == (found.p_value, found.contradicts, found.n_outcomes)


def test_what_the_expectation_does_not_know_is_no_contradiction() -> None:
    vague = Expected(value=0.9, low=0.1, high=1.0, n_cases=10)
    assert not reported([outcome(i, quality=0.6, ok=i % 2 == 0) for i in range(40)], vague).contradicts
    assert reported([outcome(i, quality=0.6) for i in range(40)], None).p_value is None


def test_only_the_newest_count() -> None:
    found = reported([*(outcome(i, ok=False) for i in range(300)), *(outcome(300 + i, ok=True) for i in range(200))])
    assert (200, 1.0, False) == (found.n_outcomes, found.ok_share, found.contradicts)


def test_of_latency_alone_nothing_is_told() -> None:
    assert reported_of_use([outcome(1)], EXPECTED) is None


def test_candidates_that_are_as_good_as_expected_are_seldom_contradicted() -> None:
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(300):
        truth = rng.normal(0.7, 0.05)
        expected = Expected(value=0.7, low=0.7 - 1.96 * 0.05, high=0.7 + 1.96 * 0.05, n_cases=80)
        right = rng.random(30) < truth
        alarms += reported(
            [outcome(i, quality=float(x), ok=bool(x)) for i, x in enumerate(right)], expected
        ).contradicts
    assert 300 * 0.05 >= alarms
