import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.stats.multiplicity import (
    adjusted_pairs,
    benjamini_hochberg,
    cochran_q,
    critical_difference,
    friedman,
    gate_of,
    holm,
    nemenyi_q,
)
from evaluation.stats.pair_comparison import compare_pair
from evaluation.stats.paired_tests import N_FLIPS

# Demšar 2006, JMLR 7, table 6: AUC of four classifiers on 14 data sets. The row "voting" is printed .975/.975 there,
# but ranked 2 and 3.
AUC = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.0, 1.0, 1.0, 1.0],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
)


# Conover, Practical Nonparametric Statistics, p. 253: Q = 2.8, p = .2466
RIGHT = np.array(
    [
        *[[1, 1, 1], [1, 1, 1], [0, 1, 0], [1, 1, 0], [0, 0, 0], [1, 1, 1]],
        *[[1, 1, 1], [1, 1, 0], [0, 0, 1], [0, 1, 0], [1, 1, 1], [1, 1, 1]],
    ],
    dtype=float,
)
matrices = (
    st.integers(2, 5)
    .flatmap(
        lambda k: st.lists(
            st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0]), min_size=k, max_size=k), min_size=2, max_size=8
        )
    )
    .map(np.array)
)


class TestFriedman:
    def test_demsars_figures(self):
        found = friedman(AUC, correct_ties=False)
        assert (3.142857142857143, 2.0, 2.892857142857143, 1.9642857142857142) == pytest.approx(found.mean_ranks)
        assert (9.278571428571437, 3.686313032089068) == pytest.approx((found.chi2, found.f), abs=1e-6)
        assert 0.019823006192249054 == pytest.approx(found.f_p_value, abs=1e-6)

    def test_with_ties_it_is_scipys(self):
        found = friedman(AUC)
        assert (10.228346456692925, 0.016721580328441323) == pytest.approx((found.chi2, found.chi2_p_value), abs=1e-6)
        # Iman and Davenport's F by hand: 13 * 10.228 / (42 - 10.228)
        assert 4.185130111524163 == pytest.approx(found.f)

    def test_lower_can_be_better(self):
        found = friedman(AUC, higher_is_better=False)
        assert found.mean_ranks == pytest.approx([5 - rank for rank in friedman(AUC).mean_ranks])
        assert friedman(AUC).chi2 == pytest.approx(found.chi2)

    def test_where_nothing_differs_p_is_one(self):
        found = friedman(np.full((5, 3), 0.7))
        assert (0.0, 1.0, 0.0, 1.0) == (found.chi2, found.chi2_p_value, found.f, found.f_p_value)
        assert (2.0, 2.0, 2.0) == found.mean_ranks

    def test_where_all_cases_agree_the_f_is_infinite_and_p_that_of_the_same_order_each_time(self):
        found = friedman(np.tile([0.1, 0.2, 0.4], (4, 1)))
        assert (8.0, math.inf) == (found.chi2, found.f)
        assert 1 / 6**3 == pytest.approx(found.f_p_value)

    def test_floating_point_noise_makes_no_rank(self):
        noisy = np.array([[0.1 + 0.2, 0.3], [0.3, 0.1 + 0.2], [0.6, 0.1]])
        assert (1 + 1 / 3, 1 + 2 / 3) == pytest.approx(friedman(noisy).mean_ranks)
        assert friedman(noisy).mean_ranks == pytest.approx(friedman(1e9 * noisy).mean_ranks)
        assert friedman(noisy).mean_ranks == pytest.approx(friedman(noisy - noisy.min()).mean_ranks)
        assert (1.5, 1.5) == friedman(np.zeros((3, 2))).mean_ranks

    def test_equal_candidates_are_called_different_no_more_often_than_promised(self):
        rng = np.random.default_rng(1)
        p_values = [friedman(rng.integers(0, 4, size=(30, 5)).astype(float)).f_p_value for _ in range(2000)]
        assert 0.035 < np.mean(np.array(p_values) < 0.05) < 0.06

    @given(matrices)
    def test_it_agrees_with_scipy_wherever_scipy_answers(self, scores):
        from scipy.stats import friedmanchisquare

        found = friedman(scores)
        assert 0 <= found.f_p_value <= 1
        if scores.shape[1] > 2 and np.ptp(scores, axis=1).any():
            assert friedmanchisquare(*scores.T).statistic == pytest.approx(found.chi2)

    @given(matrices)
    def test_the_order_of_the_cases_and_the_scale_of_the_scores_do_not_matter(self, scores):
        found = friedman(scores)
        turned = friedman(np.exp(scores[::-1]))
        assert found.mean_ranks == pytest.approx(turned.mean_ranks)
        assert found.chi2 == pytest.approx(turned.chi2)


