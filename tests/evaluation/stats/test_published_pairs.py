"""Figures that papers, textbooks and other programs print for two candidates, all of them to the digits at hand.

Digits beyond the printed ones are those of scipy and statsmodels.
"""

import numpy as np
import pytest

from evaluation.stats.binary_pairs import binary_evidence, paired_standard_error, paired_wald_interval, tango_z
from evaluation.stats.continuous_pairs import continuous_evidence, paired_t, small_sample_factor, spread_interval
from evaluation.stats.intervals import wilson_interval
from evaluation.stats.paired_tests import (
    PairTestSettings,
    chi2,
    chi2_p_value,
    corrected_chi2,
    corrected_chi2_p_value,
    exact_p_value,
    mean_within,
    normal_p_value,
    rank_biserial,
    sign_flip_p_value,
    wilcoxon_p_value,
)
from evaluation.stats.paired_tests import mid_p_value as mid_p
from evaluation.stats.unpaired import unpaired_means

# Student's sleep data, R's datasets::sleep
SLEEP_A = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SLEEP_B = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
# Darwin's maize pairs in eighths of an inch: Fisher 1935, The Design of Experiments
MAIZE = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48], dtype=float)


def terms():
    return PairTestSettings(confidence_level=0.95, margin=None, rng=np.random.default_rng(0))


def close(expected, tolerance):
    return pytest.approx(expected, rel=0, abs=tolerance)


def of_table(both, only_a, only_b, neither):
    """What the product says of so many right and wrong answers, by the names that the sources use."""
    a = np.array([1.0] * (both + only_a) + [0.0] * (only_b + neither))
    b = np.array([1.0] * both + [0.0] * only_a + [1.0] * only_b + [0.0] * neither)
    found = binary_evidence(a, b, terms())
    return {
        "difference": found.difference,
        "exact p": found.p_value,
        "mid-p": found.also["mid_p"],
        "chi-square": found.statistics["mcnemar_chi2"],
        "its p": found.also["mcnemar_chi2"],
        "corrected": found.statistics["mcnemar_chi2_corrected"],
        "corrected p": found.also["mcnemar_chi2_corrected"],
        "Newcombe": found.interval,
        "Tango": found.intervals["tango"],
        "Bonett-Price": found.intervals["bonett_price"],
        "Wald": paired_wald_interval(only_a=only_a, only_b=only_b, n=a.size),
        "phi": found.statistics["newcombe_phi"],
        "odds ratio": found.statistics["odds_ratio"],
        "right": (a.mean(), b.mean()),
        "discordant": (round((a > b).sum()), round((a < b).sum())),
    }


def picked(found, names):
    return {name: found[name] for name in names}


def assert_close(expected, found, tolerance):
    assert {name: close(value, tolerance) for name, value in expected.items()} == picked(found, expected)


def test_mcnemar_of_six_against_sixteen():
    # Wikipedia, "McNemar's test": p = .033 asymptotic, .055 corrected, .052 exact, .035 mid-p
    expected = {
        "exact p": 0.052478790283203125,
        "mid-p": 0.03468966484069824,
        "chi-square": 4.545454545454546,
        "its p": 0.0330062576612325,
        "corrected": 3.6818181818181817,
        "corrected p": 0.055008833629265896,
        "discordant": (6, 16),
    }
    assert_close(expected, of_table(0, 6, 16, 0), 1e-9)
    by_counts = exact_p_value(6, 16), mid_p(6, 16), chi2(6, 16), chi2_p_value(6, 16), corrected_chi2(6, 16)
    assert close(tuple(expected.values())[:5], 1e-9) == by_counts
    assert close(expected["corrected p"], 1e-9) == corrected_chi2_p_value(6, 16)


def test_mcnemar_of_121_against_59():
    # Wikipedia: chi-square 21.35, p < .001; statsmodels' own tests: 21.35556, corrected 20.67222
    expected = {
        "discordant": (121, 59),
        "exact p": 4.4344492637551645e-06,
        "mid-p": 3.2666467957745733e-06,
        "chi-square": 21.355555555555554,
        "its p": 3.815135865112594e-06,
        "corrected": 20.67222222222222,
        "corrected p": 5.450094825427117e-06,
        "right": (0.7070063694267515, 0.5095541401273885),
    }
    found = of_table(101, 121, 59, 33)
    assert_close(expected, found, 1e-9)
    # Beside p-values this small a tolerance of 1e-9 leaves four digits only.
    small = ["exact p", "mid-p", "its p", "corrected p"]
    assert picked(expected, small) == pytest.approx(picked(found, small), rel=1e-9)


