import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

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
    pacer = Pacer(5.0, per_question_usd=0.025)
    with pytest.raises(SelectionError, match=r"the budget is spent after \d+ prompts"):
        walk(pacer, stream(2_000))
    assert pacer.left_usd >= -1e-9
    assert pacer.n_seen >= 200


def test_a_stream_of_unknown_length_spends_as_its_questions_bring_money_and_never_before():
    choices, taken = walk(Pacer(None, per_question_usd=0.06), stream(400))
    brought = 0.06 * np.arange(1, 401)
    assert (taken <= brought * (1 + 1e-9)).all()
    assert taken[-1] >= 0.95 * brought[-1]
    assert {0, 1, 2} == set(choices.tolist())


def test_what_floats_leave_over_is_told_as_nothing():
    pacer, cost = Pacer(0.3, n_expected=3), np.array([0.1])
    for _ in range(3):
        pacer.choose(np.array([0.5]), cost)
    assert pacer.left_usd != 0
    with pytest.raises(SelectionError, match=r"\$0 are left"):
        pacer.choose(np.array([0.5]), cost)


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


def alike(seed):
    """One row of random candidates, whose prices span three orders of magnitude."""
    rng = np.random.default_rng(seed)
    n_candidates = int(rng.integers(2, 9))
    return rng.uniform(0.3, 0.95, n_candidates), 10 ** rng.uniform(-5, -2, n_candidates)


def mean_quality(rows, cost, budget):
    """What a stream of known length gets, and what a plan for all of it gets."""
    pacer, places = Pacer(budget, n_expected=len(rows)), np.arange(len(rows))
    chosen = [pacer.choose(row, cost) for row in rows]
    at_once = allocate(rows, np.tile(cost, (len(rows), 1)), budget)
    return rows[places, chosen].mean(), rows[places, at_once].mean()


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.sampled_from([7, 40, 60]))
def test_a_stream_of_like_questions_gets_what_a_plan_gets_at_any_budget_and_never_less_for_more_money(seed, n):
    quality, cost = alike(seed)
    rows, before = np.tile(quality, (n, 1)), 0.0
    one_question = float(np.ptp(quality)) / n
    for share in (0.0, 0.02, 0.1, 0.2, 0.45, 0.8, 1.0):
        budget = n * (cost.min() + share * (cost.max() - cost.min()))
        streamed, planned = mean_quality(rows, cost, budget)
        affordable = quality[n * cost <= budget * (1 + 1e-12)]
        assert streamed >= planned - one_question - 1e-9
        assert streamed >= before - one_question - 1e-9
        assert streamed >= affordable.max() - one_question - 1e-9
        before = streamed


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), noise=st.sampled_from([0.0, 0.08]))
def test_a_stream_of_any_length_with_money_for_each_is_never_refused_nor_gets_less_for_more_money(seed, noise):
    quality, cost = alike(seed)
    rows = (quality + noise * np.random.default_rng(seed).normal(size=(200, len(quality)))).clip(0, 1)
    before = {20: 0.0, 60: 0.0, 200: 0.0}
    for share in (0.0, 0.02, 0.1, 0.2, 0.45, 0.8, 1.0):
        each = cost.min() + share * (cost.max() - cost.min())
        pacer = Pacer(None, per_question_usd=each)
        chosen = [pacer.choose(row, cost) for row in rows]
        assert (np.cumsum(cost[chosen]) <= each * np.arange(1, 201) * (1 + 1e-9)).all()
        for n, poorer in before.items():
            streamed = rows[np.arange(n), chosen[:n]].mean()
            one_question = float((rows[:n].max(axis=1) - rows[:n].min(axis=1)).max()) / n
            assert streamed >= rows[:n, cost <= each * (1 + 1e-12)].mean(axis=0).max() - one_question - 1e-9
            assert streamed >= poorer - one_question - 1e-9
            if not noise:
                planned = rows[np.arange(n), allocate(rows[:n], np.tile(cost, (n, 1)), n * each)].mean()
                assert streamed >= planned - 2 * one_question - 1e-9
            before[n] = streamed


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_stream_of_different_questions_gets_little_less_than_a_plan_that_knows_them_all(seed):
    quality, cost = alike(seed)
    rows = (quality + np.random.default_rng(seed).normal(0, 0.08, (200, len(quality)))).clip(0, 1)
    for share in (0.05, 0.3, 0.7):
        streamed, planned = mean_quality(rows, cost, 200 * (cost.min() + share * (cost.max() - cost.min())))
        # Where a budget pays for few dear answers, nobody knows whether a prompt worth more is still to come.
        assert streamed >= planned - 0.03


