import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.scores import Measurement
from evaluation.stats.estimate import corpus_estimate, mean_estimate, pooled_mean_estimate, quantile_estimate

SCORES = [1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0]
CLUSTERS = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 4, 4, 4, 4]


def rows_of(values):
    return [Measurement(value=float(value)) for value in values]


def mean_of(rows):
    return sum(row.value for row in rows) / len(rows)


def limits(estimate):
    return estimate.low, estimate.high


class TestMean:
    def test_right_and_wrong_get_wilsons_interval(self):
        estimate = mean_estimate([True] * 15 + [False] * 133)
        assert ("wilson", 148, 0.95) == (estimate.method, estimate.n_cases, estimate.confidence_level)
        # Newcombe 1998, Statistics in Medicine 17:857, table I
        assert (0.0624, 0.1605) == pytest.approx(limits(estimate), abs=5e-5)

    def test_other_values_get_students_interval(self):
        # Student's sleep data, differences; R's t.test gives -2.4598858 to -0.7001142
        estimate = mean_estimate([-1.2, -2.4, -1.3, -1.3, 0.0, -1.0, -1.8, -0.8, -4.6, -1.4])
        assert ("t", 10) == (estimate.method, estimate.n_cases)
        assert (-1.58, -2.4598858, -0.7001142) == pytest.approx((estimate.value, *limits(estimate)), abs=5e-8)

    @given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=11).filter(lambda values: np.ptp(values) > 1e-3))
    def test_students_interval_equals_scipys(self, values):
        from scipy import stats

        if set(values) <= {0.0, 1.0}:
            return
        reference = stats.t.interval(0.95, len(values) - 1, loc=np.mean(values), scale=stats.sem(values))
        assert reference == pytest.approx(limits(mean_estimate(values)), rel=1e-9, abs=1e-9)

    @given(st.lists(st.sampled_from([0, 1]), min_size=1, max_size=50))
    def test_the_mean_lies_in_its_interval(self, values):
        estimate = mean_estimate(values)
        if len(values) == 1:
            assert (None, None) == limits(estimate)
        else:
            assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1

    @pytest.mark.parametrize("values", [[1], [0.5], [0.5] * 8, [0.1 + 0.2, 0.3, 0.3]])
    def test_where_no_spread_is_seen_there_is_no_interval(self, values):
        estimate = mean_estimate(values)
        assert (None, None, len(values)) == (*limits(estimate), estimate.n_cases)

    def test_all_right_still_has_an_interval_of_positive_width(self):
        estimate = mean_estimate([1] * 20)
        assert (0.8388748419471806, 1.0) == pytest.approx(limits(estimate), abs=1e-9)

    def test_the_t_interval_covers_the_truth_as_often_as_it_promises(self):
        rng = np.random.default_rng(3)
        estimates = [mean_estimate(sample) for sample in rng.beta(2, 3, size=(2000, 20))]
        assert 0.935 < np.mean([e.low <= 0.4 <= e.high for e in estimates]) < 0.965

    def test_a_skewed_mean_is_longer_on_the_side_of_its_tail(self):
        values = [1.0, 1.0, 1.1, 1.2, 1.2, 1.3, 1.5, 1.6, 2.0, 2.4, 3.9, 9.0]
        estimate = mean_estimate(values)
        mirrored = mean_estimate([-value for value in values])
        low, high = limits(estimate)
        assert ("t_skewed", 12) == (estimate.method, estimate.n_cases)
        assert high - estimate.value > 1.5 * (estimate.value - low)
        assert (-high, -low) == pytest.approx(limits(mirrored))

    def test_the_same_shape_without_skew_keeps_students_interval(self):
        assert "t" == mean_estimate([float(value) for value in range(-20, 21)]).method
        assert "t" == mean_estimate([0.0, 0.0, 2.0]).method

    @pytest.mark.parametrize(("n", "students", "least"), [(12, 0.87, 0.885), (50, 0.915, 0.92)])
    def test_log_normal_means_are_covered_better_than_by_students_interval(self, n, students, least):
        from scipy import stats

        rng, truth = np.random.default_rng(5), np.exp(0.5)
        samples = rng.lognormal(size=(3000, n))
        ours = [limits(mean_estimate(sample.tolist())) for sample in samples]
        theirs = stats.t.interval(0.95, n - 1, loc=samples.mean(axis=1), scale=stats.sem(samples, axis=1))
        assert np.mean([low <= truth <= high for low, high in ours]) > least
        assert np.mean((theirs[0] <= truth) & (truth <= theirs[1])) < students

    def test_a_wider_level_is_wider(self):
        narrow, wide = (mean_estimate([0.1, 0.5, 0.7], confidence_level=level) for level in (0.8, 0.99))
        assert wide.low < narrow.low < narrow.high < wide.high

    @pytest.mark.parametrize(
        ("values", "said"),
        [([], "no values"), ([1.0, float("nan")], r"values\[1\] is nan"), ([float("inf")], "inf")],
    )
    def test_what_cannot_be_averaged_is_refused(self, values, said):
        with pytest.raises(ConfigurationError, match=said):
            mean_estimate(values)


