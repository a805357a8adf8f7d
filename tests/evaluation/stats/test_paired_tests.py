from itertools import product
from math import erfc, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.stats.binary_pairs import share_within, tango_interval, tango_z
from evaluation.stats.paired_tests import (
    N_FLIPS,
    MarginTest,
    chi2,
    chi2_p_value,
    corrected_chi2,
    corrected_chi2_p_value,
    exact_p_value,
    mcnemar_p_value,
    mean_within,
    mid_p_value,
    normal_p_value,
    rank_biserial,
    sign_flip_p_value,
    wilcoxon_p_value,
)

# Cases that only A has right, that only B has right, exact p, mid-p, chi-square's p without correction.
PUBLISHED = [
    # Wikipedia, "McNemar's test": .052 exact, .035 mid-p, .033 asymptotic; its larger table
    (6, 16, 0.052478790283203125, 0.03468966484069824, 0.0330062576612325),
    (121, 59, 4.4344492637551645e-06, 3.2666467957745733e-06, 3.815135865112594e-06),
    # Armitage & Berry 1994, p. 127: StatsDirect gives .0129 exact
    (12, 2, 0.012939453125, 0.007385253906249991, 0.007526315166457882),
    # Bentur et al. 2009 in Fagerland et al. 2013 (BMC Med Res Methodol 13:91): .070 exact, .039 mid-p, .034 asymptotic
    (1, 7, 0.0703125, 0.039062500000000014, 0.033894853524689295),
]


@pytest.mark.parametrize(("only_a", "only_b", "exact", "mid", "chi2"), PUBLISHED)
def test_each_p_is_the_published_one(only_a, only_b, exact, mid, chi2):
    found = exact_p_value(only_a, only_b), mid_p_value(only_a, only_b), chi2_p_value(only_a, only_b)
    assert pytest.approx((exact, mid, chi2), abs=1e-9) == found


def test_agrestis_approval_ratings_have_his_chi_square():
    # Agresti, Categorical Data Analysis 10.1: 150 against 86, z² = 17.36
    from scipy.stats import chi2 as distribution

    assert 17.35593220338983 == pytest.approx(chi2(150, 86), rel=1e-12)
    assert distribution.sf(17.35593220338983, 1) == pytest.approx(chi2_p_value(150, 86), rel=1e-9)


def test_chi_square_is_nothing_where_nothing_differs_and_its_correction_never_goes_below():
    assert (0.0, 0.0, 0.0) == (chi2(0, 0), corrected_chi2(0, 0), corrected_chi2(4, 4))
    assert (1.0, 0.25, 1 / 7, 0.0) == (chi2(4, 0) / 4, chi2(5, 3) / 2, chi2(3, 4), corrected_chi2(3, 4))
    assert 9 / 4 == corrected_chi2(4, 0) == corrected_chi2(0, 4)


@pytest.mark.parametrize("only_a", [0, 1, 3, 10])
@pytest.mark.parametrize("only_b", [1, 4, 10, 33])
def test_exact_and_mid_p_are_those_of_the_binomial_distribution(only_a, only_b):
    from scipy.stats import binom, binomtest

    assert binomtest(only_a, only_a + only_b).pvalue == pytest.approx(exact_p_value(only_a, only_b), rel=1e-9)
    by_hand = 2 * binom.cdf(min(only_a, only_b), only_a + only_b, 0.5) - binom.pmf(only_a, only_a + only_b, 0.5)
    assert by_hand == pytest.approx(mid_p_value(only_a, only_b), rel=1e-9)


def test_sides_may_be_swapped():
    for p_value in (exact_p_value, mid_p_value, chi2_p_value):
        assert p_value(3, 9) == p_value(9, 3)


def test_where_nothing_differs_or_all_is_even_p_is_one():
    assert (1.0, 1.0, 1.0) == (exact_p_value(0, 0), mid_p_value(0, 0), chi2_p_value(0, 0))
    assert (1.0, 1.0, 1.0) == (exact_p_value(5, 5), pytest.approx(mid_p_value(5, 5)), chi2_p_value(5, 5))


def test_no_p_is_above_one():
    assert all(mid_p_value(n, n) <= 1 and exact_p_value(n, n) <= 1 for n in range(60))


def test_the_least_p_of_so_many_cases_is_two_in_two_to_the_n():
    least = [exact_p_value(n, 0) for n in range(1, 9)]
    assert [1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125] == least


