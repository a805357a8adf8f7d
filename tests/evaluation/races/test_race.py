"""Whole races through known answers: who leaves when, how they end, and what may be said then."""

import numpy as np
import pytest
from race_course import RaceCourse, right_with

from evaluation.races.elimination import decide, give_up
from evaluation.races.grid import Grid
from evaluation.races.outcome import Verdict, outcome
from evaluation.races.resuming import resumed
from evaluation.races.rules import Budget, Level, Method, RaceRules
from evaluation.races.state import Ending, Fate

CLEAR = right_with(0.9, 0.55, 0.5, 0.3, n_cases=300)
ALIKE = np.tile([[1.0, 1.0], [0.0, 0.0]], (200, 1))


def test_the_best_wins_is_confirmed_on_unseen_cases_and_spares_most_calls() -> None:
    course = RaceCourse(CLEAR)

    found = course.run()

    assert (Verdict.WINNER, "a", (), Ending.ONE_LEFT) == (found.verdict, found.winner, found.tied, found.ending)
    assert course.blocks[-1].is_confirmation
    assert 2 == len(course.blocks[-1].places)
    assert course.n_calls < CLEAR.size / 3
    assert found.sentence.startswith("a wins: the only one of 4 that is not shown to be worse after ")
    assert [1, 2, 3, 4] == [standing.rank for standing in found.ranking]
    assert "a" == found.ranking[0].label


def test_who_was_dropped_is_asked_nothing_more_until_the_runner_up_is() -> None:
    course = RaceCourse(CLEAR)
    course.run()

    for place, runner in enumerate(course.state.runners[1:], 1):
        n_asked = int(np.isfinite(course.seen[:, place]).sum())
        assert n_asked == runner.left_at or place in course.blocks[-1].places


def test_all_alive_are_asked_the_same_cases() -> None:
    course = RaceCourse(CLEAR)
    while (block := course.step()) is not None and not block.is_confirmation:
        assert np.isfinite(course.seen[: block.n_cases, list(block.places)]).all()


def test_every_decision_says_why_in_words_and_numbers() -> None:
    course = RaceCourse(CLEAR)
    course.run()
    dropped = [decision for decision in course.decisions if decision.fate is Fate.DROPPED]

    assert {"b", "c", "d"} == {decision.label for decision in dropped}
    for decision in dropped:
        assert "points behind a; evidence against being the best: " in decision.reason
        assert decision.evidence["evidence"] >= decision.evidence["needed"] == 20
        assert decision.evidence["difference"] < 0
    assert Fate.CONFIRMED is course.decisions[-1].fate
    assert "one-sided p " in course.decisions[-1].reason
    assert "it only has to lead" in course.decisions[-1].reason


def test_equals_end_tied_when_the_cases_are_used_up() -> None:
    course = RaceCourse(ALIKE)

    found = course.run()

    assert (Verdict.TIED, None, ("a", "b"), Ending.CASES_USED_UP) == (
        found.verdict,
        found.winner,
        found.tied,
        found.ending,
    )
    assert "No winner: the 320 cases of the race are used up, and a and b cannot be told apart" in found.sentence


def test_a_race_without_a_winner_says_how_many_more_cases_would_settle_it() -> None:
    # 50 of 250 cases are right with the first alone, 30 with the second alone: .08 apart, variance .32 − .08².
    answers = np.array(([[1.0, 0.0]] * 5 + [[0.0, 1.0]] * 3 + [[1.0, 1.0]] * 17) * 10)
    found = RaceCourse(answers, RaceRules(confirm=0)).run()

    growth = [0.2 * np.log(1 + stake) + 0.12 * np.log(1 - stake) for stake in (0.15, 0.3, 0.6, 0.95)]
    needed = next(n for n in range(10_000) if sum(np.exp(n * each) for each in growth) / 4 >= 20)
    assert 0 < needed - 250
    assert round(needed - 250, -1) == found.n_more
    assert f"about {found.n_more} more cases would tell it from b" in found.sentence
    assert RaceCourse(ALIKE).run().n_more is None


def test_a_single_case_is_said_in_the_singular() -> None:
    # Bets at .15, .3, .6 and .95 make (1.15⁷ + 1.3⁷ + 1.6⁷ + 1.95⁷) / 4 = 36 of seven cases won, and 19.7 of six.
    found = RaceCourse(np.array([[1.0, 0.0]] * 6), RaceRules(confirm=0)).run()

    assert (1, Ending.CASES_USED_UP) == (found.n_more, found.ending)
    assert "about 1 more case would tell it from b." in found.sentence


def test_two_cases_promise_no_decision_that_the_evidence_cannot_give() -> None:
    found = RaceCourse(np.array([[1.0, 0.0]] * 2), RaceRules(confirm=0)).run()

    assert 5 == found.n_more


def test_nobody_is_ahead_of_an_equal() -> None:
    assert "ahead" not in RaceCourse(np.ones((30, 2))).run().sentence


def test_of_many_that_are_tied_a_few_are_named() -> None:
    found = RaceCourse(np.ones((30, 9))).run()

    assert "9 candidates (a, b, c, d, e, f, …) cannot be told apart" in found.sentence


