from functools import cache
from math import ceil, comb, sqrt

import numpy as np
import pytest

from evaluation.errors import ConfigurationError
from evaluation.stats.binary_pairs import share_within
from evaluation.stats.paired_tests import mcnemar_p_value, mean_within
from evaluation.stats.power import (
    cases_for_difference,
    exact_mcnemar_cases,
    mcnemar_cases,
    mcnemar_detectable,
    mcnemar_power,
    mean_equivalence_cases,
    paired_t_cases,
    paired_t_detectable,
    paired_t_power,
    share_equivalence_cases,
)


def test_millers_example_of_three_points():
    # Miller 2024 (arXiv:2411.00640) eq. 9: 969 questions show 3 points where ω² = 1/9
    assert 968.9974980677886 == pytest.approx(cases_for_difference(0.03, variance=1 / 9), abs=1e-3)


def test_fewer_cases_show_a_difference_with_less_certainty():
    n = cases_for_difference(-0.2, variance=0.7, alpha=0.01, power=0.9)
    assert n > cases_for_difference(0.2, variance=0.7, alpha=0.01) > cases_for_difference(0.2, variance=0.7)


def test_the_paired_t_test_needs_34_pairs_for_half_a_standard_deviation():
    # G*Power and Cohen: 34; statsmodels' TTestPower: 33.367
    assert 33.36713118431779 == pytest.approx(paired_t_cases(0.5), abs=1e-3)
    assert 33.36713118431779 == pytest.approx(paired_t_cases(-0.5), abs=1e-3)


def test_the_power_of_the_paired_t_test_is_seen_in_simulated_pairs():
    from scipy.stats import ttest_1samp

    differences = np.random.default_rng(0).normal(0.6, 1, size=(5000, 15))
    rejected = (ttest_1samp(differences, 0, axis=1).pvalue < 0.05).mean()
    assert rejected == pytest.approx(paired_t_power(0.6, 15), abs=3 * sqrt(0.25 / 5000))
    assert paired_t_power(0.6, 15) == paired_t_power(-0.6, 15)


def test_without_an_effect_the_power_is_the_chance_of_a_false_alarm():
    assert 0.05 == pytest.approx(paired_t_power(0.0, 12))
    assert 0.01 == pytest.approx(paired_t_power(0.0, 12, alpha=0.01))


@pytest.mark.parametrize("n", [2, 3, 6, 20, 1000, 100_000])
def test_the_detectable_effect_is_seen_with_the_power_asked_for(n):
    assert 0.8 == pytest.approx(paired_t_power(paired_t_detectable(n), n), abs=1e-9)
    effect = paired_t_detectable(n, alpha=0.01, power=0.9)
    assert 0.9 == pytest.approx(paired_t_power(effect, n, alpha=0.01), abs=1e-9)


def test_pairs_and_detectable_effect_of_the_t_test_are_each_others_inverse():
    assert 40 == pytest.approx(paired_t_cases(paired_t_detectable(40)), abs=1e-6)
    assert 40 == pytest.approx(paired_t_cases(paired_t_detectable(40, alpha=0.2), alpha=0.2), abs=1e-6)
    assert 40 == pytest.approx(paired_t_cases(paired_t_detectable(40, power=0.6), power=0.6), abs=1e-6)


def test_one_pair_detects_nothing_and_two_are_the_fewest():
    assert paired_t_detectable(1) is None
    assert 2.0 == pytest.approx(paired_t_cases(1e9), abs=1e-6)


def test_an_effect_near_nothing_needs_as_many_as_the_normal_approximation_says():
    assert cases_for_difference(1e-9, variance=1.0) == paired_t_cases(1e-9)
    assert cases_for_difference(1e-4, variance=1.0) == pytest.approx(paired_t_cases(1e-4), rel=1e-5)


def test_connors_numbers_for_mcnemars_test():
    # Connor 1987: two thirds of 1000 pairs for 5 points where 20 % differ
    assert 625.5473178337214 == pytest.approx(mcnemar_cases(0.05, discordant=0.2), abs=1e-3)
    assert 3486.032190521127 == pytest.approx(mcnemar_cases(-0.03, discordant=0.4), abs=1e-3)


