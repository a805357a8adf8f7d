"""Cases that nobody has seen: how many, and what they must show."""

from dataclasses import replace

import numpy as np
import pytest
from race_course import RaceCourse

from evaluation.races.confirmation import confirmation, n_to_confirm
from evaluation.races.grid import Grid
from evaluation.races.ranking import runner_up
from evaluation.races.rules import Method, RaceRules
from evaluation.races.state import RaceState


def _with_one_left(method: Method, n_asked: int, n_pool: int, n_candidates: int = 2) -> RaceState:
    state = RaceCourse(np.zeros((n_pool, n_candidates)), RaceRules(method=method)).beginning
    return replace(state, n_asked=n_asked).without(tuple(range(1, n_candidates)))


def _columns(n_both: int, n_first: int, n_second: int) -> list[list[float]]:
    return [[1.0, 1.0]] * n_both + [[1.0, 0.0]] * n_first + [[0.0, 1.0]] * n_second


def test_as_many_cases_are_asked_as_would_show_a_difference_like_the_races() -> None:
    # Mean difference .2, variance (.3 + .1) − .2² = .36, standard error .06: a difference of .14 is to be seen.
    grid = Grid(values=np.array(_columns(60, 30, 10)))

    by_evidence = n_to_confirm(_with_one_left(Method.EVIDENCE, 100, 9000), grid)
    by_halving = n_to_confirm(_with_one_left(Method.HALVING, 100, 9000), grid)

    assert np.ceil(1.6449**2 * 0.36 / 0.14**2) == by_evidence
    assert np.ceil((1.6449 + 1.6449) ** 2 * 0.36 / 0.14**2) == by_halving


def test_never_more_than_are_kept_back_nor_fewer_than_twenty() -> None:
    narrow = Grid(values=np.array(_columns(80, 11, 9)))
    wide = Grid(values=np.array(_columns(10, 88, 2)))
    level = Grid(values=np.array(_columns(80, 10, 10)))
    state = _with_one_left(Method.EVIDENCE, 100, 1000)

    assert [200, 20, 200] == [n_to_confirm(state, grid) for grid in (narrow, wide, level)]
    assert 0 == n_to_confirm(_with_one_left(Method.EVIDENCE, 100, 100), narrow)


def test_the_cases_of_the_race_do_not_count() -> None:
    raced, unseen = _columns(0, 20, 0), _columns(10, 4, 6)
    state = replace(_with_one_left(Method.EVIDENCE, 20, 100), n_confirmed=20)

    found = confirmation(state, Grid(values=np.array(raced + unseen)), seed=0)

    assert found is not None
    assert (20, False, 1.0) == (found.n_cases, found.is_confirmed, found.p_value)
    assert found.difference == pytest.approx(-0.1)


@pytest.mark.parametrize(
    ("n_first", "n_second", "method", "is_confirmed"),
    [
        (6, 5, Method.EVIDENCE, True),
        (5, 5, Method.EVIDENCE, False),
        (6, 5, Method.HALVING, False),
        (9, 2, Method.HALVING, True),
        (8, 3, Method.HALVING, False),
    ],
)
def test_after_evidence_it_need_only_be_ahead_after_halving_by_a_test(
    n_first: int, n_second: int, method: Method, is_confirmed: bool
) -> None:
    # One-sided exact p of 9 in 11: .033; of 8 in 11: .113.
    state = replace(_with_one_left(method, 10, 100), n_confirmed=n_first + n_second + 10)
    grid = Grid(values=np.array(_columns(5, 5, 0) + _columns(10, n_first, n_second)))

    found = confirmation(state, grid, seed=0)

    assert found is not None
    assert is_confirmed is found.is_confirmed


def test_of_two_equals_the_confirmation_agrees_with_the_race_in_at_most_half() -> None:
    rng = np.random.default_rng(11)
    state = replace(_with_one_left(Method.EVIDENCE, 10, 100), n_confirmed=40)
    agreed = 0
    for _ in range(200):
        values = rng.integers(0, 2, size=(50, 2)).astype(float)
        values[:10, 0] = 1.0
        found = confirmation(state, Grid(values=values), seed=0)
        agreed += found is not None and found.is_confirmed

    assert agreed <= 100


@pytest.mark.parametrize("failed_before", [0, 20])
def test_the_runner_up_stays_who_was_asked_the_unseen_cases_whatever_it_was_asked_beside_them(
    failed_before: int,
) -> None:
    values = np.full((60, 3), np.nan)
    values[:, 0] = 1.0
    values[:30, 1] = np.arange(30) >= 6  # b left after 30 cases, 20 points behind; c after 40, 25 points behind
    values[:40, 2] = np.arange(40) >= 10
    values[:failed_before, 1] = np.nan
    beginning = replace(_with_one_left(Method.EVIDENCE, 40, 100, 3), n_asked=40)
    runners = (beginning.runners[0], replace(beginning.runners[1], left_at=30), beginning.runners[2])
    state = replace(beginning, runners=runners)
    before = Grid(values=values[:40].copy())

    values[:60, 1] = np.where(np.arange(60) < 40, 0.0, 1.0)  # the confirmation's block asks b what it lacks, too
    found = confirmation(replace(state, n_confirmed=20), Grid(values=values), seed=0)

    assert 1 == runner_up(state, before)
    assert found is not None
    assert ("b", 20) == (found.runner_up, found.n_cases)