class TestClusters:
    def test_the_value_is_the_mean_of_cluster_means(self):
        # cluster means .75, 0, 1, .5, .25: mean .5, sd .3953, t(4) = 2.776
        estimate = mean_estimate(SCORES, clusters=CLUSTERS)
        half_width = 2.7764451 * np.std([0.75, 0, 1, 0.5, 0.25], ddof=1) / 5**0.5
        assert ("cluster_t", 18) == (estimate.method, estimate.n_cases)
        assert (0.5, 0.5 - half_width, 0.5 + half_width) == pytest.approx((estimate.value, *limits(estimate)), abs=1e-7)

    def test_binary_scores_keep_the_interval_within_their_range(self):
        assert (0.0, 1.0) == limits(mean_estimate([0, 1, 1], clusters=["a", "b", "c"]))

    def test_one_cluster_has_no_interval(self):
        assert (None, None) == limits(mean_estimate([1, 0, 1, 1], clusters=["a"] * 4))
        assert (None, None) == limits(pooled_mean_estimate([1, 0, 1, 1], clusters=["a"] * 4))

    def test_equal_clusters_have_no_interval(self):
        assert (None, None) == limits(mean_estimate([1, 0, 1, 0], clusters=["a", "a", "b", "b"]))
        assert (None, None) == limits(pooled_mean_estimate([1, 1], clusters=["a", "b"]))

    def test_a_case_without_a_cluster_stands_by_itself(self):
        assert pytest.approx((1 + 0 + 0.5) / 3) == mean_estimate([1, 0, 1, 0], clusters=[None, None, "a", "a"]).value

    def test_no_clusters_at_all_are_no_clusters(self):
        assert mean_estimate(SCORES) == mean_estimate(SCORES, clusters=[None] * 18)

    def test_every_value_needs_its_cluster(self):
        with pytest.raises(ConfigurationError, match="2 values, but 1 clusters"):
            mean_estimate([1, 0], clusters=["a"])

    def test_the_pooled_mean_has_the_clustered_standard_error(self):
        # 18 scores in 5 clusters; digits of statsmodels' OLS with cov_type="cluster"
        estimate = pooled_mean_estimate(SCORES, clusters=CLUSTERS)
        expected = (0.5555555555555556, 0.014943635860591553, 1.0961674752505197)
        assert expected == pytest.approx((estimate.value, *limits(estimate)), abs=1e-9)

    def test_it_covers_the_truth_where_clusters_differ_in_size(self):
        rng = np.random.default_rng(4)
        sizes = np.array([5, 10, 20, 40, 80, 5, 10, 20])
        clusters = np.repeat(np.arange(len(sizes)), sizes).tolist()
        hits = 0
        for _ in range(600):
            levels = rng.beta(4, 4, size=len(sizes))
            estimate = mean_estimate(rng.binomial(1, np.repeat(levels, sizes)).tolist(), clusters=clusters)
            hits += estimate.low <= 0.5 <= estimate.high
        assert 0.92 < hits / 600 < 0.98


