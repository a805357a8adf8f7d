"""Figures that papers, textbooks and other programs print for many candidates, for clusters, raters and for looks."""

import numpy as np
import pytest
from american_league import VOTES, WINS

from evaluation.metrics.programs.program_metrics import PassAtK
from evaluation.stats.agreement import krippendorff_alpha
from evaluation.stats.bradley_terry import abilities, model_covariance
from evaluation.stats.multiplicity import (
    benjamini_hochberg,
    cochran_q,
    critical_difference,
    friedman,
    gate_of,
    holm,
    nemenyi_q,
)
from evaluation.stats.power import cases_for_difference, mcnemar_cases, paired_t_cases
from evaluation.stats.preferences import rank_preferences
from evaluation.stats.vectors import clustered_standard_error, design_effect


def close(expected, tolerance):
    return pytest.approx(expected, rel=0, abs=tolerance)


def test_eighteen_scores_in_five_clusters():
    # statsmodels' OLS with cov_type="cluster", with and without use_correction; Miller 2024 (arXiv:2411.00640), app. A
    scores = np.array([1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0], dtype=float)
    clusters = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 4, 4, 4, 4]
    error, n_clusters = clustered_standard_error(scores, clusters)
    effect = design_effect(scores, clusters)
    assert 5 == n_clusters
    assert close(0.19471370735293214, 1e-9) == error
    # Miller's has no factor G / (G - 1), and the naive one no clusters.
    assert close(0.17415723431686278, 1e-9) == error * (4 / 5) ** 0.5
    assert close(0.12051692101036454, 1e-9) == error / effect**0.5
    assert close(2.610339506172839, 1e-9) == effect


@pytest.mark.parametrize(
    ("n", "n_right", "k", "any_right", "all_right"),
    [
        (5, 1, 2, 0.4, 0.0),
        (5, 0, 3, 0.0, 0.0),
        (3, 3, 1, 1.0, 1.0),
        (10, 4, 5, 0.9761904761904762, 0.0),
        (10, 9, 2, 1.0, 0.8),
    ],
)
def test_the_chance_that_one_of_k_is_right_or_all_are(n, n_right, k, any_right, all_right):
    # Chen et al. 2021 (arXiv:2107.03374); all k right: arXiv:2406.12045, the chance that none of k is wrong
    right = [1.0] * n_right + [0.0] * (n - n_right)
    assert close(any_right, 1e-12) == PassAtK(k=k).combine(right)
    assert close(all_right, 1e-12) == 1 - PassAtK(k=k).combine([1 - one for one in right])


def test_four_classifiers_on_fourteen_data_sets():
    # Demšar 2006, JMLR 7, table 6 (the row "voting" is printed .975/.975 there, but ranked 2 and 3): mean ranks 3.143,
    # 2.000, 2.893 and 1.964, chi-square 9.28, F 3.69, q 2.569, critical difference 1.25
    columns = [
        [0.763, 0.599, 0.954, 0.628, 0.882, 0.936, 0.661, 0.583, 0.775, 1.0, 0.940, 0.619, 0.972, 0.957],
        [0.768, 0.591, 0.971, 0.661, 0.888, 0.931, 0.668, 0.583, 0.838, 1.0, 0.962, 0.666, 0.981, 0.978],
        [0.771, 0.590, 0.968, 0.654, 0.886, 0.916, 0.609, 0.563, 0.866, 1.0, 0.965, 0.614, 0.9751, 0.946],
        [0.798, 0.569, 0.967, 0.657, 0.898, 0.931, 0.685, 0.625, 0.875, 1.0, 0.962, 0.669, 0.975, 0.970],
    ]
    auc = np.array(columns).T
    plain, corrected = friedman(auc, correct_ties=False), friedman(auc)
    assert close((3.142857142857143, 2.0, 2.892857142857143, 1.9642857142857142), 1e-6) == plain.mean_ranks
    assert close((9.278571428571437, 3.686313032089068), 1e-6) == (plain.chi2, plain.f)
    assert close(0.019823006192249054, 1e-6) == plain.f_p_value
    assert close((10.228346456692925, 0.016721580328441323), 1e-6) == (corrected.chi2, corrected.chi2_p_value)
    assert close((2.569031772546482, 1.2535591471176057), 1e-6) == (nemenyi_q(4), critical_difference(4, 14))
    # No two of them are that far apart.
    assert max(plain.mean_ranks) - min(plain.mean_ranks) < critical_difference(4, 14)