def test_alpha_and_power_move_the_pairs_of_mcnemars_test():
    usual = mcnemar_cases(0.05, discordant=0.2)
    assert usual < mcnemar_cases(0.05, discordant=0.2, alpha=0.01)
    assert usual < mcnemar_cases(0.05, discordant=0.2, power=0.9)


def test_a_difference_needs_at_least_as_many_differing_cases():
    # All differing cases lean one way: (z + z_power sqrt(1 - δ))² / δ
    expected = (1.959963984540054 + 0.8416212335729143 * sqrt(0.95)) ** 2 / 0.05
    assert expected == pytest.approx(mcnemar_cases(0.05, discordant=0.0))
    assert expected == pytest.approx(mcnemar_cases(0.05, discordant=0.05))


@pytest.mark.parametrize(
    "ask",
    [
        lambda: cases_for_difference(0.0, variance=1.0),
        lambda: share_equivalence_cases(0.0, discordant=0.3),
        lambda: mean_equivalence_cases(0.0),
        lambda: mcnemar_cases(0.0, discordant=0.3),
        lambda: paired_t_cases(0.0),
    ],
)
def test_no_number_of_cases_shows_a_difference_of_nothing(ask):
    with pytest.raises(ConfigurationError, match="difference of 0"):
        ask()


@pytest.mark.parametrize(("alpha", "power"), [(0.0, 0.8), (0.05, 1.0), (0.5, 0.4), (-0.1, 0.8), (0.05, 0.05)])
def test_chances_of_error_that_make_no_sense_are_refused(alpha, power):
    for ask in (
        lambda: cases_for_difference(0.1, variance=1.0, alpha=alpha, power=power),
        lambda: mcnemar_cases(0.1, discordant=0.3, alpha=alpha, power=power),
        lambda: mcnemar_detectable(10, discordant=0.3, alpha=alpha, power=power),
        lambda: paired_t_cases(0.5, alpha=alpha, power=power),
        lambda: paired_t_detectable(10, alpha=alpha, power=power),
        lambda: share_equivalence_cases(0.1, discordant=0.3, alpha=alpha, power=power),
        lambda: mean_equivalence_cases(0.1, alpha=alpha, power=power),
    ):
        with pytest.raises(ConfigurationError, match="alpha="):
            ask()


def power_by_counting(difference: float, n: int, discordant: float, alpha: float = 0.05) -> float:
    """The chance of every table that the product's own test rejects."""
    share = max(discordant, difference)
    a, b = (share + difference) / 2, (share - difference) / 2
    return sum(
        comb(n, i) * comb(n - i, j) * a**i * b**j * (1 - share) ** (n - i - j)
        for i in range(n + 1)
        for j in range(n + 1 - i)
        if mcnemar_p_value(i, j)[0] < alpha
    )


@pytest.mark.parametrize(
    ("difference", "n", "discordant", "alpha"),
    [
        (0.2, 30, 0.3, 0.05),
        (0.05, 25, 0.1, 0.05),
        (0.5, 12, 0.4, 0.05),
        (0.9, 8, 0.2, 0.05),
        (0.0, 20, 0.5, 0.05),
        (1.0, 6, 0.1, 0.05),
        (0.3, 28, 0.4, 0.01),
        (0.3, 28, 1.0, 0.05),
    ],
)
def test_the_power_is_that_of_the_test_that_decides(difference, n, discordant, alpha):
    expected = power_by_counting(difference, n, discordant, alpha)
    assert expected == pytest.approx(mcnemar_power(difference, n, discordant=discordant, alpha=alpha), abs=1e-7)


@pytest.mark.parametrize(("n", "discordant"), [(12, 0.5), (20, 0.3), (100, 0.16), (300, 0.2), (1319, 0.2), (40, 0.0)])
def test_the_detectable_difference_is_seen_with_the_power_that_it_promises(n, discordant):
    found = mcnemar_detectable(n, discordant=discordant)
    assert 0.8 == pytest.approx(mcnemar_power(found, n, discordant=discordant), abs=1e-6)