class TestCochran:
    def test_conovers_figures(self):
        assert (2.8, 0.24659696394160646) == pytest.approx(cochran_q(RIGHT), abs=1e-9)

    def test_of_two_candidates_it_is_mcnemars_chi_square(self):
        scores = np.array([[1, 0]] * 16 + [[0, 1]] * 6 + [[1, 1]] * 9, dtype=float)
        # Wikipedia, "McNemar's test"
        assert (4.545454545454546, 0.0330062576612325) == pytest.approx(cochran_q(scores), abs=1e-9)

    def test_where_no_case_tells_them_apart_p_is_one(self):
        assert (0.0, 1.0) == cochran_q(np.array([[1, 1, 1], [0, 0, 0]], dtype=float))

    def test_other_scores_are_refused(self):
        with pytest.raises(ConfigurationError, match="only 0 and 1"):
            cochran_q(AUC)


class TestNemenyi:
    def test_demsars_figures(self):
        assert 2.569031772546482 == pytest.approx(nemenyi_q(4), abs=1e-6)
        assert 1.2535591471176057 == pytest.approx(critical_difference(4, 14), abs=1e-6)

    @pytest.mark.parametrize("k", [2, 3, 10, 50])
    @pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
    def test_the_quantile_is_scipys(self, k, alpha):
        from scipy.stats import studentized_range

        assert studentized_range.ppf(1 - alpha, k, np.inf) / 2**0.5 == pytest.approx(
            nemenyi_q(k, alpha=alpha), abs=1e-6
        )

    def test_what_has_no_range_is_refused(self):
        for k, alpha in ((1, 0.05), (3, 0.0), (3, 1.0)):
            with pytest.raises(ConfigurationError, match="no critical difference"):
                nemenyi_q(k, alpha=alpha)


class TestGate:
    def test_right_and_wrong_answers_go_to_cochran(self):
        found = gate_of(RIGHT)
        assert ("cochran_q", (2,), 12) == (found.test, found.degrees_of_freedom, found.n_cases)
        assert (2.8, 0.24659696394160646) == pytest.approx((found.statistic, found.p_value))
        assert friedman(RIGHT).mean_ranks == found.mean_ranks

    def test_other_scores_go_to_friedman(self):
        found = gate_of(AUC)
        assert ("friedman", (3, 39), 14) == (found.test, found.degrees_of_freedom, found.n_cases)
        assert (friedman(AUC).f, friedman(AUC).f_p_value) == (found.statistic, found.p_value)
        assert critical_difference(4, 14) == found.critical_difference

    def test_the_direction_and_the_level_reach_the_ranks_and_their_difference(self):
        found = gate_of(AUC, higher_is_better=False, alpha=0.1)
        assert friedman(AUC, higher_is_better=False).mean_ranks == found.mean_ranks
        assert critical_difference(4, 14, alpha=0.1) == found.critical_difference

    def test_an_infinite_statistic_is_none(self):
        found = gate_of(np.tile([0.1, 0.2, 0.4], (4, 1)))
        assert found.statistic is None
        assert 1 / 6**3 == pytest.approx(found.p_value)

    @pytest.mark.parametrize("shape", [(1, 3), (3, 1), (0, 2)])
    def test_too_few_are_refused(self, shape):
        for test in (gate_of, friedman, cochran_q):
            with pytest.raises(ConfigurationError, match="cannot be tested"):
                test(np.zeros(shape))


# Benjamini and Hochberg 1995, section 3.3: Bonferroni and Holm reject 3 of these, their own procedure 4.
P = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1.0]


# Digits by statsmodels' multipletests.
HOLM = [0.0015, 0.0056, 0.0247, 0.114, 0.2211, 0.278, 0.278, 0.278, 0.3213, 1, 1, 1, 1, 1, 1]
BH = [
    *[0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714285714286, 0.06385714285714286, 0.0645, 0.0765, 0.486],
    *[0.5811818181818182, 0.714875, 0.7532307692307693, 0.8132142857142857, 1],
]
p_values = st.lists(st.floats(0, 1), max_size=12)


ADJUSTMENTS = (holm, benjamini_hochberg)


def test_holms_adjusted_p_values_are_the_published_ones():
    assert HOLM == pytest.approx(holm(P), abs=1e-9)
    assert 3 == sum(p <= 0.05 for p in holm(P))


