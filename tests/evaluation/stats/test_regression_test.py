"""Whether a run lies below earlier ones: hand-worked tails, McNemar's test, and how often chance alone is blamed."""

from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.stats.regression_test import newcomer

VALUES = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])


def test_against_one_run_it_is_mcnemars_exact_test_one_sided() -> None:
    found = newcomer([0.0] * 20 + [1.0] * 5 + [1.0] * 75, [[1.0]] * 20 + [[0.0]] * 5 + [[1.0]] * 75)

    assert (100, 20, 5) == (found.n_cases, found.n_worse, found.n_better)
    assert pytest.approx(sum(comb(25, k) for k in range(6)) / 2**25) == found.p_value
    assert pytest.approx((0.8, 0.95, -0.15)) == (found.value, found.usual, found.difference)


def test_the_chance_of_the_only_wrong_answer_of_a_case_is_one_in_the_number_of_runs() -> None:
    assert pytest.approx(1 / 6) == newcomer([0.0], [[1.0] * 5]).p_value
    assert pytest.approx(1 / 36) == newcomer([0.0, 0.0], [[1.0] * 5] * 2).p_value


def test_where_nothing_differs_there_is_no_evidence() -> None:
    assert 1.0 == newcomer([1.0, 0.0], [[1.0, 1.0], [0.0]]).p_value


def test_a_wrong_answer_counts_more_where_all_others_are_right() -> None:
    settled, unsettled = [1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 0.0, 1.0, 0.0, 1.0]
    falls = newcomer([0.0, 1.0], [settled, unsettled]).p_value
    rises = newcomer([1.0, 0.0], [settled, unsettled]).p_value

    assert pytest.approx(1 / 6) == falls
    assert rises > falls


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(VALUES, st.lists(VALUES, min_size=1, max_size=3)), min_size=1, max_size=5))
def test_p_is_the_share_of_draws_that_are_as_low_where_scores_have_quarters(
    cases: list[tuple[float, list[float]]],
) -> None:
    all_values = [value for first, rest in cases for value in (first, *rest)]
    if set(all_values) <= {0.0, 1.0}:
        return
    draws = list(product(*[[first, *rest] for first, rest in cases]))
    seen = sum(first for first, _ in cases)
    expected = sum(sum(draw) <= seen + 1e-9 for draw in draws) / len(draws)

    found = newcomer([first for first, _ in cases], [rest for _, rest in cases])

    assert pytest.approx(expected) == found.p_value


@pytest.mark.parametrize("n_earlier", [1, 5])
def test_chance_alone_is_blamed_no_more_often_than_the_level_says(n_earlier: int) -> None:
    rng = np.random.default_rng(7)
    chances = rng.uniform(0.2, 1.0, 60)
    p_values = []
    for _ in range(800):
        runs = (rng.random((1 + n_earlier, 60)) < chances).astype(float)
        p_values.append(newcomer(runs[0].tolist(), runs[1:].T.tolist()).p_value)

    assert np.mean(np.array(p_values) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 800)
    assert np.mean(np.array(p_values) <= 0.2) >= 0.1


@pytest.mark.parametrize(("newest", "earlier"), [([], []), ([1.0], []), ([1.0], [[]])])
def test_nothing_to_hold_it_against_is_refused(newest: list[float], earlier: list[list[float]]) -> None:
    with pytest.raises(ConfigurationError, match="no earlier runs to compare with"):
        newcomer(newest, earlier)
