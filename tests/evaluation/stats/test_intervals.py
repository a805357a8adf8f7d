import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError, IncomparableError
from evaluation.scores import Measurement
from evaluation.stats.bootstrap import corpus_estimate
from evaluation.stats.intervals import (
    crossing,
    mean_estimate,
    newcombe_interval,
    newcombe_phi,
    quantile_difference,
    quantile_estimate,
    t_interval,
    wilson_interval,
)

CELLS = st.integers(0, 60)


@pytest.mark.parametrize(
    ("n_right", "n", "low", "high"),
    [
        (81, 263, 0.2552885198782742, 0.36620957698280004),
        (15, 148, 0.06238639953073628, 0.16048724172330803),
        (0, 20, 0.0, 0.1611251580528194),
        (1, 29, 0.006113214292762667, 0.17175521879320294),
    ],
)
def test_wilson_gives_the_published_limits(n_right, n, low, high):
    """Newcombe 1998, Statistics in Medicine 17:857, table I."""
    assert (low, high) == pytest.approx(wilson_interval(n_right, n), abs=1e-9)


@given(st.integers(1, 500), st.data())
def test_wilson_equals_scipy(n, data):
    from scipy.stats import binomtest

    n_right = data.draw(st.integers(0, n))
    reference = binomtest(n_right, n).proportion_ci(0.9, method="wilson")
    assert (reference.low, reference.high) == pytest.approx(
        wilson_interval(n_right, n, confidence_level=0.9), abs=1e-12
    )


@given(st.integers(1, 500), st.data())
def test_wilson_lies_within_bounds_and_mirrors(n, data):
    n_right = data.draw(st.integers(0, n))
    low, high = wilson_interval(n_right, n)
    assert 0 <= low <= n_right / n <= high <= 1
    assert low < high
    assert (1 - high, 1 - low) == pytest.approx(wilson_interval(n - n_right, n), abs=1e-12)


def test_wilson_covers_the_truth_as_often_as_it_promises():
    rng = np.random.default_rng(1)
    hits = [
        (low, high)
        for low, high in (wilson_interval(int(k), 40) for k in rng.binomial(40, 0.85, size=4000))
        if low <= 0.85 <= high
    ]
    assert 0.935 < len(hits) / 4000 < 0.975


@pytest.mark.parametrize(
    ("both", "only_a", "only_b", "neither", "low", "high"),
    [
        # Agresti, Categorical Data Analysis, section 10.1: approval ratings
        (794, 150, 86, 570, 0.021230423982877014, 0.058703872895728836),
        # Armitage & Berry 1994, p. 127: two culture media
        (20, 12, 2, 16, 0.05615642484174821, 0.32920699540014053),
        # Bentur et al. 2009, in Fagerland et al. 2013, BMC Medical Research Methodology 13:91
        (1, 1, 7, 12, -0.506920226686141, -0.025559124164859837),
        # six pairs, none of which differ
        (4, 0, 0, 2, -0.2863297027642045, 0.2863297027642045),
    ],
)
def test_newcombe_gives_the_reference_limits(both, only_a, only_b, neither, low, high):
    interval = newcombe_interval(both=both, only_a=only_a, only_b=only_b, neither=neither)
    assert (low, high) == pytest.approx(interval, abs=1e-6)


def test_newcombes_phi_is_the_correlation_drawn_towards_nothing_where_it_is_positive():
    # Outcomes that lean against one another keep theirs: (1 - 81) / √(10 · 10 · 10 · 10).
    assert -0.8 == newcombe_phi(both=1, only_a=9, only_b=9, neither=1)
    a, b = [1] * 20 + [1] * 12 + [0] * 2 + [0] * 16, [1] * 20 + [0] * 12 + [1] * 2 + [0] * 16
    plain = float(np.corrcoef(a, b)[0, 1])
    # (ad - bc - n/2) for (ad - bc)
    found = newcombe_phi(both=20, only_a=12, only_b=2, neither=16)
    assert plain * (20 * 16 - 12 * 2 - 25) / (20 * 16 - 12 * 2) == pytest.approx(found)
    assert 0.0 == newcombe_phi(both=3, only_a=2, only_b=2, neither=3)
    assert 0.0 == newcombe_phi(both=3, only_a=5, only_b=0, neither=0)