def test_benjamini_and_hochbergs_adjusted_p_values_are_the_published_ones():
    assert BH == pytest.approx(benjamini_hochberg(P), abs=1e-9)
    assert 4 == sum(p <= 0.05 for p in benjamini_hochberg(P))


def test_they_are_adjusted_by_hand_in_the_order_given():
    assert (0.04, 0.03, 0.04) == pytest.approx(holm([0.04, 0.01, 0.02]))
    assert (0.04, 0.03, 0.03) == pytest.approx(benjamini_hochberg([0.04, 0.01, 0.02]))


def test_one_p_value_is_its_own_and_none_are_none():
    assert ((0.03,), (0.03,)) == (holm([0.03]), benjamini_hochberg([0.03]))
    assert ((), ()) == (holm([]), benjamini_hochberg([]))


def test_the_bounds_are_p_values_too():
    assert (0.0, 1.0) == holm([0, 1])
    assert (0.0, 1.0) == benjamini_hochberg([0, 1])


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
@pytest.mark.parametrize("adjust", ADJUSTMENTS)
def test_what_is_no_p_value_is_refused(adjust, wrong):
    with pytest.raises(ConfigurationError, match=r"p_values\[1\] is"):
        adjust([0.5, wrong])


@given(p_values)
def test_holm_is_never_below_benjamini_and_hochberg_nor_they_below_the_raw_ones(values):
    for raw, screening, claim in zip(values, benjamini_hochberg(values), holm(values), strict=True):
        assert raw <= screening + 1e-15
        assert screening <= claim + 1e-15
        assert claim <= min(1, raw * len(values)) + 1e-15


@given(p_values, st.randoms(use_true_random=False))
def test_the_order_of_the_tests_does_not_matter(values, random):
    places = list(range(len(values)))
    random.shuffle(places)
    for adjust in ADJUSTMENTS:
        expected, found = adjust(values), adjust([values[i] for i in places])
        assert [expected[i] for i in places] == list(found)


@given(p_values)
def test_a_smaller_p_never_gets_a_larger_adjusted_one(values):
    for adjust in ADJUSTMENTS:
        pairs = sorted(zip(values, adjust(values), strict=True))
        assert [after for _, after in pairs] == sorted(after for _, after in pairs)


def by_case(values):
    return {f"case {i}": value for i, value in enumerate(values)}


def pair(a, b, *, alpha=0.05, **options):
    rng = np.random.default_rng(0)
    return compare_pair(by_case(a), by_case(b), rng=rng, confidence_level=1 - alpha, **options)


def counts(only_a, only_b, *, both=20, alpha=0.05, **options):
    """Two candidates of which each is right alone so often."""
    a = [1] * both + [1] * only_a + [0] * only_b
    b = [1] * both + [0] * only_a + [1] * only_b
    return pair(a, b, alpha=alpha, **options)


def adjusted(found, alpha=0.05):
    decided, notes = adjusted_pairs(found, alpha=alpha)
    assert () == notes
    return decided


def test_verdicts_follow_the_adjusted_p():
    found = [counts(15, 2), counts(12, 3), counts(5, 5)]
    decided = adjusted(found)
    raw = [one.p_value for one in found]
    assert ["A better", "A better", "inconclusive"] == [one.verdict for one in found]
    assert ["A better", "inconclusive", "inconclusive"] == [one.verdict for one in decided]
    assert holm(raw) == tuple(one.p_adjusted for one in decided)


def test_the_level_is_the_limit_for_the_adjusted_p():
    found = [counts(15, 2), counts(12, 3)]
    assert ["A better", "inconclusive"] == [one.verdict for one in adjusted(found, alpha=0.01)]


def test_a_verdict_that_only_holds_without_the_bonferroni_level_takes_back_what_would_settle_it():
    alone = counts(12, 3, alpha=0.05 / 2)
    decided = adjusted([alone, counts(15, 2, alpha=0.05 / 2)])[0]
    assert ("inconclusive", "A better") == (alone.verdict, decided.verdict)
    assert alone.n_more is not None
    assert decided.n_more is None


def test_pairs_with_too_few_cases_make_no_claim_and_cost_the_others_nothing():
    few, enough = pair([1] * 5, [0] * 5), counts(12, 3)
    assert 0.0625 == few.p_value
    decided = adjusted([few, enough])
    assert (None, "insufficient data") == (decided[0].p_adjusted, decided[0].verdict)
    assert enough.p_value == decided[1].p_adjusted


