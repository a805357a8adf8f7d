"""The best of many thresholds is too good on its own cases, and the folds take that back."""

import numpy as np
import pytest

from evaluation.run_results.cascade_choice import LEAST_UNITS, CurveTable, chosen_threshold


def table_of(quality: np.ndarray, *, units: tuple[str, ...] | None = None, higher_is_better: bool = True) -> CurveTable:
    n_thresholds, n_cases = quality.shape
    return CurveTable(
        thresholds=tuple(place / n_thresholds for place in range(n_thresholds)),
        quality=quality,
        escalated=np.tile(np.linspace(0, 1, n_thresholds)[:, None], n_cases),
        units=units or tuple(f"c{n:03}" for n in range(n_cases)),
        has_clusters=units is not None,
        higher_is_better=higher_is_better,
        value_range=(0.0, 1.0),
    )


def test_where_all_thresholds_are_alike_the_choice_overstates_and_the_folds_do_not() -> None:
    rng = np.random.default_rng(1)
    apparent, validated = [], []
    for seed in range(100):
        choice = chosen_threshold(table_of(rng.binomial(1, 0.5, size=(20, 60)).astype(float)), seed=seed)
        assert choice is not None
        apparent.append(choice.quality.value)
        validated.append(choice.validated_quality.value)

    assert np.mean(apparent) > 0.58
    assert np.mean(validated) == pytest.approx(0.5, abs=0.02)


def test_among_equal_means_the_threshold_that_escalates_least_is_chosen() -> None:
    choice = chosen_threshold(table_of(np.ones((3, 40))), seed=1)
    worse = chosen_threshold(table_of(np.arange(3.0)[:, None] / 2 * np.ones((3, 40)), higher_is_better=False), seed=1)

    assert choice is not None
    assert worse is not None
    assert (0.0, 0.0) == (choice.threshold, choice.validated_share_escalated)
    assert (0.0, 0.0) == (worse.threshold, worse.quality.value)


def test_with_few_cases_or_few_clusters_no_threshold_is_named() -> None:
    few = np.zeros((3, LEAST_UNITS - 1))
    clusters = tuple(f"k{n % (LEAST_UNITS - 1)}" for n in range(60))

    assert chosen_threshold(table_of(few), seed=1) is None
    assert chosen_threshold(table_of(np.zeros((3, 60)), units=clusters), seed=1) is None
    assert chosen_threshold(table_of(np.zeros((1, 60))), seed=1) is None