def test_newcombes_own_example_is_reproduced():
    """Newcombe 1998, Statistics in Medicine 17:2635, table II: 36, 12, 2, 0 gives 0.0569 to 0.3404."""
    assert (0.0569, 0.3404) == pytest.approx(newcombe_interval(both=36, only_a=12, only_b=2, neither=0), abs=5e-5)


@given(CELLS, CELLS, CELLS, CELLS)
def test_newcombe_lies_within_bounds_and_turns_round_with_its_sides(both, only_a, only_b, neither):
    n = both + only_a + only_b + neither
    if n == 0:
        return
    low, high = newcombe_interval(both=both, only_a=only_a, only_b=only_b, neither=neither)
    assert -1 <= low <= (only_a - only_b) / n + 1e-12
    assert (only_a - only_b) / n - 1e-12 <= high <= 1
    assert low < high
    swapped = newcombe_interval(both=both, only_a=only_b, only_b=only_a, neither=neither)
    assert (-high, -low) == pytest.approx(swapped, abs=1e-12)


def test_newcombe_covers_the_truth_as_often_as_it_promises_at_ten_and_fifty_pairs():
    rng = np.random.default_rng(2)
    shares = np.array([0.35, 0.25, 0.15, 0.25])
    for n in (10, 50):
        tables = rng.multinomial(n, shares, size=3000).tolist()
        intervals = [newcombe_interval(both=w, only_a=x, only_b=y, neither=z) for w, x, y, z in tables]
        covered = np.mean([low <= 0.10 <= high for low, high in intervals])
        assert 0.935 < covered < 0.985


def test_a_t_interval_has_the_tabled_quantile():
    """Student's t with 9 degrees of freedom: 2.262157 at 97.5%."""
    assert (-2.262157, 2.262157) == pytest.approx(t_interval(0.0, 1.0, 9, confidence_level=0.95), abs=1e-6)
    assert (5 - 1.1310785, 5 + 1.1310785) == pytest.approx(t_interval(5.0, 0.5, 9, confidence_level=0.95), abs=1e-6)


@pytest.mark.parametrize("level", [0.05, 1.0, 0.0, 95, float("nan")])
def test_a_level_that_is_no_confidence_level_is_refused(level):
    with pytest.raises(ConfigurationError, match="confidence_level"):
        wilson_interval(1, 2, confidence_level=level)


def test_a_rising_and_a_falling_function_are_crossed_to_the_last_bit():
    assert 2**0.5 == pytest.approx(crossing(lambda x: x * x - 2, 0, 2), abs=1e-15)
    assert 2**0.5 == pytest.approx(crossing(lambda x: 2 - x * x, 0, 2), abs=1e-15)
    assert 0.3 == pytest.approx(crossing(lambda x: 0.3 - x, -0.5, 2), abs=1e-15)
    assert 0.3 == pytest.approx(crossing(lambda x: x - 0.3, -0.5, 2), abs=1e-15)


def test_a_crossing_at_an_end_is_found():
    assert 0.0 == pytest.approx(crossing(lambda x: x, 0, 2), abs=1e-300)
    assert 2.0 == pytest.approx(crossing(lambda x: x - 2, 0, 2), abs=1e-15)


def test_without_a_crossing_it_is_the_end_that_comes_nearest():
    assert (1.0, 2.0) == (crossing(lambda x: x, 1.0, 2.0), crossing(lambda x: x - 5, 1.0, 2.0))
    assert (1.0, 1.0) == (crossing(lambda x: -x, 1.0, 2.0), crossing(lambda x: 0.1 * x, 1.0, 2.0))
    assert 1.0 == crossing(lambda x: 7.0, 1.0, 2.0)


