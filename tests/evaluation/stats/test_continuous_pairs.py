from math import sqrt

import numpy as np
import pytest

from evaluation.stats.bootstrap import accelerated_mean_interval
from evaluation.stats.continuous_pairs import (
    NO_SPREAD,
    continuous_evidence,
    correlation,
    needed,
    paired_t,
    paired_t_p_value,
    skewness,
    spread_interval,
)
from evaluation.stats.equivalence import mean_within
from evaluation.stats.equivalence_cases import mean_equivalence_cases
from evaluation.stats.pair_evidence import TestSettings
from evaluation.stats.power import paired_t_cases, paired_t_detectable

SLEEP_A = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SLEEP_B = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
MAIZE = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=float)


def evidence(a, b, *, level=0.95, seed=0, **options):
    terms = {"margin": None, "rng": np.random.default_rng(seed), **options}
    return continuous_evidence(
        np.asarray(a, dtype=float), np.asarray(b, dtype=float), TestSettings(confidence_level=level, **terms)
    )


def test_students_sleep_data():
    # R: t = -4.0621, df = 9, p = .002833, -2.4598858 to -0.7001142; all 2^10 sign flips: .00390625
    found = evidence(SLEEP_A, SLEEP_B)
    assert -1.58 == pytest.approx(found.difference)
    assert pytest.approx((-2.459885763276983, -0.7001142367230175), abs=1e-9) == found.interval
    assert (0.00390625, "t+sign_flip_exact") == (found.p_value, found.method)
    assert {"paired_t": pytest.approx(0.002832890197384273, abs=1e-9)} == found.also
    assert (0.3889587238883952, 9) == pytest.approx(paired_t(SLEEP_A - SLEEP_B)[1:3], abs=1e-9)
    assert (pytest.approx(-1.1744526286546784, abs=1e-9), "hedges_gz") == (found.effect_size, found.effect_size_name)
    assert ((), {}) == (found.notes, found.intervals)
    statistics = {"paired_t": -4.062127683382037, "cohen_dz": -1.2845575625910546, "correlation": 0.7951702058335777}
    assert pytest.approx(statistics, abs=1e-9) == found.statistics


def test_darwins_maize():
    # Fisher 1935: t = 2.148, p = .0497, and 863 of 32768 flips
    found = evidence(MAIZE, np.zeros(15))
    assert 0.05267333984375 == found.p_value
    assert 0.049702944021800866 == pytest.approx(found.also["paired_t"], abs=1e-9)


def test_what_so_many_pairs_show_comes_from_the_t_test():
    found = evidence(SLEEP_A, SLEEP_B)
    deviation = 1.2299954832798732
    assert paired_t_detectable(10) * deviation == pytest.approx(found.mde)
    assert paired_t_cases(1.58 / deviation) == pytest.approx(found.n_needed)
    assert 1.58 == pytest.approx(found.aim)
    strict = evidence(SLEEP_A, SLEEP_B, level=0.99)
    assert paired_t_detectable(10, alpha=0.01) * deviation == pytest.approx(strict.mde)
    assert paired_t_cases(1.58 / deviation, alpha=0.01) == pytest.approx(strict.n_needed)
    assert found.within is None


def test_with_a_margin_it_is_equivalence_that_has_to_be_settled():
    found = evidence(SLEEP_A, SLEEP_B, margin=0.5)
    effect = 0.5 / 1.2299954832798732
    assert mean_equivalence_cases(effect) == pytest.approx(found.n_needed)
    assert (0.5, mean_within(SLEEP_A - SLEEP_B, 0.5)) == (found.aim, found.within)
    strict = evidence(SLEEP_A, SLEEP_B, margin=0.5, level=0.99)
    assert mean_equivalence_cases(effect, alpha=0.01) == pytest.approx(strict.n_needed)


def test_nothing_differs():
    found = evidence([0.5] * 8, [0.5] * 8)
    assert (0.0, 1.0, None) == (found.difference, found.p_value, found.interval)
    assert (None, None, None, None, ()) == (found.mde, found.n_needed, found.aim, found.effect_size, found.notes)
    assert ({}, {}, "no_spread+sign_flip_exact") == (found.also, found.statistics, found.method)


def test_a_constant_difference_has_its_exact_p_and_is_flagged():
    found = evidence([0.7] * 8, [0.6] * 8)
    assert 0.1 == pytest.approx(found.difference)
    assert NO_SPREAD.startswith("every pair differs by the same")
    assert (0.0078125, None, (NO_SPREAD,)) == (found.p_value, found.interval, found.notes)
    assert ({}, None, None) == (found.also, found.mde, found.n_needed)


def test_a_single_pair_is_not_called_without_spread():
    found = evidence([1.0], [0.5])
    assert ((), None, 1.0, 0.5) == (found.notes, found.interval, found.p_value, found.difference)


def test_two_pairs_have_an_interval_and_a_detectable_difference():
    found = evidence([1.0, 2.0], [0.0, 0.0])
    assert found.interval.low < 0 < found.interval.high
    assert found.mde > 1


