import numpy as np
import pytest

from evaluation.stats.effect_sizes import cohen_dz, cohen_g, hedges_gz, odds_ratio, small_sample_factor

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
