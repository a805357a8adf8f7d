"""Are confidences and scores binned as the reference library does it, and is nobody called over-confident by chance?"""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from evaluation.stats.reliability import Reliability, reliability


def of(confidences: "list[float] | np.ndarray", scores: "list[float] | np.ndarray") -> Reliability:
    result = reliability(np.array(confidences, dtype=float), np.array(scores, dtype=float))
    assert result is not None
    return result


@pytest.mark.parametrize("n", [40, 500, 5000])
def test_bins_are_those_of_scikit_learn(n: int) -> None:
    rng = np.random.default_rng(n)
    confidences = rng.uniform(size=n)
    scores = (rng.uniform(size=n) < confidences**2).astype(float)

    result = of(confidences, scores)

    right, said = calibration_curve(scores, confidences, n_bins=10)
    assert [each.score.value for each in result.bins] == pytest.approx(right.tolist())
    assert [each.confidence for each in result.bins] == pytest.approx(said.tolist())
    assert n == sum(each.score.n_cases for each in result.bins)


def test_votes_of_few_samples_have_a_bin_for_each_share() -> None:
    result = of([0.6, 1.0, 0.6, 1.0, 1.0, np.nan, 0.2], [0, 1, 1, 1, 0, 1, np.nan])

    assert [(0.6, 0.5, 2), (1.0, 2 / 3, 3)] == [
        (each.confidence, each.score.value, each.score.n_cases) for each in result.bins
    ]
    assert result.calibration_error == pytest.approx((2 * 0.1 + 3 / 3) / 5)
    assert result.excess.value == pytest.approx((0.6 + 1.0 + 0.6 + 1.0 + 1.0 - 3) / 5)


def test_without_a_pair_there_is_nothing() -> None:
    assert reliability(np.array([np.nan, 0.5]), np.array([1.0, np.nan])) is None
    assert reliability(np.array([]), np.array([])) is None


def test_who_is_as_sure_as_right_is_called_otherwise_in_few_samples() -> None:
    rng = np.random.default_rng(3)
    called = 0
    for _ in range(400):
        confidences = rng.beta(4, 2, size=60)
        excess = of(confidences, rng.uniform(size=60) < confidences).excess
        assert excess.low is not None
        assert excess.high is not None
        called += not excess.low <= 0 <= excess.high
    assert called <= 32  # 20 expected; more than 32 has a chance of .004
