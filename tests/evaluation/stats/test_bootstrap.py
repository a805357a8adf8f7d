from statistics import NormalDist

import numpy as np
import pytest

from evaluation.stats.bootstrap import accelerated_mean_interval, accelerated_tails, resampled_interval

NORMAL = NormalDist()


def spread_of(values):
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / len(values)


def interval_of(values, *, accelerated, seed=0):
    units = [[value] for value in values]
    return resampled_interval(
        units,
        spread_of,
        rng=np.random.default_rng(seed),
        n_resamples=10_000,
        accelerated=accelerated,
        confidence_level=0.9,
    )


@pytest.mark.parametrize(("accelerated", "method"), [(True, "BCa"), (False, "percentile")])
def test_a_biased_and_skewed_value_has_the_limits_that_scipy_gives(accelerated, method):
    from scipy.stats import bootstrap

    values = np.random.default_rng(5).normal(size=15)
    reference = bootstrap(
        (values,), np.var, n_resamples=50_000, confidence_level=0.9, method=method, rng=np.random.default_rng(1)
    )
    found = interval_of(values.tolist(), accelerated=accelerated)
    assert tuple(reference.confidence_interval) == pytest.approx(found, rel=0.025)


def test_the_correction_moves_both_limits_of_a_value_that_is_biased_downwards():
    values = np.random.default_rng(5).normal(size=15).tolist()
    plain, corrected = (interval_of(values, accelerated=accelerated) for accelerated in (False, True))
    assert plain.low * 1.1 < corrected.low
    assert plain.high * 1.1 < corrected.high


def test_beyond_the_pole_of_the_formula_the_outermost_resample_is_the_limit():
    def product(values):
        return float(np.prod(values))

    units = [[1e-6], [1.0], [1.0], [1.0], [1e6]]
    low, high = resampled_interval(
        units, product, rng=np.random.default_rng(0), n_resamples=200, accelerated=True, confidence_level=0.9999
    )
    assert 0 < low < high


class TestAcceleratedMeanInterval:
    def test_it_equals_scipys(self):
        from scipy.stats import bootstrap

        values = np.random.default_rng(0).lognormal(0, 1, 60)
        options = {"method": "BCa", "n_resamples": 20_000, "rng": np.random.default_rng(1)}
        expected = bootstrap((values,), np.mean, confidence_level=0.9, **options).confidence_interval
        found = accelerated_mean_interval(
            values, rng=np.random.default_rng(2), n_resamples=20_000, confidence_level=0.9
        )
        assert pytest.approx((expected.low, expected.high), rel=0.01) == found

    def test_it_reaches_further_to_the_long_side(self):
        values = np.random.default_rng(0).lognormal(0, 1, 60)
        low, high = accelerated_mean_interval(values, rng=np.random.default_rng(2))
        assert high - values.mean() > values.mean() - low > 0

    def test_the_order_of_the_values_does_not_matter(self):
        values = np.random.default_rng(0).lognormal(0, 1, 60)
        found, turned = (accelerated_mean_interval(v, rng=np.random.default_rng(2)) for v in (values, values[::-1]))
        assert found == turned

    def test_many_values_are_drawn_in_parts(self):
        values = np.random.default_rng(0).normal(0, 1, 3000)
        low, high = accelerated_mean_interval(values, rng=np.random.default_rng(2), n_resamples=1000)
        assert 1.96 / 3000**0.5 == pytest.approx((high - low) / 2, rel=0.1)

    def test_equal_values_have_none(self):
        assert accelerated_mean_interval(np.ones(30), rng=np.random.default_rng(0)) is None

    def test_no_more_than_a_million_numbers_are_drawn_at_once_and_ten_thousand_resamples_in_all(self):
        sizes = []

        class Recorded:
            def integers(self, n, *, size, dtype):
                sizes.append(size)
                return np.random.default_rng(len(sizes)).integers(n, size=size, dtype=dtype)

        accelerated_mean_interval(np.arange(300.0), rng=Recorded())
        assert [(3333, 300)] * 3 + [(1, 300)] == sizes

    def test_the_limits_are_those_of_the_general_bootstrap(self):
        values = np.sort(np.random.default_rng(0).lognormal(0, 1, 40))
        rows = np.random.default_rng(1).integers(40, size=(500, 40), dtype=np.int32)
        means = values[rows].mean(axis=1)
        left_out = np.array([np.delete(values, i).mean() for i in range(40)])
        tails = accelerated_tails(means, observed=values.mean(), left_out=left_out, tails=(0.1, 0.9))
        found = accelerated_mean_interval(values, rng=np.random.default_rng(1), n_resamples=500, confidence_level=0.8)
        assert pytest.approx(tuple(np.quantile(means, tails))) == found


class TestAcceleratedTails:
    def test_values_equal_to_the_observed_one_count_half_on_each_side(self):
        found = accelerated_tails(np.array([1.0, 2, 2, 3]), observed=2.0, left_out=np.ones(4), tails=(0.1, 0.9))
        assert pytest.approx((0.1, 0.9)) == found

    @pytest.mark.parametrize(("observed", "below"), [(0.0, 0.125), (9.0, 0.875), (2.5, 0.5), (1.5, 0.25)])
    def test_bias_moves_both_tails_by_twice_its_z_and_is_never_without_bound(self, observed, below):
        bias = NORMAL.inv_cdf(below)
        expected = tuple(NORMAL.cdf(2 * bias + NORMAL.inv_cdf(tail)) for tail in (0.1, 0.9))
        found = accelerated_tails(np.array([1.0, 2, 3, 4]), observed=observed, left_out=np.ones(4), tails=(0.1, 0.9))
        assert pytest.approx(expected) == found

    @pytest.mark.parametrize("sign", [1.0, -1.0])
    def test_skewness_stretches_the_tails_by_efrons_formula(self, sign):
        left_out = sign * np.array([0.0, 0.1, 0.2, 3.0])
        deviations = left_out.mean() - left_out
        acceleration = (deviations**3).sum() / (6 * (deviations**2).sum() ** 1.5)
        bias = NORMAL.inv_cdf(0.25)
        moved = [bias + NORMAL.inv_cdf(tail) for tail in (0.1, 0.9)]
        expected = tuple(NORMAL.cdf(bias + z / (1 - acceleration * z)) for z in moved)
        found = accelerated_tails(np.array([1.0, 2, 3, 4]), observed=1.5, left_out=left_out, tails=(0.1, 0.9))
        assert pytest.approx(expected) == found


def test_the_general_bootstrap_leaves_out_one_unit_after_the_other():
    values = np.random.default_rng(0).lognormal(0, 1, 20)
    drawn = np.random.default_rng(0).integers(20, size=(400, 20))
    means = np.sort(values[drawn].mean(axis=1))
    left_out = np.array([np.delete(values, i).mean() for i in range(20)])
    tails = accelerated_tails(means, observed=values.mean(), left_out=left_out, tails=(0.05, 0.95))
    found = resampled_interval(
        [[value] for value in values.tolist()],
        lambda rows: sum(rows) / len(rows),
        rng=np.random.default_rng(0),
        n_resamples=400,
        accelerated=True,
        confidence_level=0.9,
    )
    assert pytest.approx(tuple(np.quantile(means, tails))) == found