def test_up_to_a_thousand_differing_cases_the_test_is_exact_and_beyond_by_chi_square():
    assert (exact_p_value(520, 480), "mcnemar_exact") == mcnemar_p_value(520, 480)
    assert (chi2_p_value(520, 481), "mcnemar_chi2") == mcnemar_p_value(520, 481)
    assert exact_p_value(560, 480) == pytest.approx(chi2_p_value(560, 480), abs=2e-3)


@pytest.mark.parametrize(
    ("only_a", "only_b", "corrected"),
    [
        # Wikipedia: .055; statsmodels' tests: 20.67222; StatsDirect: Yates' chi-square 5.785714, p = .0162; Fagerland
        (6, 16, 0.055008833629265896),
        (121, 59, 5.450094825427117e-06),
        (12, 2, 0.016156931261181322),
        (1, 7, 0.07709987174354202),
    ],
)
def test_the_corrected_p_is_the_published_one(only_a, only_b, corrected):
    assert corrected == pytest.approx(corrected_chi2_p_value(only_a, only_b), abs=1e-9)
    assert corrected == pytest.approx(corrected_chi2_p_value(only_b, only_a), abs=1e-9)


def test_the_correction_leaves_even_and_no_cases_a_p_of_one():
    assert (1.0, 1.0, 1.0) == (corrected_chi2_p_value(0, 0), corrected_chi2_p_value(4, 4), corrected_chi2_p_value(4, 3))


def test_darwins_maize_by_the_sign_test():
    # Thirteen of fifteen pairs favour crossing.
    assert 0.00738525390625 == pytest.approx(exact_p_value(13, 2), abs=1e-12)


# Darwin's maize pairs in eighths of an inch: Fisher 1935, The Design of Experiments
MAIZE = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=float)


# Student's sleep data, group 1 less group 2
SLEEP = np.array([-1.2, -2.4, -1.3, -1.3, 0.0, -1.0, -1.8, -0.8, -4.6, -1.4])
NUMBERS = st.lists(st.integers(-50, 50), min_size=1, max_size=10)


def flipped(differences, seed=0):
    return sign_flip_p_value(np.asarray(differences, dtype=float), rng=np.random.default_rng(seed))


def test_fishers_count_of_darwins_maize():
    # 863 of 32768 at least as large: two-sided 5.267 %
    assert (2 * 863 / 32768, "sign_flip_exact") == flipped(MAIZE)


def test_all_flips_of_the_sleep_data():
    assert (0.00390625, "sign_flip_exact") == flipped(SLEEP)


@given(NUMBERS)
def test_up_to_fifteen_pairs_every_choice_of_signs_is_counted(differences):
    sums = [
        abs(sum(s * d for s, d in zip(signs, differences, strict=True)))
        for signs in product((1, -1), repeat=len(differences))
    ]
    expected = sum(size >= abs(sum(differences)) for size in sums) / len(sums)
    assert pytest.approx(expected) == flipped(differences)[0]


@given(NUMBERS, st.randoms())
def test_neither_order_nor_side_nor_scale_changes_p(differences, random):
    shuffled = random.sample(differences, len(differences))
    p_value = flipped(differences)[0]
    assert p_value == flipped(shuffled)[0] == flipped([-d for d in differences])[0]
    assert p_value == flipped([d * 0.1 for d in differences])[0]


def test_drawn_flips_depend_on_neither_order_nor_side():
    differences = np.random.default_rng(3).normal(0.3, 1, 40)
    p_value, form = flipped(differences)
    assert "sign_flip" == form
    assert p_value == flipped(differences[::-1])[0] == flipped(-differences)[0]


def test_fifteen_pairs_are_exact_and_of_sixteen_flips_with_the_same_mean_count_half():
    assert (2 * (1 + 15) / 2**15, "sign_flip_exact") == flipped([1] * 14 + [-1])
    assert (2 * (1 + 15 / 2) / 2**15, "sign_flip") == flipped([1] * 14 + [-1, 0])


def test_beyond_fifteen_pairs_of_ones_it_is_mcnemars_mid_p():
    from evaluation.stats.paired_tests import mid_p_value

    assert pytest.approx(mid_p_value(9, 3)) == flipped([1.0] * 9 + [-1.0] * 3 + [0.0] * 8)[0]
    assert mid_p_value(14, 6) == pytest.approx(flipped([1.0] * 14 + [-1.0] * 6)[0], abs=0.01)


def test_beyond_fifteen_pairs_too_a_mean_of_nothing_has_a_p_of_one():
    assert (1.0, "sign_flip") == flipped([1, -1, 2, -2, 0.5, -0.5] + [0] * 20)
    assert (1.0, "sign_flip") == flipped([1, -1] * 10)
    assert (1.0, "sign_flip") == flipped([0.0] * 16)


