from dataclasses import replace

import numpy as np
import pytest
from scored_tables import named, scored, standing_of

from selection.answers import Expected
from selection.choosing.expectations import expected_quality, facts_of, outlays_of, tail_is_unseen
from selection.scoreboard import Deviations
from selection.scoreboards.building import build_scoreboard
from selection.scoreboards.student import t_limit

TWO = (named("a", memory_bytes=4.2e9), named("b"))


def _timed(seconds: np.ndarray, percentile: float) -> Expected | None:
    standing = build_scoreboard(scored(np.ones((1, seconds.size)), latency_s=seconds[None, :])).standings["qa"]
    return outlays_of(standing, percentile).latency_s[0]


def test_latency_is_read_at_the_percentile_and_between_hundredths() -> None:
    seconds = np.arange(0.0, 1001.0)
    assert [pytest.approx(950), pytest.approx(955), pytest.approx(999)] == [
        found.value for share in (0.95, 0.955, 0.999) if (found := _timed(seconds, share))
    ]


@pytest.mark.parametrize(("n", "percentile"), [(100, 0.95), (30, 0.5), (300, 0.9), (1000, 0.99)])
def test_the_interval_of_a_latency_covers_the_quantile(n: int, percentile: float) -> None:
    rng, covered = np.random.default_rng(2), []
    truth = np.quantile(rng.lognormal(size=400_000), percentile)
    table = np.sort(rng.lognormal(size=(600, n)), axis=1)
    standing = replace(
        standing_of(np.zeros(600)),
        latency_s=np.quantile(table, np.linspace(0, 1, 101), axis=1).T,
        n_timed=np.full(600, n),
    )
    for found in outlays_of(standing, percentile).latency_s:
        assert found is not None
        covered.append((found.low or 0) <= truth <= (found.high or np.inf))
    assert 0.935 < np.mean(covered) <= 0.995


def test_an_end_that_too_few_answers_show_is_left_open() -> None:
    found = _timed(np.arange(1.0, 31.0), 0.95)
    assert found is not None
    assert (None, 30) == (found.high, found.n_cases)
    assert found.low is not None


def test_what_was_not_measured_is_none() -> None:
    outlays = outlays_of(standing_of([0.5, 0.6]), 0.95)
    assert ((None, None),) * 3 == (outlays.latency_s, outlays.cost_per_1k, outlays.energy_j)


def test_costs_are_for_a_thousand_answers_with_students_interval_and_never_below_zero() -> None:
    standing = replace(
        standing_of([0.5, 0.6], n_cases=10), cost_usd=np.array([0.002, 1e-6]), cost_se=np.array([0.0001, 1e-6])
    )
    first, second = outlays_of(standing, 0.95).cost_per_1k
    assert first is not None
    assert second is not None
    assert (pytest.approx(2), pytest.approx(2 + t_limit(9) * 0.1)) == (first.value, first.high)
    assert 0.0 == second.low


def test_the_errors_of_a_prompt_widen_the_interval_which_ends_where_the_metric_does() -> None:
    standing = standing_of([0.5, 0.99], se=0.03)
    deviations = Deviations(value=np.array([0.1, 0.1]), se=np.array([0.04, 0.0]))
    facts = facts_of(standing, TWO, 0.95, deviations)
    first, second = expected_quality(standing, facts, deviations, [0, 1])
    assert (pytest.approx(0.6), pytest.approx(0.6 - t_limit(199) * 0.05)) == (first.value, first.low)
    assert (1.0, 1.0) == (second.value, second.high)
    assert 1.0 == facts.quality[1]


def test_memory_is_in_gigabytes() -> None:
    memory = facts_of(standing_of([0.5, 0.6]), TWO, 0.95, None).memory_gb
    assert 4.2 == memory[0]
    assert np.isnan(memory[1])


@pytest.mark.parametrize(("n", "unseen"), [(0, False), (19, True), (20, False), (200, False)])
def test_the_tail_is_unseen_where_no_answer_lies_beyond_the_percentile(n: int, unseen: bool) -> None:
    standing = replace(standing_of([0.5, 0.6]), n_timed=np.array([n, 50]))
    assert unseen == tail_is_unseen(facts_of(standing, TWO, 0.95, None), 0)
