from math import sqrt

import numpy as np
import pytest

from evaluation.errors import ConfigurationError
from evaluation.stats.equivalence_cases import mean_equivalence_cases, share_equivalence_cases
from evaluation.stats.mcnemar_power import mcnemar_detectable
from evaluation.stats.power import (
    cases_for_difference,
    detectable_difference,
    mcnemar_cases,
    paired_t_cases,
    paired_t_detectable,
    paired_t_power,
)


def test_millers_example_of_three_points():
    # Miller 2024 (arXiv:2411.00640) eq. 9: 969 questions show 3 points where ω² = 1/9
    assert 968.9974980677886 == pytest.approx(cases_for_difference(0.03, variance=1 / 9), abs=1e-3)
    assert 0.0663666639369971 == pytest.approx(detectable_difference(198, variance=1 / 9), abs=1e-9)


def test_cases_and_detectable_difference_are_each_others_inverse():
    n = cases_for_difference(-0.2, variance=0.7, alpha=0.01, power=0.9)
    assert 0.2 == pytest.approx(detectable_difference(n, variance=0.7, alpha=0.01, power=0.9))
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
        lambda: detectable_difference(10, variance=1.0, alpha=alpha, power=power),
        lambda: mcnemar_cases(0.1, discordant=0.3, alpha=alpha, power=power),
        lambda: mcnemar_detectable(10, discordant=0.3, alpha=alpha, power=power),
        lambda: paired_t_cases(0.5, alpha=alpha, power=power),
        lambda: paired_t_detectable(10, alpha=alpha, power=power),
        lambda: share_equivalence_cases(0.1, discordant=0.3, alpha=alpha, power=power),
        lambda: mean_equivalence_cases(0.1, alpha=alpha, power=power),
    ):
        with pytest.raises(ConfigurationError, match="alpha="):
            ask()