@pytest.mark.parametrize("n", [16, 17, 23, 24, 25, 200])
def test_drawn_flips_come_close_to_the_paired_t_test_of_normal_differences(n):
    from scipy.stats import ttest_1samp

    differences = np.random.default_rng(n).normal(0.3, 1, n)
    assert ttest_1samp(differences, 0).pvalue == pytest.approx(flipped(differences)[0], abs=0.02)


def test_draws_count_themselves_in_so_that_p_is_never_zero():
    assert 1 / (1 + N_FLIPS) == flipped(np.full(60, 1.0))[0]


def test_one_seed_gives_one_p_and_another_seed_another():
    differences = np.random.default_rng(5).normal(0.2, 1, 50)
    assert flipped(differences, seed=1) == flipped(differences, seed=1)
    assert flipped(differences, seed=1) != flipped(differences, seed=2)


def test_where_nothing_differs_p_is_one():
    assert (1.0, "sign_flip_exact") == flipped([0.0] * 8)


def test_a_constant_difference_has_the_least_p_of_so_many_pairs():
    # .7 against .6: floating-point noise must not make the flips unequal
    assert 2 / 2**8 == flipped(np.full(8, 0.7) - np.full(8, 0.6))[0]


def test_ten_thousand_flips_of_ten_thousand_pairs_need_no_table_of_all_signs():
    # A table of all signs would take 10^8 numbers; the ones used here take 10^7 bytes.
    import tracemalloc

    differences = np.random.default_rng(0).normal(0, 1, 10_000)
    tracemalloc.start()
    p_value, _ = flipped(differences)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0 < p_value <= 1
    assert peak < 60e6


MAIZE_RANKS = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=float)


# Hollander & Wolfe's depression data, as in R's help of wilcox.test
BEFORE = np.array([1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3])
AFTER = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
RATINGS = st.lists(st.integers(-4, 4), min_size=1, max_size=9)


def of(differences):
    return np.asarray(differences, dtype=float)


def test_the_depression_data_have_the_p_of_r():
    # R: V = 40, two-sided .0390625
    assert (0.0390625, "wilcoxon_pratt_exact") == wilcoxon_p_value(BEFORE - AFTER)
    # One-sided .01953: the exact distribution is symmetric. V is the sum of the ranks that rise, of 45.
    assert 0.01953125 == wilcoxon_p_value(BEFORE - AFTER)[0] / 2
    assert 40 == pytest.approx((1 + rank_biserial(BEFORE - AFTER)) * 45 / 2)
    assert 0.7777777777777778 == pytest.approx(rank_biserial(BEFORE - AFTER), abs=1e-9)


def test_darwins_maize_has_the_p_of_scipys_documentation():
    # 24.0 and 0.041259765625, its ties of sizes left aside: no two differences are of one size
    assert 0.041259765625 == wilcoxon_p_value(MAIZE_RANKS)[0]
    # The smaller one of both sums of ranks, of 120 in all
    assert 24.0 == pytest.approx((1 - rank_biserial(MAIZE_RANKS)) * 120 / 2)


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


def test_noise_of_floating_point_does_not_rank_equal_sizes_apart():
    # .3 - .2 and .2 - .1 differ in the last bit
    differences = of([0.3 - 0.2, 0.1 - 0.2, 0.2])
    assert 0.5 == pytest.approx(rank_biserial(differences))


def test_where_nothing_differs_p_is_one_and_there_is_no_effect():
    assert (1.0, "wilcoxon_pratt_exact") == wilcoxon_p_value(np.zeros(7))
    assert rank_biserial(np.zeros(7)) is None


@pytest.mark.parametrize(
    ("margin", "p_above", "p_below"),
    [
        # statsmodels' ttost_paired of the sleep data (Schuirmann 1987)
        (1.0, 0.9149441145512887, 4.778595695546834e-05),
        (2.0, 0.1541572356690974, 3.5523441592476907e-06),
        (2.5, 0.021116860246500745, 1.200241738189643e-06),
    ],
)
def test_the_two_one_sided_tests_of_the_sleep_data(margin, p_above, p_below):
    found = mean_within(SLEEP, margin)
    assert pytest.approx((p_above, p_below), abs=1e-9) == (found.p_above, found.p_below)
    assert p_above == pytest.approx(found.p_equivalence, abs=1e-9)
    # Turned round, the other test is the worse one.
    assert p_above == pytest.approx(mean_within(-SLEEP, margin).p_equivalence, abs=1e-9)


