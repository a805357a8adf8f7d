import numpy as np
import pytest

from evaluation.errors import SelectionError
from selection.budgets.allocation import allocate
from selection.budgets.pacing import Pacer

COST = np.array([0.01, 0.05, 0.2])


def stream(n, seed=5):
    return np.random.default_rng(seed).random((n, 3)) * [0.4, 0.7, 1.0]


def walk(pacer, quality, n=None):
    """The choices, with what had been spent after each."""
    choices = [pacer.choose(row, COST) for row in quality[:n]]
    return np.array(choices), np.cumsum(COST[choices])


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_stream_of_known_length_keeps_its_budget_to_the_last_question(share, seed):
    n = 300
    budget = n * (COST[0] + share * (COST[-1] - COST[0]))
    _, taken = walk(Pacer(budget, n_expected=n), stream(n, seed))
    assert taken[-1] <= budget * (1 + 1e-9)


def test_a_stream_of_known_length_gets_nearly_what_is_had_when_all_is_known_before():
    quality, n = stream(400), 400
    budget = n * 0.06
    choices, taken = walk(Pacer(budget, n_expected=n), quality)
    rows = np.arange(n)
    at_once = allocate(quality, np.tile(COST, (n, 1)), budget)
    assert quality[rows, choices].sum() >= 0.97 * quality[rows, at_once].sum()
    assert taken[-1] >= 0.97 * budget


def test_it_spends_evenly_and_not_all_at_the_beginning():
    n = 400
    _, taken = walk(Pacer(n * 0.06, n_expected=n), stream(n))
    assert 0.35 <= taken[n // 2] / taken[-1] <= 0.65


def test_equal_questions_spend_the_whole_budget_too():
    n, quality = 100, np.tile([0.2, 0.6, 0.9], (100, 1))
    _, taken = walk(Pacer(10.0, n_expected=n), quality)
    assert 10.0 - 0.2 <= taken[-1] <= 10.0


def test_a_budget_for_the_cheapest_alone_gets_the_cheapest_alone():
    choices, _ = walk(Pacer(100 * COST[0], n_expected=100), stream(100))
    assert {0} == set(choices.tolist())


def test_a_stream_of_unknown_length_never_overspends_and_ends_with_an_error_that_says_so():
    pacer = Pacer(5.0)
    with pytest.raises(SelectionError, match="the budget is spent"):
        walk(pacer, stream(2_000))
    assert pacer.left_usd >= -1e-9
    assert pacer.n_seen > 100


def test_a_stream_of_unknown_length_keeps_something_for_as_many_again():
    pacer = Pacer(50.0)
    _, taken = walk(pacer, stream(400))
    assert taken[399] < 50
    assert pacer.left_usd > 0.1 * 50


def test_what_answers_really_took_moves_what_is_left():
    pacer = Pacer(1.0, n_expected=10)
    pacer.choose(np.array([0.1, 0.2, 0.3]), COST)
    left = pacer.left_usd
    pacer.give_back(-0.05)
    assert left - 0.05 == pytest.approx(pacer.left_usd)


def test_more_questions_than_were_said_are_served_from_what_is_left():
    pacer = Pacer(2.0, n_expected=10)
    _, taken = walk(pacer, stream(10))
    assert taken[-1] <= 2.0 * (1 + 1e-9)
    pacer.give_back(1.0)
    assert pacer.choose(np.array([0.1, 0.2, 0.3]), COST) in (0, 1, 2)