def test_a_race_may_end_where_a_difference_no_longer_matters() -> None:
    course = RaceCourse(ALIKE, RaceRules(margin=0.1))

    found = course.run()

    assert (Verdict.TIED, Ending.TIED_WITHIN_MARGIN) == (found.verdict, found.ending)
    assert course.state.n_asked < 320
    assert "are tied after" in found.sentence
    assert "none is better than a by 10.0 points or more" in found.sentence


def test_a_budget_of_calls_is_never_exceeded_and_ends_the_race() -> None:
    course = RaceCourse(ALIKE, RaceRules(budget=Budget(calls=100)))

    found = course.run()

    assert Ending.BUDGET_SPENT is found.ending
    assert 60 <= course.n_calls <= 100
    assert "the budget is spent" in found.sentence


def test_halving_keeps_the_better_half_of_every_round_and_tests_the_winner() -> None:
    course = RaceCourse(right_with(0.95, 0.55, 0.5, 0.5, 0.4, 0.3, n_cases=400), RaceRules(method=Method.HALVING))

    found = course.run()

    assert [6, 3, 2, 2] == [len(block.places) for block in course.blocks]
    assert (Verdict.WINNER, "a") == (found.verdict, found.winner)
    assert found.confirmation is not None
    assert found.confirmation.p_value <= 0.05 == found.confirmation.needed
    assert "p must be at most 0.05" in course.decisions[-1].reason


def test_halving_names_no_winner_that_unseen_cases_do_not_confirm() -> None:
    course = RaceCourse(right_with(0.62, 0.6, n_cases=100), RaceRules(method=Method.HALVING))

    found = course.run()

    assert (Verdict.TIED, None) == (found.verdict, found.winner)
    assert {"a", "b"} == set(found.tied)
    assert "came first, but on " in found.sentence


def test_a_round_that_the_budget_cuts_short_drops_nobody() -> None:
    course = RaceCourse(
        right_with(0.9, 0.6, 0.5, 0.4, n_cases=200), RaceRules(method=Method.HALVING, budget=Budget(calls=80))
    )

    found = course.run()

    assert (Ending.BUDGET_SPENT, 4) == (found.ending, len(found.tied))
    assert {Fate.KEPT} == {decision.fate for decision in course.decisions}


def test_without_a_confirmation_the_last_one_is_not_called_the_winner() -> None:
    found = RaceCourse(CLEAR, RaceRules(confirm=0)).run()

    assert (Verdict.UNCONFIRMED, None, Ending.ONE_LEFT) == (found.verdict, found.winner, found.ending)
    assert "it was not confirmed on unseen cases" in found.sentence


def test_levels_decide_only_at_their_ends() -> None:
    levels = (Level(name="smoke", n_cases=40), Level(name="full", n_cases=None))
    course = RaceCourse(CLEAR, RaceRules(levels=levels))
    course.run()

    assert ["smoke", "full", "confirmation"][: len(course.blocks) - 1] == [block.name for block in course.blocks[:-1]]
    assert 40 == course.blocks[0].n_cases


def test_a_candidate_that_could_not_be_asked_leaves_with_its_servers_reason_and_comes_last() -> None:
    course = RaceCourse(CLEAR)
    course.step()
    state, decisions = give_up(course.state, {"key 0": "model could not be loaded", "key 9": "unknown"})

    assert [("a", Fate.GIVEN_UP, "given up: model could not be loaded")] == [
        (decision.label, decision.fate, decision.reason) for decision in decisions
    ]
    course.state = state
    found = course.run()
    assert "a" == found.ranking[-1].label
    assert found.ranking[-1].is_given_up


def test_where_everybody_is_given_up_nobody_has_won() -> None:
    course = RaceCourse(ALIKE)
    course.step()
    state, _ = give_up(course.state, {"key 0": "gone", "key 1": "gone"})

    found = outcome(state, course.grid, seed=0)

    assert (Verdict.NOBODY, Ending.NOBODY_LEFT, None) == (found.verdict, found.ending, found.winner)


@pytest.mark.parametrize("rules", [RaceRules(), RaceRules(method=Method.HALVING), RaceRules(margin=0.2)])
@pytest.mark.parametrize("stop_after", [0, 1, 2, 3, 99])
def test_a_race_that_is_read_from_its_decisions_goes_on_as_if_it_had_never_stopped(
    rules: RaceRules, stop_after: int
) -> None:
    answers = right_with(0.8, 0.7, 0.6, 0.6, 0.5, n_cases=300)
    whole, broken = RaceCourse(answers, rules), RaceCourse(answers, rules)
    for _ in range(stop_after):
        broken.step()

    broken.state = resumed(broken.beginning, broken.decisions, Grid(values=broken.seen))

    assert whole.run() == broken.run()
    assert whole.decisions == broken.decisions
    assert whole.n_calls == broken.n_calls


def test_a_difference_is_said_in_the_metrics_own_unit() -> None:
    course = RaceCourse(CLEAR)
    course.step()
    grid = Grid(values=course.grid.values, span=5.0, worst=1.0)

    _, decisions = decide(course.state, grid)

    assert all("points" not in decision.reason for decision in decisions)
    assert 3.5 == grid.in_unit(0.5)
