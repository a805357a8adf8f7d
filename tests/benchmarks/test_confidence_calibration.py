import importlib
from typing import Any

import numpy as np
import pytest


@pytest.fixture
def program() -> Any:
    return importlib.import_module("confidence_calibration")


def test_the_calibration_error_is_the_mean_gap_of_the_bins(program: Any) -> None:
    confidence, truth = np.array([0.12, 0.18, 0.95, 0.95]), np.array([0.0, 0.1, 1.0, 0.8])

    assert [(2, 0.15, 0.05), (2, 0.95, 0.9)] == [
        (n, pytest.approx(mean), pytest.approx(true)) for n, mean, true in program.binned(confidence, truth)
    ]
    assert program.calibration_error(confidence, truth) == pytest.approx((0.1 + 0.05) / 2)


def test_the_questions_of_a_population_are_distributions_over_answers(program: Any) -> None:
    assert 16 == len(program.POPULATIONS)
    for name, draw in program.POPULATIONS.items():
        shares = draw(np.random.default_rng(1), 50)
        assert 50 == len(shares), name
        assert np.allclose(shares.sum(axis=1), 1), name
        assert (shares >= 0).all(), name


def test_the_pipelines_confidence_is_nearer_than_the_share_and_the_misled_are_less_often_right(
    program: Any,
) -> None:
    methods, by_population, reliability = program.over_populations(5, 200, seed=1)
    honest, misled = (program.in_one_population(5, 400, wrong, seed=1) for wrong in (0.0, 0.3))

    assert methods["pipeline"]["mean"] < 0.75 * methods["share"]["mean"]
    assert by_population.keys() == program.POPULATIONS.keys()
    assert 16 * 200 == sum(n for n, _, _ in reliability)
    assert honest["error"] < honest["error_of_share"]
    assert misled["right"] < honest["right"]