def test_values_without_bound_are_no_obstacle():
    assert 0.5 == pytest.approx(crossing(lambda x: float("inf") if x == 0 else 0.5 - x, 0.0, 1.0))


def compared(a, b, q=0.5, **options):
    return quantile_difference(a, b, q, rng=np.random.default_rng(0), **options)


def latencies(n, seed=0, factor=1.0):
    return (np.random.default_rng(seed).lognormal(0, 0.5, n) * factor).tolist()


def test_the_difference_is_that_of_the_two_quantiles():
    a, b = latencies(150, 1), latencies(150, 2)
    for q in (0.5, 0.95):
        found = compared(a, b, q)
        assert np.quantile(a, q) - np.quantile(b, q) == found.value
        assert found.low < found.value < found.high
        assert ("paired_bootstrap", 150, 0.95) == (found.method, found.n_cases, found.confidence_level)


def test_pairs_are_drawn_together_so_that_what_both_share_cancels():
    slow = np.array(latencies(200))
    together = compared((slow + 1).tolist(), slow.tolist())
    # A constant added to each pair leaves no spread at all.
    assert (None, None) == (together.low, together.high)
    assert 1.0 == pytest.approx(together.value)
    apart = compared(sorted(slow + 1), sorted(slow, reverse=True))
    assert apart.high - apart.low > 0.1


def test_neither_order_matters_nor_which_side_is_first():
    a, b = np.array(latencies(120, 1)), np.array(latencies(120, 2))
    order = np.random.default_rng(9).permutation(120)
    found = compared(a.tolist(), b.tolist())
    assert found == compared(a[order].tolist(), b[order].tolist())
    turned = compared(b.tolist(), a.tolist())
    assert pytest.approx((-found.high, -found.low), abs=0.03) == (turned.low, turned.high)


def test_fewer_than_a_hundred_pairs_have_no_interval():
    assert compared(latencies(99, 1), latencies(99, 2)).low is None
    assert compared(latencies(100, 1), latencies(100, 2)).low is not None


