from math import exp, log, sqrt

import numpy as np
import pytest

from evaluation.stats.equivalence import mean_within
from evaluation.stats.pair_evidence import TestSettings
from evaluation.stats.power import paired_t_cases, paired_t_detectable
from evaluation.stats.ratio_pairs import ratio_evidence
from evaluation.stats.sign_flips import sign_flip_p_value

A = np.array([1.2, 2.5, 0.9, 4.0, 3.1, 2.2, 1.5, 0.8])
B = np.array([1.0, 2.0, 1.0, 3.1, 2.9, 1.7, 1.6, 0.5])


def evidence(a, b, *, level=0.95, **options):
    terms = {"margin": None, "rng": np.random.default_rng(0), **options}
    return ratio_evidence(
        np.asarray(a, dtype=float), np.asarray(b, dtype=float), TestSettings(confidence_level=level, **terms)
    )


def test_the_ratio_is_the_geometric_mean_with_students_interval_of_the_logarithms():
    from scipy.stats import gmean, ttest_rel

    reference = ttest_rel(np.log(A), np.log(B))
    limits = reference.confidence_interval(0.9)
    found = evidence(A, B, level=0.9)
    assert gmean(A / B) == pytest.approx(found.difference)
    assert (found.difference, "ratio", "log_t") == (found.effect_size, found.effect_size_name, found.method)
    assert pytest.approx((exp(limits.low), exp(limits.high))) == found.interval
    assert reference.pvalue == pytest.approx(found.p_value)
    assert reference.pvalue == pytest.approx(found.also["paired_t"])
    assert sign_flip_p_value(np.log(A) - np.log(B), rng=np.random.default_rng(0))[0] == found.also["sign_flip"]


def test_swapped_sides_have_the_inverse_ratio_and_no_unit_matters():
    found, turned = evidence(A, B), evidence(B, A)
    assert 1 / found.difference == pytest.approx(turned.difference)
    assert pytest.approx((1 / found.interval.high, 1 / found.interval.low)) == turned.interval
    assert found.p_value == pytest.approx(turned.p_value)
    assert found.difference > 1
    assert found.interval == pytest.approx(evidence(A * 1000, B * 1000).interval)


def test_what_so_many_pairs_show_is_a_ratio():
    logs = np.log(A) - np.log(B)
    deviation = logs.std(ddof=1)
    found = evidence(A, B)
    assert exp(paired_t_detectable(8) * deviation) == pytest.approx(found.mde)
    assert paired_t_cases(logs.mean() / deviation) == pytest.approx(found.n_needed)
    assert found.difference == pytest.approx(found.aim)
    assert found.within is None


def test_a_margin_of_a_tenth_reaches_from_one_by_one_point_one_to_one_point_one():
    found = evidence(A, B, margin=0.1)
    expected = mean_within(np.log(A) - np.log(B), log(1.1))
    assert pytest.approx((expected.p_above, expected.p_below)) == (found.within.p_above, found.within.p_below)
    assert 1.1 == pytest.approx(found.aim)


def test_a_constant_ratio_has_its_exact_p_and_no_interval():
    found = evidence(1.5 * B, B)
    assert (1.5, 2 / 2**8, None, None) == (
        pytest.approx(found.difference),
        found.p_value,
        found.interval,
        found.mde,
    )
    assert "log_no_spread+sign_flip_exact" == found.method
    assert 1 == len(found.notes)


def test_equal_sides_have_the_ratio_one():
    found = evidence(B, B)
    assert (1.0, 1.0, None) == (found.difference, found.p_value, found.aim)


def test_skewed_logarithms_get_a_bootstrap_of_the_ratio_beside():
    a = np.exp(np.random.default_rng(0).lognormal(0, 1, 150))
    found = evidence(a, np.ones(150))
    low, high = found.intervals["bca"]
    assert 1 < low < found.difference < high
    assert log(high) == pytest.approx(log(found.interval.high), rel=0.2)


def test_of_very_many_pairs_no_signs_are_flipped_beside_the_t_test():
    logs = np.random.default_rng(0).normal(0.01, 0.5, 20_001)
    many, fewer = (evidence(np.exp(x), np.ones(x.size)) for x in (logs, logs[:20_000]))
    assert ({"paired_t"}, {"paired_t", "sign_flip"}) == (many.also.keys(), fewer.also.keys())
    assert ("log_t", many.also["paired_t"]) == (many.method, many.p_value)
    assert fewer.p_value == pytest.approx(fewer.also["sign_flip"], abs=0.02)


def test_two_pairs_that_tell_nothing_have_limits_that_are_numbers():
    found = evidence([1e-150, 1e150], [1.0, 1.0])
    assert np.isfinite(found.interval).all()
    assert found.mde is None


def test_logarithms_of_latencies_are_covered():
    rng = np.random.default_rng(3)
    shared = rng.lognormal(0, 1, (400, 20))
    a, b = (shared * rng.lognormal(shift, 0.3, (400, 20)) for shift in (0.1, 0.0))
    terms = TestSettings(confidence_level=0.95, margin=None, rng=rng, beside=False)
    limits = [ratio_evidence(x, y, terms).interval for x, y in zip(a, b, strict=True)]
    covered = np.mean([low <= exp(0.1) <= high for low, high in limits])
    assert 0.95 == pytest.approx(covered, abs=3 * sqrt(0.0475 / 400))
