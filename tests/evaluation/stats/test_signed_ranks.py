from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.stats.signed_ranks import hodges_lehmann, normal_p_value, rank_biserial, wilcoxon_p_value

MAIZE = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=float)
# Hollander & Wolfe's depression data, as in R's help of wilcox.test
BEFORE = np.array([1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3])
AFTER = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
# Student's sleep data, group 1 less group 2
SLEEP = np.array([-1.2, -2.4, -1.3, -1.3, 0.0, -1.0, -1.8, -0.8, -4.6, -1.4])
RATINGS = st.lists(st.integers(-4, 4), min_size=1, max_size=9)


def of(differences):
    return np.asarray(differences, dtype=float)


def test_the_depression_data_have_the_p_of_r():
    # R: V = 40, two-sided .0390625, pseudo-median .46
    assert (0.0390625, "wilcoxon_pratt_exact") == wilcoxon_p_value(BEFORE - AFTER)
    # One-sided .01953: the exact distribution is symmetric. V is the sum of the ranks that rise, of 45.
    assert 0.01953125 == wilcoxon_p_value(BEFORE - AFTER)[0] / 2
    assert 40 == pytest.approx((1 + rank_biserial(BEFORE - AFTER)) * 45 / 2)
    assert 0.46 == pytest.approx(hodges_lehmann(BEFORE - AFTER), abs=1e-9)
    assert 0.7777777777777778 == pytest.approx(rank_biserial(BEFORE - AFTER), abs=1e-9)


def test_darwins_maize_has_the_p_of_scipys_documentation():
    # 24.0 and 0.041259765625, its ties of sizes left aside: no two differences are of one size
    assert 0.041259765625 == wilcoxon_p_value(MAIZE)[0]
    # The smaller one of both sums of ranks, of 120 in all
    assert 24.0 == pytest.approx((1 - rank_biserial(MAIZE)) * 120 / 2)


def test_zeros_are_ranked_and_then_left_out():
    # One zero takes the lowest rank; the other nine lean one way.
    assert 2 / 2**9 == wilcoxon_p_value(SLEEP)[0]
    assert -1.0 == rank_biserial(SLEEP)
    # Without the zero the ranks were 1 and 2, p the same; the effect tells them apart: (3 - 2) / 5 against (2 - 1) / 3
    assert 0.2 == pytest.approx(rank_biserial(of([0, -1, 2])))


@given(RATINGS)
def test_up_to_twenty_pairs_every_choice_of_signs_is_counted(differences):
    from scipy.stats import rankdata

    sizes = np.abs(of(differences))
    ranks = rankdata(sizes)[sizes > 0]
    observed = abs(sum(np.sign(of(differences))[sizes > 0] * ranks))
    sums = [abs(np.dot(signs, ranks)) for signs in product((1, -1), repeat=ranks.size)]
    expected = np.mean([total >= observed - 1e-9 for total in sums])
    assert pytest.approx(expected) == wilcoxon_p_value(of(differences))[0]


def test_beyond_twenty_pairs_that_differ_it_is_the_normal_one_of_scipy():
    from scipy.stats import wilcoxon

    differences = of(np.random.default_rng(1).integers(-3, 5, size=60))
    reference = wilcoxon(differences, zero_method="pratt", correction=False, method="asymptotic").pvalue
    # scipy takes the variance of ties and zeros from sums of ranks; ours is the sum of their squares: the same thing
    assert (pytest.approx(reference, rel=1e-9), "wilcoxon_pratt") == wilcoxon_p_value(differences)


def test_the_normal_p_of_the_sleep_data_without_their_zero():
    # scipy's wilcoxon of method "asymptotic", without correction: statistic 0, p = .00763
    assert 0.007632441648205508 == pytest.approx(normal_p_value(SLEEP[SLEEP != 0]), abs=1e-9)


def test_twenty_pairs_that_differ_are_exact_twenty_one_are_not():
    assert (2 / 2**20, "wilcoxon_pratt_exact") == wilcoxon_p_value(of([1] * 20 + [0] * 30))
    assert "wilcoxon_pratt" == wilcoxon_p_value(of([1] * 21))[1]


def test_exact_and_normal_p_are_close_where_both_can_be_had():
    from scipy.stats import norm

    differences = of([3, -1, 4, 1, 5, 9, -2, 6, 5, 3, 5, -8, 9, 7, 9, 3, 2, 3, 8, -4])
    sizes = np.abs(differences)
    from scipy.stats import rankdata

    ranks = rankdata(sizes)
    z = (np.sign(differences) * ranks).sum() / np.sqrt((ranks**2).sum())
    assert 2 * norm.sf(z) == pytest.approx(wilcoxon_p_value(differences)[0], abs=0.01)


@given(RATINGS, st.randoms())
def test_neither_order_nor_side_nor_scale_matters(differences, random):
    shuffled = of(random.sample(differences, len(differences)))
    ordered = of(differences)
    assert wilcoxon_p_value(ordered) == wilcoxon_p_value(shuffled) == wilcoxon_p_value(-ordered)
    assert wilcoxon_p_value(ordered) == wilcoxon_p_value(ordered * 0.1)
    assert rank_biserial(ordered) == rank_biserial(shuffled)
    assert hodges_lehmann(ordered) == -hodges_lehmann(-ordered)


def test_noise_of_floating_point_does_not_rank_equal_sizes_apart():
    # .3 - .2 and .2 - .1 differ in the last bit
    differences = of([0.3 - 0.2, 0.1 - 0.2, 0.2])
    assert 0.5 == pytest.approx(rank_biserial(differences))


def test_where_nothing_differs_p_is_one_and_there_is_no_effect():
    assert (1.0, "wilcoxon_pratt_exact") == wilcoxon_p_value(np.zeros(7))
    assert rank_biserial(np.zeros(7)) is None
    assert 0.0 == hodges_lehmann(np.zeros(7))


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=12))
def test_hodges_lehmann_is_the_median_of_all_means_of_two(differences):
    walsh = [(differences[i] + differences[j]) / 2 for i in range(len(differences)) for j in range(i + 1)]
    assert float(np.median(walsh)) == hodges_lehmann(of(differences))


def test_beyond_two_thousand_distinct_differences_there_is_no_hodges_lehmann():
    assert 999.5 == hodges_lehmann(np.arange(2000.0))
    assert hodges_lehmann(np.arange(2001.0)) is None
    assert 0.5 == hodges_lehmann(of([0, 1] * 1500))
