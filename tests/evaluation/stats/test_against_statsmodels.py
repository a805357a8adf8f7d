"""Our statistics on 1,000 random tables each, beside those of statsmodels, or of scipy where statsmodels has none.

Where a reference is wrong or undefined on some tables, a test of its own says who is right, by an exact calculation.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import product
from math import comb
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import optimize, stats
from statsmodels.api import GLM, OLS, families
from statsmodels.stats import contingency_tables, inter_rater, multitest, power, proportion, weightstats
from statsmodels.stats.descriptivestats import sign_test
from statsmodels.stats.meta_analysis import effectsize_smd

from evaluation.stats.agreement import weighted_kappa
from evaluation.stats.bradley_terry import abilities, model_covariance, reaches
from evaluation.stats.continuous_pairs import paired_t_p_value, spread_interval
from evaluation.stats.intervals import mean_estimate, quantile_estimate, wilson_interval
from evaluation.stats.multiplicity import benjamini_hochberg, cochran_q, friedman, holm
from evaluation.stats.paired_tests import (
    chi2,
    chi2_p_value,
    corrected_chi2,
    corrected_chi2_p_value,
    exact_p_value,
    mcnemar_p_value,
    mean_within,
    mid_p_value,
    normal_p_value,
    sign_flip_p_value,
    wilcoxon_p_value,
)
from evaluation.stats.power import cases_for_difference, mcnemar_cases, paired_t_cases, paired_t_power
from evaluation.stats.rank_correlation import spearman
from evaluation.stats.unpaired import (
    chi_square_p_value,
    farrington_manning_z,
    fisher_p_value,
    unpaired_means,
    unpaired_means_within,
    unpaired_shares,
)
from evaluation.stats.vectors import clustered_standard_error, design_effect

N_TABLES = 1000
CLOSE = {"rtol": 1e-9, "atol": 1e-12}


@cache
def legendre() -> tuple[Any, Any]:
    """Points and weights of a quadrature."""
    points, weights = np.polynomial.legendre.leggauss(400)
    return points, weights


def generators(seed: int) -> Iterator[np.random.Generator]:
    """Yield a generator for each table, so that one table can be made again by itself."""
    return (np.random.default_rng([seed, table]) for table in range(N_TABLES))


def discordant_counts(seed: int) -> list[tuple[int, int]]:
    """Cases that only A has right and that only B has right: few and many, even and uneven; some differ in none."""
    counts = []
    for rng in generators(seed):
        n = int(10 ** rng.uniform(-0.3, 3.4))
        only_a = int(rng.binomial(n, rng.beta(3, 3)))
        counts.append((only_a, n - only_a))
    return counts


def shares(seed: int) -> list[tuple[int, int]]:
    """Right answers, and of how many; none and all of them among them."""
    sizes = [(rng, int(10 ** rng.uniform(0, 4))) for rng in generators(seed)]
    return [(int(rng.binomial(n, rng.beta(0.5, 0.5))), n) for rng, n in sizes]


def score_pairs(seed: int, *, least: int = 3, most: int = 60) -> list[np.ndarray]:
    """Differences of scores on a scale, heavy tails and shifts among them."""
    return [
        rng.standard_t(rng.integers(2, 30), rng.integers(least, most)) * 10 ** rng.uniform(-3, 3) + rng.normal()
        for rng in generators(seed)
    ]


class TestMcNemar:
    def test_the_exact_p_value_is_statsmodels(self):
        counts = [pair for pair in discordant_counts(1) if sum(pair) <= 1000]
        reference = [contingency_tables.mcnemar([[0, a], [b, 0]], exact=True).pvalue for a, b in counts]
        assert len(counts) > 800
        assert_allclose([exact_p_value(a, b) for a, b in counts], reference, **CLOSE)

    def test_the_exact_p_value_is_that_of_the_sign_test(self):
        counts = [pair for pair in discordant_counts(2) if sum(pair)]
        reference = [sign_test(np.repeat([1.0, -1.0], pair))[1] for pair in counts]
        assert_allclose([exact_p_value(a, b) for a, b in counts], reference, **CLOSE)

    def test_the_mid_p_value_is_that_of_the_binomial_distribution(self):
        fewer, n = np.sort(discordant_counts(3), axis=1)[:, 0], np.sum(discordant_counts(3), axis=1)
        reference = np.minimum(1, 2 * stats.binom.cdf(fewer, n, 0.5) - stats.binom.pmf(fewer, n, 0.5))
        assert_allclose([mid_p_value(a, b) for a, b in discordant_counts(3)], reference, rtol=1e-8, atol=1e-12)

    @pytest.mark.parametrize(
        ("statistic", "p_value", "correction"),
        [(chi2, chi2_p_value, False), (corrected_chi2, corrected_chi2_p_value, True)],
    )
    def test_chi_square_is_statsmodels(self, statistic, p_value, correction):
        counts = [(a, b) for a, b in discordant_counts(4) if a != b]
        results = [contingency_tables.mcnemar([[0, a], [b, 0]], exact=False, correction=correction) for a, b in counts]
        assert_allclose([statistic(a, b) for a, b in counts], [result.statistic for result in results], **CLOSE)
        assert_allclose([p_value(a, b) for a, b in counts], [result.pvalue for result in results], **CLOSE)

    def test_an_even_table_is_corrected_to_no_difference_where_statsmodels_sees_one(self):
        # The correction moves |b - c| towards 0, not past it. Exactly, each split of an even table is at least as
        # uneven: p = 1. R's mcnemar.test gives 0 and 1, too; statsmodels gives (0 - 1)² / 2b.
        for half in range(1, N_TABLES + 1):
            assert (0.0, 1.0) == (corrected_chi2(half, half), corrected_chi2_p_value(half, half))
        as_uneven = sum(comb(8, only_a) for only_a in range(9) if abs(only_a - (8 - only_a)) >= abs(4 - 4))
        assert Fraction(as_uneven, 2**8) == exact_p_value(4, 4) == 1
        even = contingency_tables.mcnemar([[0, 4], [4, 0]], exact=False, correction=True)
        assert (1 / 8, 0.7236736) == (even.statistic, pytest.approx(even.pvalue))

    def test_the_form_of_the_test_follows_the_number_of_discordant_pairs(self):
        for only_a, only_b in discordant_counts(5):
            p_value, form = mcnemar_p_value(only_a, only_b)
            is_exact = only_a + only_b <= 1000
            assert (exact_p_value if is_exact else chi2_p_value)(only_a, only_b) == p_value
            assert ("mcnemar_exact" if is_exact else "mcnemar_chi2") == form


@pytest.mark.parametrize(
    ("adjust", "method"),
    [(holm, "holm"), (benjamini_hochberg, "fdr_bh")],
)
def test_adjusted_p_values_are_statsmodels(adjust, method, monkeypatch):
    # Its Holm collects garbage at every call: .15 s each in a large process.
    monkeypatch.setattr("gc.collect", lambda: None)
    for rng in generators(10):
        p_values = np.round(rng.beta(0.4, 1, rng.integers(1, 40)), rng.integers(2, 17))
        reference = multitest.multipletests(p_values, method=method)[1]
        assert_allclose(adjust(p_values), reference, **CLOSE)


@pytest.mark.parametrize(
    ("interval", "method"),
    [
        (wilson_interval, "wilson"),
    ],
)
def test_intervals_of_a_share_are_statsmodels(interval, method):
    levels = [0.8, 0.9, 0.95, 0.99]
    ours = [interval(k, n, confidence_level=levels[n % 4]) for k, n in shares(11)]
    reference = [proportion.proportion_confint(k, n, alpha=1 - levels[n % 4], method=method) for k, n in shares(11)]
    assert_allclose(ours, reference, **CLOSE)


class TestSeveralCandidates:
    def test_cochrans_q_is_statsmodels(self):
        ours, reference = [], []
        for rng in generators(20):
            k = rng.integers(2, 8)
            scores = (rng.random((rng.integers(3, 80), k)) < rng.beta(2, 2, k)).astype(float)
            # One case that tells the candidates apart: without any, statsmodels divides 0 by 0.
            scores[0] = np.arange(k) == 0
            ours.append(cochran_q(scores))
            result = contingency_tables.cochrans_q(scores)
            reference.append((result.statistic, result.pvalue))
        assert_allclose(ours, reference, **CLOSE)

    def test_where_no_case_tells_candidates_apart_every_exchange_gives_the_same_table(self):
        # statsmodels gives NaN. Exactly: answers exchanged within a case leave the table as it is, so p = 1.
        assert (0.0, 1.0) == cochran_q(np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]))
        with pytest.warns(RuntimeWarning, match="invalid value"):
            assert np.isnan(contingency_tables.cochrans_q(np.array([[1, 1, 1], [0, 0, 0]])).pvalue)

    @pytest.mark.parametrize("higher_is_better", [True, False])
    def test_friedmans_chi_square_is_scipys_with_its_ties(self, higher_is_better):
        ours, reference = [], []
        for rng in generators(21):
            scores = np.round(rng.normal(size=(rng.integers(3, 60), rng.integers(3, 8))), rng.integers(0, 4))
            result = friedman(scores, higher_is_better=higher_is_better)
            ours.append((result.chi2, result.chi2_p_value))
            reference.append(stats.friedmanchisquare(*scores.T))
        assert_allclose(ours, reference, **CLOSE)

    def test_friedmans_f_is_that_of_an_analysis_of_variance_of_the_ranks(self):
        ours, reference = [], []
        for rng in generators(22):
            n, k = rng.integers(4, 60), rng.integers(3, 8)
            ranks = stats.rankdata(np.round(rng.normal(size=(n, k)), 1), axis=1)
            result = friedman(ranks)
            between = n * ((ranks.mean(axis=0) - ranks.mean()) ** 2).sum()
            within = ((ranks - ranks.mean(axis=1, keepdims=True)) ** 2).sum() - between
            f = between / (k - 1) / (within / ((n - 1) * (k - 1)))
            ours.append((result.f, result.f_p_value))
            reference.append((f, stats.f.sf(f, k - 1, (n - 1) * (k - 1))))
        assert_allclose(ours, reference, **CLOSE)


class TestDifferencesOfScores:
    def test_students_p_value_and_interval_are_statsmodels(self):
        ours, reference = [], []
        for differences in score_pairs(30):
            ours.append((paired_t_p_value(differences), *spread_interval(differences, 0.9)))
            described = weightstats.DescrStatsW(differences)
            reference.append((described.ttest_mean(0)[1], *described.tconfint_mean(alpha=0.1)))
        assert_allclose(ours, reference, **CLOSE)

    def test_the_two_one_sided_tests_of_a_margin_are_statsmodels(self):
        ours, reference = [], []
        for rng, differences in zip(generators(31), score_pairs(31), strict=True):
            margin = rng.exponential() * differences.std()
            found = mean_within(differences, margin)
            ours.append(
                (found.p_equivalence, found.statistic_above, found.p_above, found.statistic_below, found.p_below)
            )
            p_value, above, below = weightstats.DescrStatsW(differences).ttost_mean(-margin, margin)
            reference.append((p_value, *above[:2], *below[:2]))
        assert_allclose(ours, reference, **CLOSE)

    def test_the_sign_flip_test_is_the_exact_one_of_scipy(self):
        ours, reference = [], []
        for rng in generators(32):
            # Few distinct sizes, so that many flips give the very same mean.
            differences = np.round(rng.normal(0.3, 1, rng.integers(2, 9)), rng.integers(0, 3))
            ours.append(sign_flip_p_value(differences, rng=rng)[0])
            signs = np.array(list(product([-1.0, 1.0], repeat=differences.size)))
            sums = np.abs(signs @ np.abs(differences))
            reference.append(float(np.mean(sums >= abs(differences.sum()) - 1e-9)))
        assert_allclose(ours, reference, **CLOSE)

    def test_wilcoxons_normal_p_value_with_pratts_zeros_is_scipys(self):
        ours, reference = [], []
        for rng in generators(33):
            differences = rng.integers(-4, 6, rng.integers(8, 80)).astype(float)
            differences[0] = 1.0
            ours.append(normal_p_value(differences))
            found = stats.wilcoxon(differences, zero_method="pratt", correction=False, method="asymptotic")
            reference.append(found.pvalue)
        assert_allclose(ours, reference, **CLOSE)

    def test_wilcoxons_exact_p_value_is_scipys_where_no_ranks_are_shared(self):
        ours, reference = [], []
        for differences in score_pairs(34, least=2, most=21):
            p_value, form = wilcoxon_p_value(differences)
            assert "wilcoxon_pratt_exact" == form
            ours.append(p_value)
            reference.append(stats.wilcoxon(differences, method="exact").pvalue)
        assert_allclose(ours, reference, **CLOSE)

    def test_spearmans_correlation_is_scipys(self):
        ours, reference = [], []
        for rng in generators(36):
            x, noise = np.round(rng.normal(size=(2, rng.integers(4, 50))), 1)
            y = np.round(x * rng.normal() + noise, 1)
            ours.append(spearman(np.ones((1, x.size)), x, y)[0])
            reference.append(stats.spearmanr(x, y).statistic)
        assert_allclose(ours, reference, **CLOSE)


class TestClusters:
    def test_the_clustered_standard_error_is_statsmodels(self):
        ours, reference = [], []
        for rng in generators(40):
            n = rng.integers(6, 60)
            clusters = rng.integers(0, rng.integers(2, 12), n)
            clusters[:2] = 0, 1
            values = rng.normal(size=n) + rng.normal(size=12)[clusters]
            model = OLS(values, np.ones(n))
            plain = model.fit()
            error = plain.get_robustcov_results("cluster", groups=clusters, use_correction=True).bse[0]
            ours.append((*clustered_standard_error(values, clusters), design_effect(values, clusters)))
            reference.append((error, np.unique(clusters).size, (error / plain.bse[0]) ** 2))
        assert_allclose(ours, reference, **CLOSE)


class TestEstimates:
    def test_students_interval_of_a_mean_is_statsmodels(self):
        ours, reference = [], []
        for rng in generators(45):
            values = rng.normal(rng.normal(), rng.exponential(), rng.integers(2, 12))
            found = mean_estimate(values.tolist())
            assert "t" == found.method
            ours.append((found.value, found.low, found.high))
            reference.append((values.mean(), *weightstats.DescrStatsW(values).tconfint_mean()))
        assert_allclose(ours, reference, **CLOSE)

    def test_the_limits_of_a_quantile_keep_their_promise_exactly_and_scipys_are_the_same(self):
        for rng in generators(46):
            n, q = int(rng.integers(72, 400)), float(rng.choice([0.25, 0.5, 0.9, 0.95]))
            values = rng.exponential(size=n)
            found = quantile_estimate(values.tolist(), q)
            limits = stats.quantile_test(values, p=q).confidence_interval(0.95)
            assert_allclose((found.low, found.high), limits, **CLOSE)


class TestAgreement:
    def test_weighted_kappa_is_statsmodels(self):
        ours, reference = [], []
        for rng in generators(50):
            n, k = rng.integers(4, 60), rng.integers(2, 7)
            a = rng.integers(0, k, n)
            b = np.where(rng.random(n) < 0.6, a, rng.integers(0, k, n))
            a[0], b[0] = 0, k - 1
            table = np.zeros((k, k))
            np.add.at(table, (a, b), 1)
            ours.append(weighted_kappa(a, b, rng=rng, n_resamples=2).value)
            reference.append(inter_rater.cohens_kappa(table, wt="quadratic", return_results=False))
        assert_allclose(ours, reference, **CLOSE)


def integrated_power(effect: float, n: int, alpha: float) -> float:
    """Return P(|T| > limit) as the mean of its value over the standard deviation of the sample."""
    limit, degrees = stats.t.isf(alpha / 2, n - 1), n - 1
    points, weights = legendre()
    low, high = stats.chi2.ppf(1e-15, degrees), stats.chi2.isf(1e-15, degrees)
    squares = low + (points + 1) / 2 * (high - low)
    limits, shift = limit * np.sqrt(squares / degrees), effect * n**0.5
    beyond = stats.norm.sf(limits - shift) + stats.norm.cdf(-limits - shift)
    return float((weights * stats.chi2.pdf(squares, degrees) * beyond).sum() * (high - low) / 2)


class TestPower:
    def test_the_power_of_the_paired_t_test_is_statsmodels(self):
        cases = [
            (rng.uniform(0, 1.5), int(rng.integers(3, 300)), float(rng.choice([0.01, 0.05, 0.1])))
            for rng in generators(60)
        ]
        ours = np.array([paired_t_power(effect, n, alpha=alpha) for effect, n, alpha in cases])
        reference = np.array([power.TTestPower().power(effect, n, alpha) for effect, n, alpha in cases])
        # statsmodels says NaN where scipy's noncentral t fails, far out; there, the integral says who is right.
        is_defined = ~np.isnan(reference)
        assert 700 < is_defined.sum() < N_TABLES
        assert_allclose(ours[is_defined], reference[is_defined], rtol=1e-8)
        exact = [integrated_power(*cases[i]) for i in np.flatnonzero(~is_defined)]
        assert_allclose(ours[~is_defined], exact, rtol=1e-9)

    def test_the_pairs_that_an_effect_needs_have_that_power_by_statsmodels(self):
        cases = [(rng.uniform(0.05, 1.5), float(rng.choice([0.7, 0.8, 0.9]))) for rng in generators(61)]
        ours = [paired_t_cases(effect, power=target) for effect, target in cases]
        reached = [power.TTestPower().power(cases[i][0], ours[i], 0.05) for i in range(N_TABLES)]
        assert_allclose(reached, [target for _, target in cases], rtol=1e-8)

    def test_the_cases_by_the_normal_approximation_are_statsmodels(self):
        ours, reference = [], []
        for rng in generators(62):
            discordant = rng.uniform(0.05, 1)
            difference = rng.uniform(0.01, 0.99) * discordant
            variance = discordant - difference**2
            ours.append(
                (
                    cases_for_difference(difference, variance=variance, alpha=0.05, power=0.9),
                    mcnemar_cases(difference, discordant=discordant, alpha=0.05, power=0.9),
                )
            )
            deviation = variance**0.5
            reference.append(
                (
                    power.normal_sample_size_one_tail(difference, 0.9, 0.025, std_null=deviation),
                    power.normal_sample_size_one_tail(
                        difference, 0.9, 0.025, std_null=discordant**0.5, std_alternative=deviation
                    ),
                )
            )
        assert_allclose(ours, reference, **CLOSE)


class TestUnpaired:
    def test_welchs_test_interval_and_effect_are_statsmodels(self):
        ours, reference = [], []
        for rng in generators(70):
            a = rng.normal(0, 1, rng.integers(2, 40))
            b = rng.normal(rng.normal(), rng.exponential(2), rng.integers(2, 40))
            found = unpaired_means(a, b)
            ours.append((found.p_value, found.low, found.high, found.effect_size))
            means = weightstats.CompareMeans.from_data(a, b)
            effect, _ = effectsize_smd(a.mean(), a.std(ddof=1), a.size, b.mean(), b.std(ddof=1), b.size)
            interval = means.tconfint_diff(usevar="unequal")
            reference.append((means.ttest_ind(usevar="unequal")[1], *interval, effect))
        assert_allclose(ours, reference, **CLOSE)

    def test_newcombes_interval_of_two_shares_is_statsmodels(self):
        tables = [(*a, *b) for a, b in zip(shares(71), shares(72), strict=True)]
        found = [unpaired_shares(*table) for table in tables]
        reference = [
            proportion.confint_proportions_2indep(*table, method="newcomb", compare="diff") for table in tables
        ]
        assert_allclose([(result.low, result.high) for result in found], reference, **CLOSE)

    def test_the_chi_square_of_two_groups_is_statsmodels(self):
        ours, reference = [], []
        for rng in generators(73):
            right, wrong = rng.integers(1, 200, (2, 2))
            table = contingency_tables.Table(np.array([right, wrong]).T, shift_zeros=False).test_nominal_association()
            n = (right + wrong).tolist()
            ours.append(chi_square_p_value(int(right[0]), n[0], int(right[1]), n[1]))
            reference.append(table.pvalue)
        assert_allclose(ours, reference, **CLOSE)

    def test_cohens_h_is_statsmodels(self):
        tables = [(*a, *b) for a, b in zip(shares(75), shares(76), strict=True)]
        ours = [unpaired_shares(*table).effect_size for table in tables]
        reference = [proportion.proportion_effectsize(a / n_a, b / n_b) for a, n_a, b, n_b in tables]
        assert_allclose(ours, reference, **CLOSE)

    def test_the_likeliest_shares_that_differ_by_so_much_are_those_of_a_search(self):
        # Not statsmodels' score test: 0.14 has the cases right, and not all cases, in one term of the cubic, so that
        # swapping two equal groups changes its z (30 of 100 twice against .1: -1.551, against -.1: 1.554).
        for rng in generators(79):
            n_a, n_b = rng.integers(1, 300, 2).tolist()
            a, b, difference = (
                int(rng.integers(0, n_a + 1)),
                int(rng.integers(0, n_b + 1)),
                float(rng.uniform(-0.9, 0.9)),
            )
            ours = farrington_manning_z(a / n_a, b / n_b, n_a=n_a, n_b=n_b, difference=difference)

            def unlikely(share, table=(a, n_a, b, n_b), apart=difference):
                return -stats.binom.logpmf(table[0], table[1], share) - stats.binom.logpmf(
                    table[2], table[3], share - apart
                )

            bounds = (max(0.0, difference), min(1.0, 1 + difference))
            share = optimize.minimize_scalar(unlikely, bounds=bounds, method="bounded", options={"xatol": 1e-10}).x
            error = np.sqrt(share * (1 - share) / n_a + (share - difference) * (1 - share + difference) / n_b)
            assert_allclose(ours, (a / n_a - b / n_b - difference) / error, rtol=1e-4, atol=1e-6)

    def test_means_against_a_margin_are_statsmodels_two_one_sided_tests(self):
        ours, reference = [], []
        for rng in generators(78):
            a, b = rng.normal(0, 1, rng.integers(2, 40)), rng.normal(0, rng.exponential(2), rng.integers(2, 40))
            margin = float(rng.exponential(1))
            within = unpaired_means_within(a, b, margin=margin)
            ours.append((within.p_equivalence, within.p_above, within.p_below))
            p_value, above, below = weightstats.ttost_ind(a, b, -margin, margin, usevar="unequal")
            reference.append((p_value, above[1], below[1]))
        assert_allclose(ours, reference, **CLOSE)

    def test_fishers_p_value_is_scipys(self):
        tables = []
        for rng in generators(74):
            n_a, n_b = rng.integers(1, 60, 2).tolist()
            tables.append((int(rng.integers(0, n_a + 1)), n_a, int(rng.integers(0, n_b + 1)), n_b))
        reference = [stats.fisher_exact([[a, n_a - a], [b, n_b - b]]).pvalue for a, n_a, b, n_b in tables]
        assert_allclose([fisher_p_value(*table) for table in tables], reference, **CLOSE)


def test_bradley_terry_abilities_and_errors_are_those_of_a_logistic_regression():
    ours, reference = [], []
    pairs = np.array([(i, j) for i in range(4) for j in range(i + 1, 4)])
    design = np.zeros((len(pairs), 4))
    design[np.arange(len(pairs)), pairs[:, 0]], design[np.arange(len(pairs)), pairs[:, 1]] = 1.0, -1.0
    for rng in generators(80):
        wins = rng.integers(1, 30, (4, 4)).astype(float)
        np.fill_diagonal(wins, 0)
        assert reaches(wins).all()
        s = abilities(wins)
        covariance = model_covariance(wins + wins.T, s)
        ours.append((*(s[:3] - s[3]), covariance[0, 0] + covariance[3, 3] - 2 * covariance[0, 3]))
        outcomes = np.stack([wins[pairs[:, 0], pairs[:, 1]], wins[pairs[:, 1], pairs[:, 0]]], axis=1)
        fit = GLM(outcomes, design[:, :3], family=families.Binomial()).fit(tol=1e-12, tol_criterion="params")
        reference.append((*fit.params, fit.bse[0] ** 2))
    assert_allclose(ours, reference, rtol=1e-7, atol=1e-9)