def test_six_cases_are_enough_to_be_counted():
    six, other = pair([1] * 6, [0] * 6), counts(12, 3)
    assert (holm([six.p_value, other.p_value])) == tuple(one.p_adjusted for one in adjusted([six, other]))


def test_a_single_cluster_has_no_p_and_is_not_counted():
    refused = pair([0.1] * 8, [0.2] * 8, clusters={f"case {i}": "one" for i in range(8)})
    assert refused.p_value is None
    decided = adjusted([refused, counts(12, 3)])
    assert decided[0].p_adjusted is None
    assert decided[1].p_value == decided[1].p_adjusted


def test_equivalence_is_adjusted_among_the_pairs_too():
    found = [counts(10, 10, both=400, margin=0.05), counts(40, 40, both=230, margin=0.05)]
    p_values = [one.p_equivalence for one in found]
    assert p_values[0] < 0.02
    assert 0.025 < p_values[1] < 0.05
    assert ["equivalent", "equivalent"] == [one.verdict for one in adjusted(found)]
    # A third that is far from equivalent raises the second's p beyond the level.
    three = [*found, counts(40, 35, both=30, margin=0.05)]
    assert ["equivalent", "inconclusive", "inconclusive"] == [one.verdict for one in adjusted(three)]


def test_failures_as_zero_are_adjusted_among_themselves():
    with_failures = pair(
        [1] * 12 + [0] * 3 + [1] * 10, [0] * 12 + [1] * 3, failed_b=[f"case {i}" for i in range(15, 25)]
    )
    found = [with_failures, counts(5, 5), counts(12, 3)]
    decided = adjusted(found)
    assert 25 == decided[0].failures_as_zero.n_pairs
    expected = holm([with_failures.failures_as_zero.p_value, *(one.p_value for one in found[1:])])
    assert expected[0] == decided[0].failures_as_zero.p_adjusted
    assert [None, None] == [one.failures_as_zero for one in decided[1:]]
    assert holm([one.p_value for one in found]) == tuple(one.p_adjusted for one in decided)


class TestManyPairs:
    FAR = pair(np.random.default_rng(1).normal(1, 0.5, size=60), [0.0] * 60)
    NEAR = pair(np.random.default_rng(2).normal(0, 0.5, size=60), [0.0] * 60)

    def test_below_five_hundred_pairs_the_flips_are_enough(self):
        assert 1 / (1 + N_FLIPS) == self.FAR.p_value
        decided, notes = adjusted_pairs([self.FAR, *[self.NEAR] * 499], alpha=0.05)
        assert ("A better", ()) == (decided[0].verdict, notes)
        assert 500 / (1 + N_FLIPS) == pytest.approx(decided[0].p_adjusted)

    def test_beyond_students_p_stands_in_where_no_flip_came_as_far_and_that_is_said(self):
        decided, notes = adjusted_pairs([self.FAR, *[self.NEAR] * 500], alpha=0.05)
        assert 501 * self.FAR.also["paired_t"] == pytest.approx(decided[0].p_adjusted)
        assert "A better" == decided[0].verdict
        assert 1.0 == decided[1].p_adjusted
        assert "for 501 pairs 10000 sign flips" in notes[0]

    def test_but_never_where_a_flip_did_or_every_flip_was_tried(self):
        near = replace(self.FAR, p_value=2 / (1 + N_FLIPS))
        exact = replace(self.FAR, method="t+sign_flip_exact")
        decided, _ = adjusted_pairs([near, exact, *[self.NEAR] * 499], alpha=0.05)
        assert [1000 / (1 + N_FLIPS), 501 / (1 + N_FLIPS)] == pytest.approx([one.p_adjusted for one in decided[:2]])

    def test_nor_where_every_flip_of_the_few_that_differ_was_tried(self):
        fewer = replace(self.FAR, p_value=0.5 / 2**15)
        decided, _ = adjusted_pairs([fewer, *[self.NEAR] * 500], alpha=0.05)
        assert 501 * 0.5 / 2**15 == pytest.approx(decided[0].p_adjusted)

    def test_nor_where_students_is_the_larger_one_or_there_is_none(self):
        larger, none = replace(self.FAR, also={"paired_t": 0.01}), replace(self.FAR, also={})
        decided, _ = adjusted_pairs([larger, none, *[self.NEAR] * 499], alpha=0.05)
        assert [501 / (1 + N_FLIPS)] * 2 == pytest.approx([one.p_adjusted for one in decided[:2]])


def test_nothing_compared_is_nothing_decided():
    assert ((), ()) == adjusted_pairs([], alpha=0.05)