def test_agrestis_approval_ratings():
    # Agresti, Categorical Data Analysis 10.1: .04, standard error .0095, .02 to .06, z² = 17.36, |z| = 4.17. Intervals:
    # Newcombe 1998 (method 10), Tango 1998, Bonett and Price 2012
    expected = {
        "difference": 0.04,
        "Wald": (0.021283883249668335, 0.05871611675033167),
        "chi-square": 17.35593220338983,
        "Newcombe": (0.021230423982877014, 0.058703872895728836),
        "phi": 0.7006486493242237,
        "Tango": (0.021361564754787232, 0.058998033305699416),
        "Bonett-Price": (0.021177279791975104, 0.05872284505196995),
    }
    assert_close(expected, of_table(794, 150, 86, 570), 1e-6)
    assert close(4.166045151386364, 1e-6) == tango_z(only_a=150, only_b=86, n=1600, difference=0.0)
    assert close(0.00954921462739214, 1e-6) == paired_standard_error(only_a=150, only_b=86, n=1600)
    differences = np.array([1.0] * 150 + [-1.0] * 86 + [0.0] * 1364)
    # With n - 1; held closer than the two standard errors are to one another.
    assert close(0.00955220015650288, 1e-9) == paired_t(differences).standard_error


def test_two_culture_media():
    # Armitage & Berry 1994, p. 127; StatsDirect: Yates' chi-square 5.785714, p = .0162, exact p = .0129, ratio 6
    expected = {
        "discordant": (12, 2),
        "exact p": 0.012939453125,
        "mid-p": 0.007385253906249991,
        "chi-square": 7.142857142857143,
        "its p": 0.007526315166457882,
        "corrected": 5.785714285714286,
        "corrected p": 0.016156931261181322,
        "difference": 0.2,
        "Wald": (0.06420971191085939, 0.33579028808914063),
        "Newcombe": (0.05615642484174821, 0.32920699540014053),
        "Tango": (0.06111240618634399, 0.3447087482821487),
        "Bonett-Price": (0.050891670431200686, 0.3337237141841839),
        "odds ratio": 6.0,
    }
    assert_close(expected, of_table(20, 12, 2, 16), 1e-6)


def test_twenty_one_pairs():
    # Bentur et al. 2009 in Fagerland et al. 2013, BMC Med Res Methodol 13:91: asymptotic .034, exact .070, mid-p .039
    expected = {
        "discordant": (1, 7),
        "exact p": 0.0703125,
        "mid-p": 0.039062500000000014,
        "chi-square": 4.5,
        "its p": 0.033894853524689295,
        "corrected": 3.125,
        "corrected p": 0.07709987174354202,
        "difference": -0.2857142857142857,
        "Wald": (-0.5197090362572807, -0.05171953517129063),
        "Newcombe": (-0.506920226686141, -0.025559124164859837),
        "Tango": (-0.5172322764213775, -0.026003032480868604),
        "Bonett-Price": (-0.5083593066664394, -0.013379823768343235),
    }
    assert_close(expected, of_table(1, 1, 7, 12), 1e-6)


def test_intervals_of_one_share():
    # Newcombe 1998, Statistics in Medicine 17:857, table I, for Wilson's
    expected = {
        (81, 263): (0.2552885198782742, 0.36620957698280004),
        (15, 148): (0.06238639953073628, 0.16048724172330803),
        (0, 20): (0.0, 0.1611251580528194),
        (1, 29): (0.006113214292762667, 0.17175521879320294),
    }
    for counts, limits in expected.items():
        assert close(limits, 1e-9) == wilson_interval(*counts)