@pytest.mark.parametrize(("difference", "discordant"), [(0.03, 0.16), (0.03, 0.05), (0.1, 0.3), (0.03, 0.0)])
def test_so_many_cases_show_the_difference_and_connors_formula_asks_for_too_few(difference, discordant):
    found = exact_mcnemar_cases(difference, discordant=discordant)
    assert mcnemar_power(difference, found, discordant=discordant) >= 0.8
    assert mcnemar_power(difference, found - 1, discordant=discordant) < 0.8
    few = int(mcnemar_cases(difference, discordant=discordant))
    assert mcnemar_power(difference, few, discordant=discordant) < 0.8
    assert found == exact_mcnemar_cases(-difference, discordant=discordant)


def test_simulated_tables_are_rejected_as_often_as_promised():
    rng = np.random.default_rng(7)
    n, discordant = 60, 0.3
    difference = mcnemar_detectable(n, discordant=discordant)
    a, b = (discordant + difference) / 2, (discordant - difference) / 2
    tables = rng.multinomial(n, (a, b, 1 - a - b), size=4000)
    hits = sum(mcnemar_p_value(int(i), int(j))[0] < 0.05 for i, j, _ in tables)
    assert 0.8 == pytest.approx(hits / 4000, abs=0.025)


def test_where_chi_square_decides_connors_formula_is_turned_round():
    found = mcnemar_detectable(100_000, discordant=0.2)
    assert 100_000 == pytest.approx(mcnemar_cases(found, discordant=0.2), rel=1e-4)
    assert exact_mcnemar_cases(0.005, discordant=0.2) == 62_789


def test_with_fewer_than_six_pairs_nothing_can_be_seen():
    assert mcnemar_detectable(5, discordant=0.5) is None
    assert 1.0 > mcnemar_detectable(6, discordant=0.5) > 0.9


@cache
def _is_within(only_a: int, only_b: int, n: int, margin: float) -> bool:
    return share_within(only_a=only_a, only_b=only_b, n=n, margin=margin).p_equivalence < 0.05


@pytest.mark.parametrize(("margin", "discordant"), [(0.05, 0.05), (0.1, 0.1), (0.05, 0.2), (0.1, 0.3)])
def test_so_many_pairs_show_two_equal_candidates_to_be_equivalent(margin: float, discordant: float) -> None:
    n = ceil(share_equivalence_cases(margin, discordant=discordant))
    half = discordant / 2
    tables = np.random.default_rng(1).multinomial(n, (half, half, 1 - discordant), size=4000)
    shown = float(np.mean([_is_within(int(a), int(b), n, margin) for a, b, _ in tables]))
    # Where all that may differ is the margin, the normal approximation with one variance shows it in .66 and .69.
    assert 0.78 <= shown <= 0.86


@pytest.mark.parametrize("effect", [0.3, 0.6, 1.0])
def test_so_many_pairs_show_equal_means_to_be_equivalent_and_a_difference_of_the_margin(effect: float) -> None:
    from scipy.stats import ttest_1samp

    n = ceil(mean_equivalence_cases(effect))
    drawn = np.random.default_rng(2).normal(size=(4000, n))
    shown = float(np.mean([mean_within(sample, effect).p_equivalence < 0.05 for sample in drawn]))
    told = float(np.mean(ttest_1samp(drawn + effect, 0, axis=1).pvalue < 0.05))
    assert 0.78 <= shown <= 0.86
    assert told >= 0.78


def test_many_pairs_need_what_the_normal_approximation_says() -> None:
    # (1.645 + 1.282)² / .01², and times .5 for shares of which half differ
    expected = (1.6448536269514722 + 1.2815515655446004) ** 2 / 0.01**2
    assert expected == pytest.approx(mean_equivalence_cases(0.01), rel=1e-3)
    assert expected / 2 == pytest.approx(share_equivalence_cases(0.01, discordant=0.5), rel=1e-3)


def test_surer_claims_need_more_pairs_and_no_fewer_differ_than_the_margin_leaves() -> None:
    usual = share_equivalence_cases(0.05, discordant=0.2)
    assert usual < share_equivalence_cases(0.05, discordant=0.2, alpha=0.01)
    assert usual < share_equivalence_cases(0.05, discordant=0.2, power=0.9)
    assert share_equivalence_cases(0.05, discordant=0.05) == share_equivalence_cases(0.05, discordant=0.0)
    assert share_equivalence_cases(1.0, discordant=0.3) == share_equivalence_cases(3.0, discordant=0.3)
    assert mean_equivalence_cases(0.5) < mean_equivalence_cases(0.5, power=0.9)
