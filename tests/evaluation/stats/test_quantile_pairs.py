import numpy as np
import pytest

from evaluation.errors import ConfigurationError, IncomparableError
from evaluation.stats.quantile_pairs import quantile_difference


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