def test_students_sleep_data():
    # R: t.test(extra ~ group, data = sleep, paired = TRUE): t = -4.0621, df = 9, p = .002833, -2.4598858 to -.7001142
    found = continuous_evidence(SLEEP_A, SLEEP_B, terms())
    differences = SLEEP_A - SLEEP_B
    t = paired_t(differences)
    expected = {
        "mean": -1.58,
        "sd": 1.2299954832798732,
        "standard error": 0.3889587238883952,
        "t": -4.062127683382037,
        "p": 0.002832890197384273,
        "low": -2.459885763276983,
        "high": -0.7001142367230175,
        "flips": 0.00390625,
        "dz": -1.2845575625910546,
        "J": 0.9142857142857143,
        "gz": -1.1744526286546784,
        "correlation": 0.7951702058335777,
        "unpaired": 0.0793941401873583,
        "Wilcoxon": 0.007632441648205508,
    }
    # scipy's wilcoxon, asymptotic and without correction, leaves the one pair without difference out.
    moved = differences[differences != 0]
    assert expected == close(
        {
            "mean": found.difference,
            "sd": t.standard_error * 10**0.5,
            "standard error": t.standard_error,
            "t": found.statistics["paired_t"],
            "p": found.also["paired_t"],
            "low": found.interval.low,
            "high": found.interval.high,
            "flips": found.p_value,
            "dz": found.statistics["cohen_dz"],
            "J": small_sample_factor(t.degrees_of_freedom),
            "gz": found.effect_size,
            "correlation": found.statistics["correlation"],
            "unpaired": unpaired_means(SLEEP_A.tolist(), SLEEP_B.tolist()).p_value,
            "Wilcoxon": normal_p_value(moved),
        },
        1e-9,
    )
    assert (10, 9) == (differences.size, t.degrees_of_freedom)
    # Its statistic is the smaller sum of ranks.
    assert 0.0 == (1 - abs(rank_biserial(moved))) * 45 / 2


def test_darwins_maize():
    # Fisher 1935: 863 of 32768, two-sided 5.267 %, t = 2.148, p = .0497; scipy's documentation of wilcoxon: 24.0,
    # .041259765625; the sign test of 13 against 2
    found = continuous_evidence(MAIZE, np.zeros(15), terms())
    assert (15, 32768) == (MAIZE.size, 2**MAIZE.size)
    assert close(314, 1e-9) == found.difference * 15
    assert close(20.933333333333334, 1e-9) == found.difference
    # The flipped sums lie evenly around 0, so that half of the two-sided p is the one-sided one.
    one_sided = sign_flip_p_value(MAIZE, rng=np.random.default_rng(0))[0] / 2
    assert close(863, 1e-9) == one_sided * 32768
    assert close(0.026336669921875, 1e-9) == one_sided
    assert close(0.05267333984375, 1e-9) == found.p_value
    assert close((2.1479874613311205, 0.049702944021800866), 1e-9) == (
        found.statistics["paired_t"],
        found.also["paired_t"],
    )
    # The smaller sum of ranks, of 120 in all
    assert close(24.0, 1e-9) == (1 - rank_biserial(MAIZE)) * 120 / 2
    assert close(0.041259765625, 1e-9) == wilcoxon_p_value(MAIZE)[0]
    assert close(0.00738525390625, 1e-9) == exact_p_value(int((MAIZE > 0).sum()), int((MAIZE < 0).sum()))


def test_the_depression_data():
    # Hollander & Wolfe; R's help of wilcox.test: V = 40, one-sided p = .01953
    before = np.array([1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3])
    after = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
    differences = before - after
    assert close(40, 1e-9) == (1 + rank_biserial(differences)) * 45 / 2
    # The distribution is symmetric.
    assert close(0.01953125, 1e-9) == wilcoxon_p_value(differences)[0] / 2
    assert close(0.0390625, 1e-9) == wilcoxon_p_value(differences)[0]
    assert close(0.7777777777777778, 1e-9) == rank_biserial(differences)


@pytest.mark.parametrize(
    ("margin", "t_lower", "p_lower", "t_upper", "p_upper"),
    [
        (1.0, -1.4911607951655579, 0.9149441145512887, -6.633094571598516, 4.778595695546834e-05),
        (2.0, 1.079806093050921, 0.1541572356690974, -9.204061459814994, 3.5523441592476907e-06),
        (2.5, 2.3652895371591605, 0.021116860246500745, -10.489544903923234, 1.200241738189643e-06),
    ],
)
def test_two_one_sided_tests_of_the_sleep_data(margin, t_lower, p_lower, t_upper, p_upper):
    # statsmodels' ttost_paired (Schuirmann 1987); equivalence is shown by the worse one, here always the lower
    found = mean_within(SLEEP_A - SLEEP_B, margin)
    assert close((t_lower, p_lower), 1e-9) == (found.statistic_above, found.p_above)
    assert close((t_upper, p_upper), 1e-9) == (found.statistic_below, found.p_below)
    assert close(p_lower, 1e-9) == found.p_equivalence


def test_the_ninety_percent_interval_of_the_sleep_data():
    expected = (-2.293005267029284, -0.8669947329707163)
    assert close(expected, 1e-9) == spread_interval(SLEEP_A - SLEEP_B, 0.9)