def test_the_cheap_of_two_that_a_budget_lies_between_is_not_asked_alone():
    # The gap that was seen before: until enough was saved for a dear one, the cheap one got every question.
    rows, cost = np.tile([0.5, 0.75, 0.92], (200, 1)), np.array([1e-5, 6e-5, 5e-3])
    by_budget = [mean_quality(rows, cost, 200 * budget)[0] for budget in (1e-4, 2.5e-4, 5e-4, 2.2e-3)]
    assert sorted(by_budget) == by_budget
    assert by_budget[0] >= 0.75


def best_without_foresight(n, budget, mean, spread):
    """The most that any policy gains on average which learns of each question when it comes (dynamic programming).

    Questions gain a normal amount from a dear answer; `budget` of `n` get one.
    """
    value = np.zeros(budget + 1)
    for _ in range(n):
        least = value[1:] - value[:-1]
        apart = (mean - least) / spread
        taken = least + (mean - least) * norm.cdf(apart) + spread * norm.pdf(apart)
        value = np.concatenate([value[:1], value[:-1] + taken])
    return value[-1] / n


@pytest.mark.parametrize("n_dear", [1, 2])
def test_a_short_stream_of_very_unlike_questions_does_nearly_as_well_as_any_can_that_knows_none_before(n_dear):
    rng, n, mean, spread = np.random.default_rng(n_dear), 20, 0.1, 0.28
    cost, gained = np.array([0.0, 1.0]), []

    def drawn(size):
        return np.stack([np.full(size, 0.4), 0.4 + rng.normal(mean, spread, size)], axis=1)

    for _ in range(30):
        typical, rows = [(row, cost) for row in drawn(128)], drawn(n)
        pacer = Pacer(n_dear, n_expected=n, typical=typical)
        gained.append(rows[np.arange(n), [pacer.choose(row, cost) for row in rows]].mean() - 0.4)
    error = np.std(gained, ddof=1) / np.sqrt(len(gained))
    assert np.mean(gained) >= best_without_foresight(n, n_dear, mean, spread) - 0.004 - 2 * error


def gained(quality, cost, budget, n_typical=0):
    """Mean quality of a stream; the first questions are known before it begins."""
    typical, asked = quality[:n_typical], quality[n_typical:]
    pacer = Pacer(budget, n_expected=len(asked), typical=[(row, cost) for row in typical])
    return float(np.mean([row[pacer.choose(row, cost)] for row in asked]))


@pytest.mark.parametrize("noise", [0.0, 0.002])
def test_an_answer_that_takes_as_much_as_all_others_together_is_not_paid_for_with_theirs(noise):
    cost, n_typical = np.array([1e-5, 1e-3, 0.12]), 48 if noise else 0
    quality = [0.3, 0.7, 0.8] + noise * np.random.default_rng(3).normal(size=(100 + n_typical, 3))
    of_the_middle = float(quality[n_typical:, 1].mean())
    found = [gained(quality, cost, 0.1 + 0.12 * part, n_typical) for part in (0.0, 0.3, 0.6, 0.75, 0.9, 1.5)]
    assert min(found) > of_the_middle - 0.003
    assert min(np.diff(found)) > -0.003


def test_of_few_questions_that_need_the_dear_one_hardly_any_goes_without_while_there_is_money_left():
    cost, below = np.array([1e-4, 1e-3, 1e-2]), []
    for seed in range(5):
        is_hard = np.random.default_rng(seed).random((178, 1)) < 0.3
        quality = np.where(is_hard, [0.1, 0.3, 0.9], [0.9, 0.92, 0.93])
        asked = quality[78:]
        planned = asked[np.arange(100), allocate(asked, np.tile(cost, (100, 1)), 0.3)].mean()
        below.append(planned - gained(quality, cost, 0.3, n_typical=78))
    assert np.mean(below) < 0.006