def test_cochrans_q_of_three_systems():
    # Conover, Practical Nonparametric Statistics, p. 253, and NIST's Dataplot: 2.8, p = .246597
    right = [
        *[[1, 1, 1], [1, 1, 1], [0, 1, 0], [1, 1, 0], [0, 0, 0], [1, 1, 1]],
        *[[1, 1, 1], [1, 1, 0], [0, 0, 1], [0, 1, 0], [1, 1, 1], [1, 1, 1]],
    ]
    assert close((2.8, 0.24659696394160646), 1e-9) == cochran_q(np.array(right, dtype=float))
    assert (2,) == gate_of(np.array(right, dtype=float)).degrees_of_freedom


@pytest.mark.parametrize(
    ("adjust", "n_rejected", "adjusted"),
    [
        (holm, 3, [0.0015, 0.0056, 0.0247, 0.114, 0.2211, 0.278, 0.278, 0.278, 0.3213, *[1.0] * 6]),
        (
            benjamini_hochberg,
            4,
            [
                *[0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714285714286, 0.06385714285714286, 0.0645, 0.0765],
                *[0.486, 0.5811818181818182, 0.714875, 0.7532307692307693, 0.8132142857142857, 1.0],
            ],
        ),
    ],
)
def test_fifteen_p_values_adjusted(adjust, n_rejected, adjusted):
    # Benjamini and Hochberg 1995, section 3.3: Holm rejects 3, their own procedure 4; digits of statsmodels'
    # multipletests
    p_values = [
        *[0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344],
        *[0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1.0],
    ]
    found = adjust(p_values)
    assert close(adjusted, 1e-9) == list(found)
    assert n_rejected == sum(p <= 0.05 for p in found)


def test_the_american_league_of_1987():
    # Agresti: 1.58 1.44 1.29 1.25 1.11 .68 0; standard errors .3433 .3396 .3367 .3359 .3339 .3319 in the vignette of
    # R's BradleyTerry2; digits of statsmodels' GLM, on the Elo scale 400 / ln 10 around 1000
    found = rank_preferences(VOTES, rng=np.random.default_rng(0), n_resamples=20)
    elo = {
        "Milwaukee": 1092.2707859558748,
        "Detroit": 1067.0908357703238,
        "Toronto": 1042.4362319804445,
        "New York": 1034.2945517597188,
        "Boston": 1009.9879339172845,
        "Cleveland": 936.3585271241815,
        "Baltimore": 817.561133492172,
    }
    assert close(elo, 1e-6) == {rating.name: rating.elo for rating in found.ratings}
    log_abilities = [
        *[1.581355876661243, 1.4364084318122874, 1.2944851239116606, 1.2476178451412423, 1.1076977053785113],
        *[0.6838527691590276, 0.0],
    ]
    lowest = found.ratings[-1].log_ability
    assert close(log_abilities, 1e-6) == [rating.log_ability - lowest for rating in found.ratings]
    table = np.array(WINS, dtype=float)
    covariance = model_covariance(table + table.T, abilities(table))
    variances = np.diagonal(covariance)
    errors = [
        *[0.3432559334122466, 0.3395684588586377, 0.33666935505497925, 0.33586087636890366, 0.33387816192261505],
        *[0.3318766315520404, 0.0],
    ]
    squared = variances + variances[-1] - 2 * covariance[-1]
    assert close(errors, 1e-6) == np.sqrt(np.maximum(0.0, squared)).tolist()
    beats = {(one.a, one.b): one.chance for one in found.contrasts}
    assert close(0.5361735502386518, 1e-6) == 1 - beats["Detroit", "Milwaukee"]
    assert close(15.736500926345824, 1e-6) == found.deviance
    assert 15 == found.degrees_of_freedom


def test_how_many_cases_show_so_much():
    # Miller 2024 eq. 9: 969 questions for three points where ω² = 1/9; G*Power: 34 pairs for d = .5; Connor 1987
    assert close(968.9974980677886, 0.001) == cases_for_difference(0.03, variance=1 / 9, alpha=0.05, power=0.8)
    assert close(33.36713118431779, 0.001) == paired_t_cases(0.5, alpha=0.05, power=0.8)
    assert close(625.5473178337214, 0.001) == mcnemar_cases(0.05, discordant=0.2, alpha=0.05, power=0.8)
    assert close(3486.032190521127, 0.001) == mcnemar_cases(0.03, discordant=0.4, alpha=0.05, power=0.8)


def test_four_raters_of_twelve_units_with_gaps():
    # Krippendorff 2011, "Computing Krippendorff's alpha-reliability", section C; digits of PyPI's krippendorff
    nan = float("nan")
    ratings = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, nan, nan, nan],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, nan, 3],
        [nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, nan],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, nan],
    ]
    found = krippendorff_alpha(ratings, rng=np.random.default_rng(0), n_resamples=20)
    assert close(0.8153875037548814, 1e-9) == found.value