def test_equivalence_is_shown_where_the_ninety_percent_interval_lies_within_the_margins():
    # That of the sleep data is -2.293005267029284 to -0.8669947329707163.
    assert mean_within(SLEEP, 2.2930).p_equivalence > 0.05 > mean_within(SLEEP, 2.2931).p_equivalence


def test_the_worse_of_both_p_values_is_that_of_equivalence():
    assert (
        0.3 == MarginTest(p_above=0.3, p_below=0.2).p_equivalence == MarginTest(p_above=0.1, p_below=0.3).p_equivalence
    )


def test_where_no_spread_was_seen_the_signs_of_the_distances_are_flipped():
    found = mean_within(np.full(8, 0.7) - np.full(8, 0.6), 0.2)
    assert (0.5**8, 0.5**8) == (found.p_above, found.p_below)
    found = mean_within(np.full(8, 0.7) - np.full(8, 0.6), 0.05)
    assert (0.5**8, 1.0) == (found.p_above, found.p_below)
    found = mean_within(np.full(8, 0.6) - np.full(8, 0.7), 0.05)
    assert (1.0, 0.5**8) == (found.p_above, found.p_below)
    assert (None, None) == (found.statistic_above, found.statistic_below)
    # A difference that is the margin but for floating-point noise is not within it.
    assert 1.0 == mean_within(np.full(8, 0.7) - np.full(8, 0.6), 0.1).p_below
    assert 1.0 == mean_within(np.full(8, 0.6) - np.full(8, 0.7), 0.1).p_above
    assert 0.5 == mean_within(np.array([0.0]), 0.1).p_equivalence


def test_two_pairs_with_spread_are_tested_by_t():
    # t = 1.1 / 0.5 with one degree of freedom: 1/2 - arctan(2.2) / pi
    assert 0.5 - np.arctan(2.2) / np.pi == pytest.approx(mean_within(np.array([0.0, 1.0]), 0.6).p_above)


def test_without_spread_a_margin_of_any_size_is_told_from_noise():
    tiny = np.full(8, 7e-15) - np.full(8, 6e-15)
    assert (0.5**8, 0.5**8) == (mean_within(tiny, 2e-15).p_above, mean_within(tiny, 2e-15).p_below)
    assert 0.5**8 == mean_within(np.zeros(8), 1e-13).p_equivalence
    assert 1.0 == mean_within(np.full(8, 7e14) - np.full(8, 6e14), 1e14).p_below


def test_shares_are_held_against_the_margin_by_tangos_score():
    found = share_within(only_a=9, only_b=4, n=100, margin=0.05)
    z_low, z_high = (tango_z(only_a=9, only_b=4, n=100, difference=margin) for margin in (-0.05, 0.05))
    assert erfc(z_low / sqrt(2)) / 2 == found.p_above
    assert erfc(-z_high / sqrt(2)) / 2 == found.p_below
    assert (z_low, z_high) == (found.statistic_above, found.statistic_below)
    # Not-inferiority is Tango's one-sided interval: here its 90 % one ends at the margin.
    low, high = tango_interval(only_a=9, only_b=4, n=100, confidence_level=0.9)
    assert 0.05 == pytest.approx(share_within(only_a=9, only_b=4, n=100, margin=-low).p_above)
    assert 0.05 == pytest.approx(share_within(only_a=9, only_b=4, n=100, margin=high).p_below)


def test_pairs_that_all_agree_are_equivalent_within_five_points_only_when_they_are_many():
    few, many = (share_within(only_a=0, only_b=0, n=n, margin=0.05).p_equivalence for n in (20, 200))
    assert many < 0.05 < few


def test_every_difference_of_shares_lies_within_a_margin_of_one_or_more():
    assert share_within(only_a=3, only_b=4, n=50, margin=1.0) == share_within(only_a=3, only_b=4, n=50, margin=7.0)
    assert 0.0 == share_within(only_a=3, only_b=4, n=50, margin=1.0).p_equivalence


@given(
    st.lists(st.integers(-9, 9), min_size=1, max_size=30),
    st.floats(0.01, 20),
    st.floats(1e-3, 1e3),
)
def test_swapped_sides_swap_the_tests_and_no_unit_changes_them(differences, margin, unit):
    vector = np.array(differences, dtype=float)
    found, turned = mean_within(vector, margin), mean_within(-vector, margin)
    assert pytest.approx((turned.p_below, turned.p_above)) == (found.p_above, found.p_below)
    scaled = mean_within(vector * unit, margin * unit)
    assert pytest.approx((scaled.p_above, scaled.p_below), abs=1e-12) == (found.p_above, found.p_below)
    assert 0 <= found.p_equivalence <= 1
