import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.errors import ConfigurationError
from evaluation.stats.ratio import ratio_estimate


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize(("n", "method"), [(20, "bootstrap_bca"), (200, "bootstrap")])
def test_the_value_is_the_ratio_of_the_sums_within_its_interval(n: int, method: str) -> None:
    found = ratio_estimate([4.0, 8.0] * (n // 2), [0.0, 1.0] * (n // 2), rng=rng())
    assert found is not None
    assert (12.0, n, method) == (found.value, found.n_cases, method)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 12.0 < found.high


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    draw = np.random.default_rng(11)
    hits = 0
    for _ in range(200):
        joules, right = draw.gamma(4.0, 1.0, size=150), (draw.random(150) < 0.5).astype(float)
        found = ratio_estimate(joules.tolist(), right.tolist(), rng=draw, n_resamples=300)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 8.0 <= found.high
    assert 0.89 <= hits / 200 <= 0.99


def test_few_cases_or_clusters_have_no_interval() -> None:
    few = ratio_estimate([1.0, 2.0, 3.0, 4.0], [1.0, 0.5, 1.0, 1.0], rng=rng())
    clustered = ratio_estimate([1.0, 2.0] * 10, [1.0, 0.5] * 10, rng=rng(), clusters=["a", "b"] * 10)
    for found in (few, clustered):
        assert found is not None
        assert (None, None) == (found.low, found.high)


def test_a_rare_right_answer_has_a_value_and_no_interval() -> None:
    for n in (20, 200):
        found = ratio_estimate([1.0] * n, [1.0] + [0.0] * (n - 1), rng=rng())
        assert found is not None
        assert (float(n), None) == (found.value, found.low)


def test_nothing_to_divide_by_is_no_value() -> None:
    assert ratio_estimate([1.0, 2.0], [0.0, 0.0], rng=rng()) is None


def test_clusters_are_drawn_whole() -> None:
    joules, right = [float(n % 7 + 1) for n in range(120)], [float(n % 3 == 0) for n in range(120)]
    alone = ratio_estimate(joules, right, rng=rng(), clusters=[None] * 120)
    together = ratio_estimate(joules, right, rng=rng(), clusters=[n // 6 for n in range(120)])
    assert alone == ratio_estimate(joules, right, rng=rng())
    assert alone is not None
    assert together is not None
    assert (alone.value, "bootstrap", "bootstrap_bca") == (together.value, alone.method, together.method)


def test_one_denominator_is_needed_for_each_numerator() -> None:
    with pytest.raises(ConfigurationError, match="2 numerators, but 1 denominators"):
        ratio_estimate([1.0, 2.0], [1.0], rng=rng())


@given(st.lists(st.tuples(st.floats(0.1, 100), st.floats(0.1, 1)), min_size=5, max_size=30), st.floats(0.5, 10))
def test_a_ratio_grows_with_its_numerators(pairs: list[tuple[float, float]], factor: float) -> None:
    above, below = zip(*pairs, strict=True)
    one = ratio_estimate(above, below, rng=rng(), n_resamples=20)
    other = ratio_estimate([factor * value for value in above], below, rng=rng(), n_resamples=20)
    assert one is not None
    assert other is not None
    assert other.value == pytest.approx(factor * one.value)


class Recorded:
    """A generator that remembers how much was drawn at once."""

    def __init__(self) -> None:
        self.rng, self.sizes = rng(), list[tuple[int, int]]()

    def integers(self, n: int, *, size: tuple[int, int]) -> np.ndarray:
        self.sizes.append(size)
        return self.rng.integers(n, size=size)


def test_no_more_than_a_million_numbers_are_drawn_at_once() -> None:
    recorded = Recorded()
    ratio_estimate([1.0, 2.0] * 400, [1.0, 1.0] * 400, rng=recorded, n_resamples=3000)
    assert [(1250, 800), (1250, 800), (500, 800)] == recorded.sizes


def test_the_limits_of_many_cases_are_percentiles_of_their_resamples() -> None:
    above, below = np.arange(1.0, 121.0), np.arange(120.0) % 3 + 1
    rows = rng().integers(120, size=(400, 120))
    expected = np.quantile(above[rows].sum(axis=1) / below[rows].sum(axis=1), (0.1, 0.9))
    found = ratio_estimate(above.tolist(), below.tolist(), rng=rng(), n_resamples=400, confidence_level=0.8)
    assert found is not None
    assert pytest.approx(tuple(expected)) == (found.low, found.high)


def test_what_is_no_number_is_named() -> None:
    for numerators, denominators, said in (
        ([1.0, float("nan")], [1.0, 1.0], r"^numerators\[1\]"),
        ([1.0], [float("inf")], r"^denominators\[0\]"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            ratio_estimate(numerators, denominators, rng=rng())