class TestCorpus:
    def test_the_value_is_the_aggregate_of_all_rows(self):
        estimate = corpus_estimate(rows_of(range(200)), mean_of, rng=np.random.default_rng(0), n_resamples=200)
        assert (99.5, 200, "bootstrap") == (estimate.value, estimate.n_cases, estimate.method)
        assert estimate.low < 99.5 < estimate.high

    def test_below_a_hundred_cases_it_is_accelerated_and_equals_scipys(self):
        from scipy.stats import bootstrap

        values = np.random.default_rng(5).exponential(size=30)
        estimate = corpus_estimate(rows_of(values), mean_of, rng=np.random.default_rng(6), n_resamples=4000)
        reference = bootstrap((values,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(7))
        assert "bootstrap_bca" == estimate.method
        assert tuple(reference.confidence_interval) == pytest.approx(limits(estimate), abs=0.03)

    def test_from_a_hundred_cases_on_it_takes_percentiles_and_equals_scipys(self):
        from scipy.stats import bootstrap

        values = np.random.default_rng(8).normal(size=120)
        estimate = corpus_estimate(rows_of(values), mean_of, rng=np.random.default_rng(9), n_resamples=4000)
        reference = bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1))
        assert tuple(reference.confidence_interval) == pytest.approx(limits(estimate), abs=0.02)

    def test_one_seed_gives_one_interval(self):
        first, second = (
            corpus_estimate(rows_of(range(20)), mean_of, rng=np.random.default_rng(3), n_resamples=100) for _ in "ab"
        )
        assert first == second

    def test_too_few_cases_or_no_spread_give_no_interval(self):
        rng = np.random.default_rng(0)
        assert (None, None) == limits(corpus_estimate(rows_of([1, 2, 3, 4]), mean_of, rng=rng))
        assert (None, None) == limits(corpus_estimate(rows_of([2] * 9), mean_of, rng=rng, n_resamples=50))

    @pytest.mark.parametrize(("n", "method"), [(5, "bootstrap_bca"), (99, "bootstrap_bca"), (100, "bootstrap")])
    def test_five_cases_give_an_interval_and_a_hundred_its_percentiles(self, n, method):
        estimate = corpus_estimate(rows_of(range(n)), mean_of, rng=np.random.default_rng(0), n_resamples=50)
        assert method == estimate.method
        assert None not in limits(estimate)

    def test_a_value_that_leaving_one_out_never_changes_still_has_an_interval(self):
        def largest(rows):
            return max(row.value for row in rows)

        estimate = corpus_estimate(rows_of([0, 0, 0, 1, 1, 1]), largest, rng=np.random.default_rng(0), n_resamples=2000)
        assert (1.0, 1.0) == (estimate.value, estimate.high)

    def test_clusters_are_drawn_whole(self):
        values = [0, 1] * 10
        by_case = corpus_estimate(rows_of(values), mean_of, rng=np.random.default_rng(0), n_resamples=500)
        pairs = [position // 2 for position in range(20)]
        by_pair = corpus_estimate(rows_of(values), mean_of, rng=np.random.default_rng(0), clusters=pairs)
        assert by_case.low < by_case.high
        assert (None, None, 20) == (*limits(by_pair), by_pair.n_cases)

    def test_no_rows_are_refused(self):
        with pytest.raises(ConfigurationError, match="no scores"):
            corpus_estimate([], mean_of, rng=np.random.default_rng(0))

    def test_it_covers_the_truth_about_as_often_as_it_promises(self):
        rng = np.random.default_rng(10)
        hits = 0
        for _ in range(150):
            rows = rows_of(rng.beta(2, 3, size=25))
            estimate = corpus_estimate(rows, mean_of, rng=rng, n_resamples=200)
            hits += estimate.low <= 0.4 <= estimate.high
        assert 0.86 < hits / 150 <= 0.98


class TestQuantile:
    def test_the_median_of_an_even_list_is_the_middle_between_two(self):
        assert 2.5 == quantile_estimate([4, 1, 3, 2], 0.5).value

    def test_the_limits_are_the_tabled_ranks(self):
        # Conover, Practical Nonparametric Statistics: n = 20, median, at least 95%: the 6th and the 15th value
        estimate = quantile_estimate(list(range(1, 21)), 0.5)
        assert (6, 15, 20, "order_statistics") == (*limits(estimate), estimate.n_cases, estimate.method)

    @pytest.mark.parametrize("n", [73, 200, 1319])
    @pytest.mark.parametrize("q", [0.05, 0.5, 0.9, 0.95])
    def test_the_limits_are_the_binomial_quantiles(self, n, q):
        from scipy.stats import binom

        low, high = int(binom.ppf(0.025, n, q)), int(binom.ppf(0.975, n, q)) + 1
        assert (low, high) == limits(quantile_estimate(list(range(1, n + 1)), q))

    @pytest.mark.parametrize(("q", "least"), [(0.5, 6), (0.95, 72), (0.05, 72)])
    def test_both_limits_need_enough_values(self, q, least):
        assert (None, None) == limits(quantile_estimate(list(range(least - 1)), q))
        assert None not in limits(quantile_estimate(list(range(least)), q))

    def test_it_covers_the_truth_at_least_as_often_as_it_promises(self):
        rng = np.random.default_rng(11)
        estimates = [quantile_estimate(sample, 0.9) for sample in rng.exponential(size=(800, 100))]
        truth = -np.log(0.1)
        assert np.mean([e.low <= truth <= e.high for e in estimates]) > 0.935

    @pytest.mark.parametrize("q", [0, 1, 95])
    def test_what_is_no_quantile_is_refused(self, q):
        with pytest.raises(ConfigurationError, match="between 0 and 1"):
            quantile_estimate([1, 2], q)
