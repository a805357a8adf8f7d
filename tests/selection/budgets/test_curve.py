import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from selection.budgets.curve import cost_quality_curve

LABELS = ("small", "middle", "large")


def curve_of(quality, cost, true_quality=None):
    quality, cost = np.atleast_2d(quality).astype(float), np.atleast_2d(cost).astype(float)
    truth = None if true_quality is None else np.atleast_2d(true_quality).astype(float)
    return cost_quality_curve(LABELS[: quality.shape[1]], quality=quality, cost=cost, true_quality=truth)


def pool(seed, n=60, m=3):
    rng = np.random.default_rng(seed)
    cost = np.tile(np.sort(rng.random(m)) + 0.05, (n, 1))
    return rng.random((n, m)), cost


def test_without_prompts_the_hull_is_that_of_the_candidates_themselves():
    found = curve_of([[0.2, 0.7, 0.8]], [[1.0, 2.0, 6.0]])
    assert [(1.0, 0.2), (2.0, 0.7), (6.0, 0.8)] == [(one.cost_usd, one.quality) for one in found.hull]


def test_a_candidate_below_the_mixture_of_two_others_is_not_on_the_hull():
    found = curve_of([[0.2, 0.3, 0.8]], [[1.0, 3.0, 4.0]])
    assert [1.0, 4.0] == [one.cost_usd for one in found.hull]


def test_aiq_is_the_mean_height_by_hand():
    # From (1, .2) to (2, .7): mean .45 over 1; from there to (6, .8): mean .75 over 4.
    assert (0.45 * 1 + 0.75 * 4) / 5 == pytest.approx(curve_of([[0.2, 0.7, 0.8]], [[1.0, 2.0, 6.0]]).aiq)


@pytest.mark.parametrize("seed", range(3))
def test_no_point_is_told_twice(seed):
    found = curve_of(*pool(seed)).points
    assert len(found) == len({(one.cost_usd, one.quality, one.shares) for one in found})


def test_a_hull_is_flat_beyond_its_highest_point():
    found = curve_of([[0.5, 0.9, 0.4]], [[1.0, 2.0, 3.0]])
    assert 0.9 == pytest.approx(found.quality_at(3.0) or 0)
    assert (0.7 + 0.9) / 2 == pytest.approx(found.aiq)


def test_between_two_points_a_mixture_is_had_and_below_all_costs_nothing():
    found = curve_of([[0.2, 0.7]], [[1.0, 2.0]])
    assert 0.45 == pytest.approx(found.quality_at(1.5) or 0)
    assert 1.5 == pytest.approx(found.cost_of(0.45) or 0)
    assert found.quality_at(0.5) is None
    assert found.cost_of(0.71) is None


def test_most_of_the_quality_is_had_at_a_share_of_the_cost():
    found = curve_of([[0.2, 0.76, 0.8]], [[1.0, 2.0, 10.0]]).cheapest_share(0.95)
    assert ("large", 0.76, 2.0, 0.2) == (
        found.best,
        pytest.approx(found.quality),
        pytest.approx(found.cost_usd),
        pytest.approx(found.share_of_cost),
    )


def test_routing_by_prompt_reaches_the_best_models_quality_for_less():
    quality = [[0.9, 0.9, 0.9], [0.1, 0.1, 0.9]]
    found = curve_of(quality, [[1.0, 2.0, 9.0]] * 2).cheapest_share(1.0)
    assert pytest.approx(5 / 9) == found.share_of_cost


def test_a_quality_that_wrong_expectations_miss_has_no_cost():
    found = curve_of([[0.9, 0.1]] * 2, [[1.0, 2.0]] * 2, [[0.1, 0.9]] * 2).cheapest_share(0.95)
    assert (None, None) == (found.cost_usd, found.share_of_cost)


@pytest.mark.parametrize("share", [0, 1.2, -1, True, "most", float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ConfigurationError, match="quality_share"):
        curve_of([[0.2, 0.7]], [[1.0, 2.0]]).cheapest_share(share)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), noise=st.floats(0, 1))
def test_the_hull_is_concave_and_rising_and_above_every_point(seed, noise):
    quality, cost = pool(seed)
    guess = quality + noise * np.random.default_rng(seed + 1).normal(size=quality.shape)
    found = curve_of(guess, cost, quality)
    costs = np.array([one.cost_usd for one in found.hull])
    heights = np.array([one.quality for one in found.hull])
    slopes = np.diff(heights) / np.diff(costs)
    assert (np.diff(costs) > 0).all()
    assert (slopes > 0).all()
    assert (np.diff(slopes) <= 1e-9).all()
    for point in found.points:
        assert (found.quality_at(point.cost_usd) or 0) >= point.quality - 1e-9


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), noise=st.floats(0, 1))
def test_no_curve_beats_the_one_that_knows_the_truth(seed, noise):
    quality, cost = pool(seed)
    guess = quality + noise * np.random.default_rng(seed + 1).normal(size=quality.shape)
    found, oracle = curve_of(guess, cost, quality), curve_of(quality, cost)
    # The oracle's hull is drawn through some hundred multipliers: a millionth is left for what lies between them.
    for point in found.hull:
        assert point.quality <= (oracle.quality_at(point.cost_usd) or 0) + 1e-6
    assert found.aiq <= oracle.aiq + 1e-6


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_knowing_the_prompts_is_never_worse_than_mixing_the_candidates(seed):
    quality, cost = pool(seed)
    by_prompt = curve_of(quality, cost)
    blind = curve_of(quality.mean(axis=0), cost[0])
    assert by_prompt.aiq >= blind.aiq - 1e-6