def test_a_higher_level_makes_a_wider_interval():
    narrow, wide = (compared(latencies(150, 1), latencies(150, 2), confidence_level=level) for level in (0.8, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_interval_covers_the_true_difference_as_often_as_it_says():
    covered = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        shared = rng.lognormal(0, 0.5, 120)
        a, b = shared * rng.lognormal(0.2, 0.3, 120), shared * rng.lognormal(0, 0.3, 120)
        found = quantile_difference(a.tolist(), b.tolist(), 0.5, rng=rng, n_resamples=200)
        covered += found.low <= np.exp(0.2) - 1 <= found.high
    assert 0.9 <= covered / 150 <= 1.0


def test_many_pairs_are_drawn_in_parts_that_make_up_all_resamples():
    a, b = latencies(6000, 1), latencies(6000, 2)
    found = compared(a, b, n_resamples=500)
    # The spread of a median of n log-normals: 1.2533 · 0.5 / √n a side
    half_width = 1.96 * 1.2533 * 0.5 * (2 / 6000) ** 0.5
    assert half_width == pytest.approx((found.high - found.low) / 2, rel=0.15)


class Recorded:
    """A generator that remembers how much was drawn at once."""

    def __init__(self):
        self.rng, self.sizes = np.random.default_rng(0), []

    def integers(self, n, *, size, dtype):
        self.sizes.append(size)
        return self.rng.integers(n, size=size, dtype=dtype)


def test_no_more_than_a_million_numbers_are_drawn_at_once_and_as_many_resamples_as_were_asked_for():
    recorded = Recorded()
    quantile_difference(latencies(600, 1), latencies(600, 2), 0.5, rng=recorded, n_resamples=4000)
    assert [(1666, 600), (1666, 600), (668, 600)] == recorded.sizes
    recorded = Recorded()
    quantile_difference(latencies(100, 1), latencies(100, 2), 0.5, rng=recorded)
    assert [(2000, 100)] == recorded.sizes


def test_the_limits_are_the_quantiles_of_the_resamples():
    a, b = (np.array(latencies(120, seed)) for seed in (1, 2))
    order = np.argsort(a)
    rows = np.random.default_rng(0).integers(120, size=(300, 120), dtype=np.int32)
    resampled = np.quantile(a[order][rows], 0.9, axis=1) - np.quantile(b[order][rows], 0.9, axis=1)
    found = compared(a.tolist(), b.tolist(), 0.9, n_resamples=300, confidence_level=0.9)
    assert pytest.approx(tuple(np.quantile(resampled, (0.05, 0.95)))) == (found.low, found.high)


def test_what_makes_no_pairs_is_refused():
    with pytest.raises(IncomparableError, match="2 values of A and 1 of B"):
        compared([1.0, 2.0], [1.0])
    with pytest.raises(ConfigurationError, match="q=1"):
        compared([1.0], [1.0], 1)
    with pytest.raises(ConfigurationError, match="q=0"):
        compared([1.0], [1.0], 0)
    with pytest.raises(ConfigurationError, match="no values of A"):
        compared([], [])
    with pytest.raises(ConfigurationError, match=r"^values of B\[0\] is inf"):
        compared([1.0], [float("inf")])


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

    def test_equal_clusters_have_no_interval(self):
        assert (None, None) == limits(mean_estimate([1, 0, 1, 0], clusters=["a", "a", "b", "b"]))

    def test_a_case_without_a_cluster_stands_by_itself(self):
        assert pytest.approx((1 + 0 + 0.5) / 3) == mean_estimate([1, 0, 1, 0], clusters=[None, None, "a", "a"]).value

    def test_no_clusters_at_all_are_no_clusters(self):
        assert mean_estimate(SCORES) == mean_estimate(SCORES, clusters=[None] * 18)

    def test_every_value_needs_its_cluster(self):
        with pytest.raises(ConfigurationError, match="2 values, but 1 clusters"):
            mean_estimate([1, 0], clusters=["a"])

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


@pytest.mark.parametrize("values", [[1.0] * 6, [0.0, 1.0, 1.0, 0.0, 1.0, 1.0]])
def test_counts_that_all_happen_to_be_0_or_1_are_no_shares(values: list[float]) -> None:
    """Answers of one token each are not shown to have fewer than that."""
    share, count = mean_estimate(values), mean_estimate(values, value_range=(0.0, float("inf")))

    assert "wilson" == share.method
    assert (share.value, "t") == (count.value, count.method)
    if len(set(values)) == 1:
        assert (None, None) == (count.low, count.high)


@pytest.mark.parametrize(
    ("values", "clusters", "method"),
    [
        ([0.1, 1.0, 0.7], None, "t"),
        ([0.0] * 13 + [0.9], None, "t_skewed"),
        ([0.1, 1.0, 0.7], ["x", "y", "z"], "cluster_t"),
    ],
)
def test_no_interval_reaches_beyond_what_is_possible(
    values: list[float], clusters: list[str] | None, method: str
) -> None:
    free = mean_estimate(values, clusters=clusters)
    cut = mean_estimate(values, clusters=clusters, value_range=(0.0, 1.0))

    assert (method, method, free.value) == (free.method, cut.method, cut.value)
    assert free.low < 0 or free.high > 1
    assert (max(0.0, free.low), min(1.0, free.high)) == limits(cut)


def test_counts_of_clusters_are_not_cut_at_1() -> None:
    low, high = limits(mean_estimate([0, 1, 1], clusters=["a", "b", "c"], value_range=(0.0, float("inf"))))
    assert (0.0, True) == (low, high > 1)
