from dataclasses import replace

import numpy as np
from scored_tables import named, scored, standing_of

from evaluation.records.evidence import Choosable
from selection.choosing.choice import choose
from selection.choosing.explanation import explanation_of, reason_of
from selection.preferences import Constraints, Question, Weights
from selection.scoreboard import Scoreboard, TaskStanding
from selection.scoreboards.building import build_scoreboard


def _board(standing: TaskStanding, candidates: tuple[Choosable, ...]) -> Scoreboard:
    return Scoreboard(candidates=candidates, standings={"qa": standing}, overall=standing, fingerprint="x")


TEST = "paired t over all measured runs, Holm over 2 pairs"
THREE = (named("a", memory_bytes=9e9), named("b", memory_bytes=4e9), named("c", memory_bytes=2e9))


def test_the_reason_says_what_is_expected_and_how_far_the_next_is_behind() -> None:
    choice = choose(_board(standing_of([0.7, 0.6, 0.5]), THREE), Question(task="qa"))
    assert (
        f"a is expected at 70.0 % [64.1, 75.9] on qa (200 cases); 10.0 points better than b (p < .0001; {TEST})."
        == reason_of(choice)
    )


def test_the_reason_names_a_tie_and_by_what_it_was_broken_and_what_was_ruled_out() -> None:
    standing = replace(
        standing_of([0.62, 0.616, 0.5]), cost_usd=np.array([2e-3, 1.5e-3, 1e-3]), cost_se=np.full(3, 1e-5)
    )
    wish = Constraints(max_memory_gb=10, min_quality=0.55)
    assert (
        "b is expected at 61.6 % [55.7, 67.5] on qa (200 cases); 0.4 points below a (p = .842; paired t over all "
        "measured runs); tied with a, named as the cheapest within 0.5 points of the best ($1.5 against $2 for 1,000 "
        "answers). Ruled out: 1 because of the minimum quality (c: is expected at 50 %, under 55 %)."
        == reason_of(choose(_board(standing, THREE), Question(task="qa", constraints=wish)))
    )


def test_the_reason_says_whose_lead_it_is_where_the_named_one_is_not_the_first() -> None:
    reason = reason_of(choose(_board(standing_of([0.62, 0.616, 0.5]), THREE), Question(task="qa")))
    assert "b is expected at 61.6 %" in reason
    assert f"; a is 12.0 points better than c (p < .0001; {TEST}); tied with a, named as the smallest within" in reason


def test_the_highest_of_the_tied_is_named_for_its_estimate() -> None:
    assert "tied with b, named for the highest estimate." in reason_of(
        choose(_board(standing_of([0.62, 0.61]), THREE[:2]), Question(task="qa", on_tie="best"))
    )


def test_points_of_utility_are_called_so() -> None:
    standing = replace(
        standing_of([0.6, 0.6]), latency_s=np.array([[8.0] * 101, [1.0] * 101]), n_timed=np.array([99, 99])
    )
    reason = reason_of(choose(_board(standing, THREE[:2]), Question(task="qa", weights=Weights(latency=3))))
    assert "9 points of utility better than a (p = " in reason or "9 points of utility better than a (p <" in reason


def test_the_only_one_is_called_so() -> None:
    assert "the only measured candidate." in reason_of(
        choose(_board(standing_of([0.6]), THREE[:1]), Question(task="qa"))
    )


def test_one_that_got_nothing_right_is_said_to_have() -> None:
    quality = np.zeros((2, 40))
    board = build_scoreboard(scored(quality, candidates=THREE[:2]))
    assert "scores 0.0 % on qa (40 cases), where no answer scored above 0; expected: 0.0 %" in reason_of(
        choose(board, Question(task="qa"))
    )
    quality[:, 0] = 1
    board = build_scoreboard(scored(quality, candidates=THREE[:2]))
    assert "scores 2.5 % on qa (40 cases); expected: " in reason_of(choose(board, Question(task="qa")))


def test_an_abstention_says_what_is_missing() -> None:
    choice = choose(_board(standing_of([0.6]), THREE[:1]), Question(task="code"))
    assert "No candidate is named: nothing was measured on a task 'code'; measured: qa." == reason_of(choice)


def test_a_rule_says_that_it_was_one() -> None:
    board = _board(standing_of([0.6, 0.5]), THREE[:2])
    reason = reason_of(choose(board, Question(task="code", on_little_evidence="rules")))
    assert reason.startswith("a is expected at 60.0 % [54.1, 65.9] over the measured tasks (200 cases)")
    assert reason.endswith("Named by rule, since nothing was measured on a task 'code'; measured: qa.")
    nothing = build_scoreboard(scored(np.full((2, 1), np.nan), candidates=THREE[:2]))
    assert (
        "a is named by rule: the largest model that meets the constraints; there is no evidence that it is the best. "
        "Before that: no task was measured yet." == reason_of(choose(nothing, Question(on_little_evidence="rules")))
    )


def test_the_explanation_has_a_line_for_every_candidate() -> None:
    standing = replace(standing_of([0.7, 0.696, 0.5, 0.9]), n_measured=np.array([200, 200, 200, 3]))
    lines = explanation_of(choose(_board(standing, (*THREE, named("d"))), Question(task="qa"))).splitlines()
    assert "By utility:" == lines[1]
    assert lines[2].startswith("  1. a: 70.0 % [64.1, 75.9], 9 GB of memory (Pareto)")
    assert lines[3].startswith("  2. b: 69.6 % [63.7, 75.5], 4 GB of memory (chosen, tied with a, p = .84")
    worse = "  3. c: 50.0 % [44.1, 55.9], 2 GB of memory (20.0 points [15.5, 24.5] behind a, p < .0001 on 200 pairs"
    assert lines[4].startswith(worse)
    assert ["Ruled out:", "  d: not_measured, was measured on 3 cases; 10 are needed"] == lines[5:]


def test_a_quality_that_is_no_fraction_is_no_percentage() -> None:
    standing = replace(standing_of([3.9, 3.2], se=0.1), lowest=-np.inf, highest=np.inf)
    assert (
        "a is expected at 3.9 [3.70, 4.10] on qa (200 cases); 0.7 better than b "
        "(p < .0001; paired t over all measured runs)."
        == reason_of(choose(_board(standing, THREE[:2]), Question(task="qa")))
    )


def test_names_that_look_like_formats_or_markup_stand_as_they_are() -> None:
    hostile = (named("{0} %s [bold]x[/bold] <b>"), named("$(x)\n| y"))
    board = Scoreboard(
        candidates=hostile,
        standings={"{task}%": standing_of([0.7, 0.5])},
        overall=standing_of([0.7, 0.5]),
        fingerprint="x",
    )
    choice = choose(board, Question(task="{task}%"))
    assert all(one.label in explanation_of(choice) for one in hostile)
    assert "on {task}% (200 cases)" in reason_of(choice)


def test_of_those_that_take_as_little_the_highest_estimate_decides_and_it_is_said() -> None:
    three = (named("a", memory_bytes=1e6), named("b", memory_bytes=1e6), named("c", memory_bytes=3e8))

    reason = reason_of(choose(_board(standing_of([0.619, 0.617, 0.62]), three), Question(task="qa")))

    assert reason.startswith("a is expected at 61.9 %")
    assert (
        "named as the smallest within 0.5 points of the best (next to nothing against 0.3 GB of memory), and of those "
        "alike for the highest estimate."
    ) in reason
