"""Is the correlation of two metrics that of the reference library, and do interval and test keep what they promise?"""

import numpy as np
import pytest
from scipy.stats import spearmanr

from evaluation.stats.metric_correlation import correlation_interval, draw, rank_correlation


def pairs(rng: np.random.Generator, n: int, rho: float, *, binary: bool = False) -> tuple[np.ndarray, np.ndarray]:
    drawn = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], n)
    x, y = drawn[:, 0], drawn[:, 1]
    return ((x > 0).astype(float), (y > 0).astype(float)) if binary else (x, y)


@pytest.mark.parametrize(("n", "binary"), [(20, False), (300, False), (300, True), (3000, True)])
def test_value_and_p_are_those_of_scipy(n: int, binary: bool) -> None:
    x, y = pairs(np.random.default_rng(n), n, 0.15, binary=binary)

    found = rank_correlation(x, y, draw(n, np.random.default_rng(1)))

    assert found is not None
    reference = spearmanr(x, y)
    assert found.value == pytest.approx(reference.statistic)
    assert found.p_value == pytest.approx(reference.pvalue, abs=0.03)
    assert found.interval is not None
    assert -1 <= found.interval.low < found.value < found.interval.high <= 1


def test_too_few_cases_and_what_does_not_vary_have_none() -> None:
    rng = np.random.default_rng(1)
    assert rank_correlation(np.arange(7.0), np.arange(7.0), draw(7, rng)) is None
    assert rank_correlation(np.ones(30), np.arange(30.0), draw(30, rng)) is None


def share_covered(n: int, rho: float, *, n_samples: int, binary: bool) -> float:
    rng = np.random.default_rng(7)
    true = float(spearmanr(*pairs(rng, 400_000, rho, binary=binary)).statistic)
    found = [correlation_interval(*pairs(rng, n, rho, binary=binary), draw(n, rng)) for _ in range(n_samples)]
    return float(np.mean([each is not None and each.low <= true <= each.high for each in found]))


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("n", "binary", "rho"), [(40, False, 0.5), (60, True, 0.9), (201, True, 0.9), (500, False, 0.5)]
)
def test_the_interval_covers_the_population_as_often_as_it_says(n: int, binary: bool, rho: float) -> None:
    """The formula of Fisher's z covers 88 % of two closely correlated binary metrics."""
    assert 0.91 <= share_covered(n, rho, n_samples=200, binary=binary) <= 0.99
