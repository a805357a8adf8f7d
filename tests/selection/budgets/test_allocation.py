import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import SelectionError
from selection.budgets.allocation import allocate, at_multiplier, smallest_multiplier, spent, steepest

QUALITY = np.array([[0.2, 0.5, 0.9], [0.2, 0.8, 0.9]])
COST = np.array([[0.0, 1.0, 3.0], [0.0, 1.0, 3.0]])


def pool(seed, n=6, m=3):
    rng = np.random.default_rng(seed)
    return rng.random((n, m)), rng.random((n, m)) + 0.01


def total(quality, choices):
    return float(quality[np.arange(len(choices)), choices].sum())


def test_at_no_price_the_best_is_chosen_and_at_any_price_the_cheapest():
    assert [2, 2] == at_multiplier(QUALITY, COST, 0.0).tolist()
    assert [0, 0] == at_multiplier(QUALITY, COST, math.inf).tolist()


def test_at_a_price_each_question_gets_what_is_worth_it():
    assert [0, 1] == at_multiplier(QUALITY, COST, 0.4).tolist()


def test_of_equals_the_cheaper_is_chosen():
    assert [1] == at_multiplier(np.array([[0.7, 0.7]]), np.array([[2.0, 1.0]]), 0.0).tolist()


def test_a_worked_example_spends_where_a_dollar_buys_most():
    # .6 a dollar for the second question's middle candidate, .3 for the first one's, .2 and .05 for the dearest.
    assert [0, 1] == allocate(QUALITY, COST, 1.5).tolist()
    assert [1, 1] == allocate(QUALITY, COST, 2.0).tolist()
    assert [2, 1] == allocate(QUALITY, COST, 4.0).tolist()
    assert [2, 2] == allocate(QUALITY, COST, 100.0).tolist()


def test_equal_questions_share_a_budget_that_is_enough_for_some_of_them():
    quality, cost = np.tile([0.2, 0.9], (10, 1)), np.tile([1.0, 2.0], (10, 1))
    assert 4 == allocate(quality, cost, 14.9).sum()


def test_too_small_a_budget_names_what_is_needed():
    with pytest.raises(SelectionError, match=r"not enough for 2 prompts.*\$2") as caught:
        allocate(QUALITY, COST + 1, 1.9)
    assert "at least $2" in str(caught.value.next_step)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0, 1))
def test_the_budget_is_kept_and_the_optimum_missed_by_at_most_one_choice(seed, share):
    quality, cost = pool(seed)
    least = cost.min(axis=1).sum()
    budget = least + share * (cost.max(axis=1).sum() - least)
    choices = allocate(quality, cost, budget)
    rows = np.arange(len(quality))
    best = max(
        total(quality, np.array(picks))
        for picks in product(range(3), repeat=len(quality))
        if cost[rows, picks].sum() <= budget * (1 + 1e-12)
    )
    assert spent(cost, choices) <= budget * (1 + 1e-9)
    largest_step = (quality.max(axis=1) - quality.min(axis=1)).max()
    assert best - largest_step - 1e-9 <= total(quality, choices) <= best + 1e-9


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_more_money_never_buys_less(seed):
    quality, cost = pool(seed, n=30, m=5)
    budgets = np.linspace(cost.min(axis=1).sum() * (1 + 1e-9), cost.max(axis=1).sum(), 8)
    multipliers = [smallest_multiplier(quality, cost, budget) for budget in budgets]
    assert sorted(multipliers, reverse=True) == multipliers
    totals = [total(quality, at_multiplier(quality, cost, one)) for one in multipliers]
    assert sorted(totals) == pytest.approx(totals)


def test_above_the_steepest_price_everybody_gets_the_cheapest():
    quality, cost = pool(7)
    choices = at_multiplier(quality, cost, steepest(quality, cost) * 1.001)
    assert cost.argmin(axis=1).tolist() == choices.tolist()


def test_where_all_is_free_the_best_is_taken():
    assert [2, 2] == allocate(QUALITY, np.zeros_like(QUALITY), 0.0).tolist()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 6), share=st.floats(0, 1))
def test_no_single_candidate_that_the_budget_pays_for_is_better(seed, n, share):
    rng = np.random.default_rng(seed)
    quality, cost = np.tile(rng.random(4), (n, 1)), np.tile(rng.random(4) + 0.01, (n, 1))
    budget = float(cost.min() + share * np.ptp(cost)) * n
    singles = quality.sum(axis=0)[cost.sum(axis=0) <= budget]
    assert total(quality, allocate(quality, cost, budget)) >= singles.max(initial=0.0) - 1e-9
