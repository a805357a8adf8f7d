import numpy as np
import pytest
from scipy.stats import ttest_rel

from selection.learning.calibration import calibration_error, centred, slope
from selection.learning.gains import chosen, paired_gain, reached

NAN = np.nan


def test_a_policy_names_the_best_scored_of_those_that_were_asked() -> None:
    values = np.array([[0.0, 1.0, NAN], [1.0, NAN, NAN], [0.0, 0.5, 1.0]])
    assert [1, 0, 2] == chosen(values, np.array([0.1, 0.2, 0.3])).tolist()
    np.testing.assert_array_equal([1.0, 1.0, 1.0], reached(values, np.array([0.1, 0.2, 0.3])))


def test_one_that_nothing_is_known_of_is_named_only_where_nobody_else_was_asked() -> None:
    values = np.array([[0.0, 1.0], [NAN, 1.0]])
    assert [0, 1] == chosen(values, np.array([0.1, NAN])).tolist()


def test_the_interval_of_families_of_one_case_is_that_of_a_paired_t_test() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.3, 1, 50), rng.normal(0, 1, 50)
    reference = ttest_rel(a, b).confidence_interval()
    found = paired_gain(a, b, np.arange(50))
    assert (reference.low, reference.high) == pytest.approx((found.low, found.high))
    assert (50, 50) == (found.n_cases, found.n_families)


def test_cases_of_one_family_are_no_further_evidence() -> None:
    apart = np.array([0.1, 0.4, -0.2, 0.3])
    once = paired_gain(apart, np.zeros(4), np.arange(4))
    twice = paired_gain(np.repeat(apart, 2), np.zeros(8), np.repeat(np.arange(4), 2))
    assert (once.value, once.low, once.high) == pytest.approx((twice.value, twice.low, twice.high))


def test_one_family_tells_nothing() -> None:
    found = paired_gain(np.ones(3), np.zeros(3), np.zeros(3, dtype=int))
    assert (None, None, False, "+100.00 points [-inf, inf]") == (
        found.low,
        found.high,
        found.is_real,
        found.in_points(),
    )


def test_the_calibration_error_is_the_mean_distance_over_bins() -> None:
    expected = np.array([0.15, 0.15, 0.85, 0.85])
    came = np.array([0.0, 0.0, 1.0, 0.0])
    assert (2 * 0.15 + 2 * 0.35) / 4 == pytest.approx(calibration_error(expected, came) or 0)
    assert calibration_error(expected, 5 * came) is None


def test_the_slope_is_that_of_least_squares_within_its_limits() -> None:
    expected = np.array([1.0, -1.0, 2.0])
    assert 0.5 == pytest.approx(slope(0.5 * expected, expected, most=1.5))
    assert 0 == slope(-expected, expected, most=1.5)
    assert 1.5 == slope(9 * expected, expected, most=1.5)
    assert 0 == slope(expected, np.zeros(3), most=1.5)


def test_centring_leaves_out_what_was_not_asked() -> None:
    values = np.array([[1.0, 3.0, NAN]])
    np.testing.assert_array_equal([[-1.0, 1.0, 0.0]], centred(values, np.isfinite(values)))