class TestBootstrap:
    def test_skewed_differences_get_one_beside_students_interval(self):
        differences = np.random.default_rng(1).lognormal(0, 1, 150)
        found = evidence(differences, np.zeros(150), seed=4, level=0.9)
        rng = np.random.default_rng(4)
        rng.integers(256, size=(19, 10_000), dtype=np.uint8)
        assert {"bca": accelerated_mean_interval(differences, rng=rng, confidence_level=0.9)} == found.intervals
        assert found.intervals["bca"].high > found.interval.high

    def test_differences_skewed_to_the_left_too(self):
        differences = -np.random.default_rng(1).lognormal(0, 1, 150)
        assert {"bca"} == evidence(differences, np.zeros(150)).intervals.keys()

    def test_under_a_hundred_pairs_it_would_be_too_short(self):
        differences = np.random.default_rng(1).lognormal(0, 1, 100)
        assert {"bca"} == evidence(differences, np.zeros(100)).intervals.keys()
        assert {} == evidence(differences[:99], np.zeros(99)).intervals

    def test_symmetric_differences_need_none(self):
        assert {} == evidence(np.random.default_rng(1).normal(0, 1, 200), np.zeros(200)).intervals

    def test_many_pairs_make_the_mean_of_skewed_differences_symmetric(self):
        # An exponential distribution's skewness of about 2 by √n: .2 for 100 pairs, .07 for 900
        differences = np.random.default_rng(1).exponential(1, 900)
        assert {"bca"} == evidence(differences[:100], np.zeros(100)).intervals.keys()
        assert {} == evidence(differences, np.zeros(900)).intervals

    def test_it_is_left_out_where_it_is_not_asked_for_or_nothing_varies(self):
        differences = np.random.default_rng(1).lognormal(0, 1, 150)
        assert {} == evidence(differences, np.zeros(150), beside=False).intervals
        assert {} == evidence(np.ones(150), np.zeros(150)).intervals


def test_skewness_is_that_of_scipy_but_for_its_degree_of_freedom():
    from scipy.stats import skew

    values = np.random.default_rng(0).exponential(1, 50)
    assert skew(values) * (49 / 50) ** 1.5 == pytest.approx(skewness(values))
    assert skewness(-values) == pytest.approx(-skewness(values))


def test_t_interval_and_p_are_scipys_at_any_level():
    from scipy.stats import ttest_1samp

    differences = SLEEP_A - SLEEP_B
    reference = ttest_1samp(differences, 0)
    limits = reference.confidence_interval(0.8)
    assert pytest.approx((limits.low, limits.high)) == spread_interval(differences, 0.8)
    assert reference.pvalue == pytest.approx(paired_t_p_value(differences))
    assert reference.pvalue == pytest.approx(paired_t_p_value(-differences))


def test_without_spread_there_is_neither_interval_nor_p():
    for differences in (np.array([1.0]), np.ones(3)):
        assert (None, None) == (spread_interval(differences, 0.95), paired_t_p_value(differences))
        assert paired_t(differences) is None


def test_the_correlation_is_numpys_wherever_both_sides_vary():
    rng = np.random.default_rng(2)
    a = rng.normal(size=30)
    b = a + rng.normal(size=30)
    assert np.corrcoef(a, b)[0, 1] == pytest.approx(correlation(a, b))
    assert np.corrcoef(a, b)[0, 1] == pytest.approx(correlation(1e-200 * a, -3 - b) * -1)
    assert pytest.approx((1.0, -1.0)) == (correlation(a, a * 7), correlation(a, -a * 7))
    two = np.arange(2.0)
    assert pytest.approx((1.0, -1.0)) == (correlation(two, two), correlation(two, -two))
    for side in (np.ones(30), np.zeros(30)):
        assert (None, None) == (correlation(a, side), correlation(side, a))
    assert correlation(np.array([1.0]), np.array([2.0])) is None


def test_two_pairs_with_spread_have_both():
    # t = 3 with one degree of freedom: p = 1 - 2 arctan(3) / pi
    assert 1 - 2 * np.arctan(3) / np.pi == pytest.approx(paired_t_p_value(np.array([1.0, 2.0])))
    assert spread_interval(np.array([1.0, 2.0]), 0.95).low < 1.5


def test_nothing_can_be_planned_without_spread_or_aim():
    assert needed(0.0, 1.0, is_margin=False, alpha=0.05) is None
    assert needed(1.0, 0.0, is_margin=False, alpha=0.05) is None
    assert needed(1.0, 1e-7, is_margin=False, alpha=0.05) is None
    assert needed(1.0, 1e-5, is_margin=False, alpha=0.05) > 1e10
    assert needed(1e-300, 1e-301, is_margin=True, alpha=0.05) == pytest.approx(mean_equivalence_cases(0.1))


def test_the_interval_of_log_normal_differences_covers_the_truth():
    # Differences of two independent log-normals, σ = 1: symmetric, with heavy tails
    rng = np.random.default_rng(7)
    for n in (20, 100):
        differences = rng.lognormal(0, 1, (2000, n)) - rng.lognormal(0, 1, (2000, n))
        covered = np.mean([low <= 0 <= high for low, high in (spread_interval(row, 0.95) for row in differences)])
        assert 0.94 - 2 * sqrt(0.0475 / 2000) <= covered <= 0.97 + 2 * sqrt(0.0475 / 2000)
