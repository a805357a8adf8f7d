"""Races through simulated answers keep what they promise: a few orders here, 300 in the program itself."""

import importlib
from typing import Any

import numpy as np
import pytest

from evaluation.races.rules import Method, RaceRules


@pytest.fixture
def program() -> Any:
    """The program itself, which stands beside this test."""
    return importlib.import_module("race_curve")


def test_a_pool_has_exact_means_and_a_difficulty_that_all_share(program: Any) -> None:
    pool = program.pool
    answers = pool(3, gap=0.02)
    correlations = np.asarray(np.corrcoef(answers.T))[np.triu_indices(20, 1)]

    assert (1000, 20) == answers.shape
    np.testing.assert_allclose(answers.mean(axis=0)[:3], [0.70, 0.68, 0.40])
    assert 0.44 <= correlations.mean() <= 0.52
    assert {0.55} == set(pool(3, equal=True).mean(axis=0).round(9))
    assert (pool(3) != pool(4)).any()


def test_the_best_comes_first_with_a_fraction_of_the_generations(program: Any) -> None:
    pool, figures = program.pool, program.figures
    by_evidence = figures(RaceRules(), orders=10, make=pool)
    by_halving = figures(RaceRules(method=Method.HALVING), orders=20, make=pool)

    assert by_evidence.best_first >= 0.95
    assert by_evidence.best_dropped <= 0.05
    assert by_evidence.grid_share <= 0.22
    assert by_evidence.loads <= 65
    assert by_halving.best_first >= 0.85  # .98 over 300 orders: of 20, three may go wrong
    assert by_halving.grid_share <= 0.08
    assert by_halving.loads <= 40


def test_among_equals_nobody_wins(program: Any) -> None:
    pool, figures = program.pool, program.figures
    for method in Method:
        found = figures(RaceRules(method=method), orders=10, make=lambda seed: pool(seed, equal=True))
        assert found.winner_named <= 0.1
