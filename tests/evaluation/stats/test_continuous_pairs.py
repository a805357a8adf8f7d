from math import exp, log, sqrt

import numpy as np
import pytest

from evaluation.stats.binary_pairs import cohen_g, odds_ratio
from evaluation.stats.bootstrap import accelerated_mean_interval
from evaluation.stats.continuous_pairs import (
    NO_SPREAD,
    clustered_evidence,
    cohen_dz,
    continuous_evidence,
    correlation,
    hedges_gz,
    needed,
    paired_t,
    paired_t_p_value,
    ratio_evidence,
    small_sample_factor,
    spread_interval,
)
from evaluation.stats.paired_tests import PairTestSettings, mean_within, sign_flip_p_value
from evaluation.stats.power import mean_equivalence_cases, paired_t_cases, paired_t_detectable
from evaluation.stats.vectors import design_effect, skewness

SLEEP_A = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SLEEP_B = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
MAIZE = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=float)


def evidence(a, b, *, level=0.95, seed=0, **options):
    terms = {"margin": None, "rng": np.random.default_rng(seed), **options}
    return continuous_evidence(
        np.asarray(a, dtype=float), np.asarray(b, dtype=float), PairTestSettings(confidence_level=level, **terms)
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


DIFFERENCES = np.array([1, 1, 0, 1, 0, 0, -1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0], dtype=float)
CLUSTERS = ["a"] * 4 + ["b"] * 3 + ["c"] * 5 + ["d"] * 2 + ["e"] * 4
MEANS = np.array([0.75, -1 / 3, 1.0, 0.5, 0.25])


def evidence_of_clusters(differences=DIFFERENCES, clusters=CLUSTERS, *, level=0.95, **options):
    terms = {"margin": None, "rng": np.random.default_rng(0), **options}
    return clustered_evidence(
        np.asarray(differences, dtype=float), clusters, PairTestSettings(confidence_level=level, **terms)
    )


def test_the_means_of_the_clusters_are_what_was_sampled():
    from scipy.stats import ttest_1samp

    reference = ttest_1samp(MEANS, 0)
    found = evidence_of_clusters()
    assert MEANS.mean() == pytest.approx(found.difference)
    limits = reference.confidence_interval()
    assert pytest.approx((limits.low, limits.high)) == found.interval
    assert (pytest.approx(reference.pvalue), "cluster_t") == (found.p_value, found.method)
    assert {"sign_flip": sign_flip_p_value(MEANS, rng=np.random.default_rng(0))[0]} == found.also
    assert design_effect(DIFFERENCES, CLUSTERS) == found.design_effect
    statistics = {"cluster_t": reference.statistic, "cohen_dz": MEANS.mean() / MEANS.std(ddof=1)}
    assert pytest.approx(statistics) == found.statistics


def test_what_would_settle_it_is_counted_in_cases():
    found = evidence_of_clusters()
    deviation = MEANS.std(ddof=1)
    assert paired_t_detectable(5) * deviation == pytest.approx(found.mde)
    assert paired_t_cases(MEANS.mean() / deviation) * 18 / 5 == pytest.approx(found.n_needed)
    assert MEANS.mean() == pytest.approx(found.aim)


def test_a_margin_is_held_against_the_means_of_the_clusters():
    found = evidence_of_clusters(margin=0.4).within
    expected = mean_within(MEANS, 0.4)
    assert pytest.approx((expected.p_above, expected.p_below)) == (found.p_above, found.p_below)


@pytest.mark.parametrize(("n_clusters", "n_notes"), [(9, 1), (10, 0)])
def test_fewer_than_ten_clusters_are_warned_about(n_clusters, n_notes):
    found = evidence_of_clusters(np.arange(2.0 * n_clusters), [str(i % n_clusters) for i in range(2 * n_clusters)])
    assert n_notes == len(found.notes)
    assert all(note.startswith("only 9 clusters") for note in found.notes)


def test_a_single_cluster_is_refused():
    found = evidence_of_clusters([1.0, 0.0, 1.0, 1.0], ["a"] * 4)
    assert (0.75, None, None) == (found.difference, found.interval, found.p_value)
    assert (None, None, None, None) == (found.mde, found.n_needed, found.effect_size, found.within)
    assert (None, "cluster_none", "hedges_gz") == (found.design_effect, found.method, found.effect_size_name)
    assert found.notes == ("all pairs are of one cluster, which says nothing about how clusters vary",)


def test_clusters_that_all_differ_by_the_same_have_their_exact_p():
    found = evidence_of_clusters([1.0] * 16, [str(i // 2) for i in range(16)])
    assert (2 / 2**8, None, 1.0) == (found.p_value, found.interval, found.difference)
    assert "cluster_no_spread+sign_flip_exact" == found.method
    assert found.n_needed is None
    assert 2 == len(found.notes)


def test_a_case_without_a_cluster_stands_by_itself():
    found = evidence_of_clusters([1.0, 3.0, 5.0], ["a", "a", None])
    assert 3.5 == found.difference


def test_the_same_difference_in_clusters_is_found_less_often_than_without():
    # One document's questions share its luck: 40 cases of 8 documents
    rng = np.random.default_rng(2)
    clusters = [str(i // 5) for i in range(40)]
    false_alarms = 0
    for _ in range(300):
        differences = np.repeat(rng.normal(0, 1, 8), 5) + rng.normal(0, 0.5, 40)
        false_alarms += evidence_of_clusters(differences, clusters, rng=rng).p_value < 0.05
    assert 0.05 == pytest.approx(false_alarms / 300, abs=0.04)


A = np.array([1.2, 2.5, 0.9, 4.0, 3.1, 2.2, 1.5, 0.8])
B = np.array([1.0, 2.0, 1.0, 3.1, 2.9, 1.7, 1.6, 0.5])


def evidence_of_ratios(a, b, *, level=0.95, **options):
    terms = {"margin": None, "rng": np.random.default_rng(0), **options}
    return ratio_evidence(
        np.asarray(a, dtype=float), np.asarray(b, dtype=float), PairTestSettings(confidence_level=level, **terms)
    )


def test_the_ratio_is_the_geometric_mean_with_students_interval_of_the_logarithms():
    from scipy.stats import gmean, ttest_rel

    reference = ttest_rel(np.log(A), np.log(B))
    limits = reference.confidence_interval(0.9)
    found = evidence_of_ratios(A, B, level=0.9)
    assert gmean(A / B) == pytest.approx(found.difference)
    assert (found.difference, "ratio", "log_t") == (found.effect_size, found.effect_size_name, found.method)
    assert pytest.approx((exp(limits.low), exp(limits.high))) == found.interval
    assert reference.pvalue == pytest.approx(found.p_value)
    assert reference.pvalue == pytest.approx(found.also["paired_t"])
    assert sign_flip_p_value(np.log(A) - np.log(B), rng=np.random.default_rng(0))[0] == found.also["sign_flip"]


def test_swapped_sides_have_the_inverse_ratio_and_no_unit_matters():
    found, turned = evidence_of_ratios(A, B), evidence_of_ratios(B, A)
    assert 1 / found.difference == pytest.approx(turned.difference)
    assert pytest.approx((1 / found.interval.high, 1 / found.interval.low)) == turned.interval
    assert found.p_value == pytest.approx(turned.p_value)
    assert found.difference > 1
    assert found.interval == pytest.approx(evidence_of_ratios(A * 1000, B * 1000).interval)


def test_what_so_many_pairs_show_is_a_ratio():
    logs = np.log(A) - np.log(B)
    deviation = logs.std(ddof=1)
    found = evidence_of_ratios(A, B)
    assert exp(paired_t_detectable(8) * deviation) == pytest.approx(found.mde)
    assert paired_t_cases(logs.mean() / deviation) == pytest.approx(found.n_needed)
    assert found.difference == pytest.approx(found.aim)
    assert found.within is None


def test_a_margin_of_a_tenth_reaches_from_one_by_one_point_one_to_one_point_one():
    found = evidence_of_ratios(A, B, margin=0.1)
    expected = mean_within(np.log(A) - np.log(B), log(1.1))
    assert pytest.approx((expected.p_above, expected.p_below)) == (found.within.p_above, found.within.p_below)
    assert 1.1 == pytest.approx(found.aim)


def test_a_constant_ratio_has_its_exact_p_and_no_interval():
    found = evidence_of_ratios(1.5 * B, B)
    assert (1.5, 2 / 2**8, None, None) == (
        pytest.approx(found.difference),
        found.p_value,
        found.interval,
        found.mde,
    )
    assert "log_no_spread+sign_flip_exact" == found.method
    assert 1 == len(found.notes)


def test_equal_sides_have_the_ratio_one():
    found = evidence_of_ratios(B, B)
    assert (1.0, 1.0, None) == (found.difference, found.p_value, found.aim)


def test_skewed_logarithms_get_a_bootstrap_of_the_ratio_beside():
    a = np.exp(np.random.default_rng(0).lognormal(0, 1, 150))
    found = evidence_of_ratios(a, np.ones(150))
    low, high = found.intervals["bca"]
    assert 1 < low < found.difference < high
    assert log(high) == pytest.approx(log(found.interval.high), rel=0.2)


def test_of_very_many_pairs_no_signs_are_flipped_beside_the_t_test():
    logs = np.random.default_rng(0).normal(0.01, 0.5, 20_001)
    many, fewer = (evidence_of_ratios(np.exp(x), np.ones(x.size)) for x in (logs, logs[:20_000]))
    assert ({"paired_t"}, {"paired_t", "sign_flip"}) == (many.also.keys(), fewer.also.keys())
    assert ("log_t", many.also["paired_t"]) == (many.method, many.p_value)
    assert fewer.p_value == pytest.approx(fewer.also["sign_flip"], abs=0.02)


def test_two_pairs_that_tell_nothing_have_limits_that_are_numbers():
    found = evidence_of_ratios([1e-150, 1e150], [1.0, 1.0])
    assert np.isfinite(found.interval).all()
    assert found.mde is None


def test_logarithms_of_latencies_are_covered():
    rng = np.random.default_rng(3)
    shared = rng.lognormal(0, 1, (400, 20))
    a, b = (shared * rng.lognormal(shift, 0.3, (400, 20)) for shift in (0.1, 0.0))
    terms = PairTestSettings(confidence_level=0.95, margin=None, rng=rng, beside=False)
    limits = [ratio_evidence(x, y, terms).interval for x, y in zip(a, b, strict=True)]
    covered = np.mean([low <= exp(0.1) <= high for low, high in limits])
    assert 0.95 == pytest.approx(covered, abs=3 * sqrt(0.0475 / 400))


# Student's sleep data, group 1 less group 2
SLEEP = np.array([-1.2, -2.4, -1.3, -1.3, 0.0, -1.0, -1.8, -0.8, -4.6, -1.4])


def test_the_sleep_data_in_standard_deviations():
    assert -1.2845575625910546 == pytest.approx(cohen_dz(SLEEP), abs=1e-9)
    assert 0.9142857142857143 == pytest.approx(small_sample_factor(9), abs=1e-12)
    assert -1.1744526286546784 == pytest.approx(hedges_gz(SLEEP), abs=1e-9)
    assert 1.1744526286546784 == pytest.approx(hedges_gz(-1e-200 * SLEEP), abs=1e-9)


def test_without_spread_or_with_one_pair_there_is_no_standardised_difference():
    assert hedges_gz(np.full(8, 0.7) - np.full(8, 0.6)) is None
    assert hedges_gz(np.zeros(4)) is None
    assert hedges_gz(np.array([2.0])) is None
    assert (None, None) == (cohen_dz(np.zeros(4)), cohen_dz(np.array([2.0])))


def test_two_pairs_have_one():
    # J = 1 - 3/3 for one degree of freedom: two pairs carry no effect size worth the name
    assert 0.0 == hedges_gz(np.array([1.0, 2.0]))
    assert 1.5 * 2**0.5 == pytest.approx(cohen_dz(np.array([1.0, 2.0])))


def test_cohens_g_is_the_share_of_discordant_pairs_beyond_one_half():
    assert (0.25, -0.25, 0.0, 0.5) == (cohen_g(3, 1), cohen_g(1, 3), cohen_g(2, 2), cohen_g(4, 0))
    assert cohen_g(0, 0) is None


def test_the_odds_ratio_of_two_culture_media():
    # StatsDirect, from Armitage & Berry 1994, p. 127
    assert 6.0 == odds_ratio(12, 2)
    assert odds_ratio(3, 0) is None
