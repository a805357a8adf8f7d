"""The permutation test on a fall of the mean."""

from itertools import combinations

import numpy as np
import pytest

from evaluation.stats.permutation_drop import permutation_drop


@pytest.mark.parametrize(
    ("newer", "earlier"),
    [([0.0, 0.25, 0.5], [0.75, 1.0, 0.5, 0.75, 1.0]), ([0.5, 0.5], [0.5, 0.25, 1.0, 1.0]), ([1.0], [0.0, 0.0])],
)
def test_it_agrees_with_all_permutations(newer: list[float], earlier: list[float]) -> None:
    together = newer + earlier
    sums = [sum(together[place] for place in chosen) for chosen in combinations(range(len(together)), len(newer))]
    exact = np.mean([value <= sum(newer) + 1e-9 for value in sums])

    assert pytest.approx(exact, abs=0.03) == permutation_drop(newer, earlier)


def test_equal_values_are_no_fall_and_a_clear_fall_is_one() -> None:
    assert 1.0 == permutation_drop([1.0] * 20, [1.0] * 100)
    assert 5e-7 > permutation_drop([0.0] * 50, [1.0] * 300)
    assert 1.0 == permutation_drop([1.0] * 50, [0.0] * 300)


def test_false_alarms_keep_their_level_on_skewed_grades() -> None:
    rng = np.random.default_rng(5)
    grades = rng.choice([0.0, 0.75, 1.0], p=[0.02, 0.08, 0.9], size=(2_000, 70))
    p_values = [permutation_drop(row[:20], row[20:], seed=number) for number, row in enumerate(grades)]

    for level in (0.01, 0.05, 0.2):
        assert level + 3 * (level * (1 - level) / len(grades)) ** 0.5 >= np.mean(np.array(p_values) <= level)
