"""Bets against each candidate: worked by hand, blind to what comes, and seldom wrong about the best."""

import math

import numpy as np
import pytest

from evaluation.races.grid import Grid
from evaluation.races.sequential_evidence import STAKES, evidence_against, evidence_within


def _money(*gains: float) -> float:
    """What equal shares of the stakes have become after these gains."""
    return sum(math.prod(1 + stake * gain for gain in gains) for stake in STAKES) / len(STAKES)


def test_a_loser_is_bet_against_by_the_leader_of_the_cases_before() -> None:
    # Case 1: all level, the first of the others is the rival. From case 2 on, the first candidate leads.
    grid = Grid(values=np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))

    first, second = evidence_against(grid, (None, None))

    assert second == pytest.approx(math.log(_money(1, 1)))
    assert 0.0 == first


def test_the_most_that_was_ever_made_counts() -> None:
    lost_it_again = Grid(values=np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]))

    assert evidence_against(lost_it_again, (None, None))[1] == pytest.approx(math.log(_money(1, 1)))


def test_a_case_without_a_score_of_either_side_is_no_bet() -> None:
    with_gap = Grid(values=np.array([[1.0, 0.0], [np.nan, 0.0], [1.0, np.nan], [1.0, 0.0]]))
    without = Grid(values=np.array([[1.0, 0.0], [1.0, 0.0]]))

    assert evidence_against(with_gap, (None, None))[1] == pytest.approx(evidence_against(without, (None, None))[1])


def test_who_has_left_the_race_is_nobodys_rival() -> None:
    values = np.array([[1.0, 0.5, 0.0], [1.0, 0.5, 0.0], [1.0, 0.5, 0.0]])

    with_leader = evidence_against(Grid(values=values), (None, None, None))
    without = evidence_against(Grid(values=values), (0, None, None))

    assert with_leader[2] == pytest.approx(math.log(_money(1, 1, 1)))
    assert without[2] == pytest.approx(math.log(_money(0.5, 0.5, 0.5)))


def test_what_comes_later_changes_no_bet_before() -> None:
    rng = np.random.default_rng(1)
    values = rng.integers(0, 2, size=(60, 5)).astype(float)
    other_end = np.vstack([values[:40], 1 - values[40:]])

    short = [evidence_against(Grid(values=values[:n]), (None,) * 5) for n in (10, 25, 40)]
    of_other = [evidence_against(Grid(values=other_end[:n]), (None,) * 5) for n in (10, 25, 40)]

    np.testing.assert_array_equal(short, of_other)
    assert (np.diff(short, axis=0) >= 0).all()


@pytest.mark.parametrize("n_candidates", [2, 20])
def test_of_equals_each_is_called_not_the_best_in_at_most_alpha(n_candidates: int) -> None:
    rng = np.random.default_rng(7)
    n_races, alpha = 400, 0.05
    dropped = 0
    for _ in range(n_races):
        ease = rng.normal(size=(300, 1))
        values = (ease + 0.6 * rng.normal(size=(300, n_candidates)) > 0).astype(float)
        dropped += evidence_against(Grid(values=values), (None,) * n_candidates)[0] >= math.log(1 / alpha)

    assert dropped / n_races <= alpha


def test_a_clear_loser_is_found_out() -> None:
    rng = np.random.default_rng(3)
    values = np.column_stack([rng.random(150) < 0.8, rng.random(150) < 0.5]).astype(float)

    assert evidence_against(Grid(values=values), (None, None))[1] > math.log(20)


def test_nobody_is_called_within_a_margin_of_whom_it_exceeds() -> None:
    rng = np.random.default_rng(5)
    n_races, wrong = 300, 0
    for _ in range(n_races):
        better = (rng.random(400) < 0.7).astype(float)
        worse = (rng.random(400) < 0.6).astype(float)
        grid = Grid(values=np.column_stack([better, worse]))
        wrong += evidence_within(grid, 0, 1, margin=0.1) >= math.log(20)

    assert wrong / n_races <= 0.05


def test_two_that_answer_alike_are_soon_within_a_margin() -> None:
    alike = np.tile([[1.0, 1.0], [0.0, 0.0]], (40, 1))

    found = evidence_within(Grid(values=alike), 0, 1, margin=0.1)

    assert found == pytest.approx(math.log(_money(*[0.1 / 1.1] * 80)))


def test_without_cases_or_rivals_there_is_no_evidence() -> None:
    assert [0.0, 0.0] == evidence_against(Grid(values=np.empty((0, 2))), (None, None)).tolist()
    assert [0.0] == evidence_against(Grid(values=np.ones((3, 1))), (None,)).tolist()
    assert 0.0 == evidence_within(Grid(values=np.array([[1.0, np.nan]])), 0, 1, margin=0.1)
