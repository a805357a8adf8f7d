from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored_tables import named, scored, standing_of

from evaluation.records.evidence import OwnFailures
from selection.choosing.choice import choose
from selection.learning.policy import ServedPolicy, TieRule
from selection.preferences import OnTie, Question
from selection.scoreboard import Deviations, Scoreboard
from selection.scoreboards.building import build_scoreboard

NAMES = "abcdefgh"


def random_board(rng: np.random.Generator) -> Scoreboard:
    n = int(rng.integers(2, 8))
    standing = replace(
        standing_of(rng.uniform(0.4, 0.45, n)),
        cost_usd=np.where(rng.random(n) < 0.8, 10 ** rng.uniform(-5, -2, n), np.nan),
        energy_j=np.round(rng.uniform(1, 3, n)),
        latency_s=np.repeat(rng.uniform(0.1, 3, n)[:, None], 101, axis=1),
        n_timed=np.full(n, 200),
    )
    standing.n_pairs[0, -1] = standing.n_pairs[-1, 0] = 3
    programs = rng.random(n) < rng.choice([0.0, 0.4])
    n_failed = np.where(rng.random(n) < rng.choice([0.0, 0.4]), 95, 5)
    n_failed[int(rng.integers(n))] = 5
    candidates = tuple(
        named(
            f"{'baseline-' if programs[at] else ''}{NAMES[at]}",
            memory_bytes=float(rng.integers(1, 4)) * 1e9,
            own_failures={"qa": OwnFailures(n=int(n_failed[at]), of_n=100, kind="pipeline_failed")},
        )
        for at in range(n)
    )
    return Scoreboard(candidates=candidates, standings={"qa": standing}, overall=standing, fingerprint="x")


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    on_tie=st.sampled_from(["cheapest", "fastest", "best"]),
    tolerance=st.sampled_from([0.0, 0.5, 3.0]),
)
def test_a_training_is_judged_by_the_choices_that_are_served(seed: int, on_tie: OnTie, tolerance: float) -> None:
    rng = np.random.default_rng(seed)
    board = random_board(rng)
    n = len(board.candidates)
    moved = rng.normal(0, 0.02, (20, n)) * (rng.random((20, 1)) < 0.8)
    errors = np.where(moved == 0, 0.0, rng.choice([1e-4, 0.003, 0.1], (20, 1)))
    expected = board.standings["qa"].quality + moved
    policy = ServedPolicy(board=board, rule=TieRule(on_tie=on_tie, tolerance=tolerance))
    places = policy.named(np.array(["qa"] * 20), np.full((20, n), 0.5), expected, errors)
    served = [
        choose(
            board, Question(task="qa", on_tie=on_tie, tolerance=tolerance), deviations=Deviations(value=row, se=se)
        ).chosen
        for row, se in zip(moved, errors, strict=True)
    ]
    assert [one.key for one in served if one] == [board.candidates[at].key for at in places.tolist()]


def test_only_those_who_were_asked_a_case_and_can_be_called_are_named_for_it() -> None:
    quality = np.tile([[1.0], [0.5], [0.0]], (1, 40))
    quality[0, :20] = np.nan
    candidates = (named("a"), named("b", not_ready="retired"), named("c"))
    evidence = scored(quality, candidates=candidates)
    policy = ServedPolicy(board=build_scoreboard(evidence), rule=TieRule(on_tie="best"))
    values, expected = quality.T, np.tile([0.9, 0.8, 0.1], (40, 1))
    places = policy.named(np.array(["qa"] * 40), values, expected)
    assert [2] * 20 + [0] * 20 == places.tolist()


def test_one_that_nearly_always_fails_by_itself_is_not_named_on_that_task_as_when_serving() -> None:
    fails = {"qa": OwnFailures(n=95, of_n=100, kind="pipeline_failed")}
    quality = np.tile([[1.0], [0.5]], (1, 80))
    evidence = scored(
        quality, tasks=["qa"] * 40 + ["law"] * 40, candidates=(named("a", own_failures=fails), named("b"))
    )
    policy = ServedPolicy(board=build_scoreboard(evidence), rule=TieRule(on_tie="best"))
    places = policy.named(np.array(["qa"] * 40 + ["law"] * 40), quality.T, np.tile([0.9, 0.5], (80, 1)))
    assert [1] * 40 + [0] * 40 == places.tolist()


def test_where_nothing_is_known_of_those_who_were_asked_one_of_them_is_named() -> None:
    board = build_scoreboard(scored(np.tile([[1.0], [0.5]], (1, 40))))
    values, expected = np.array([[np.nan, 0.5]]), np.array([[0.9, np.nan]])
    assert [0.5] == ServedPolicy(board=board).reached(np.array(["qa"]), values, expected).tolist()


@pytest.mark.parametrize(("on_tie", "place"), [("cheapest", 1), ("best", 0)])
def test_prices_decide_among_those_near_the_best_alone(on_tie: OnTie, place: int) -> None:
    price = np.array([[3e-3], [1e-3], [1e-5]])
    evidence = scored(np.tile([[1.0], [1.0], [0.0]], (1, 40)), cost_usd=price)
    policy = ServedPolicy(board=build_scoreboard(evidence), rule=TieRule(on_tie=on_tie))
    expected = np.array([[0.900, 0.896, 0.890]])
    assert [place] == policy.named(np.array(["qa"]), np.ones((1, 3)), expected).tolist()


def test_a_program_is_named_where_it_beats_every_model_and_left_out_where_it_may_be_chance() -> None:
    right = np.arange(60) % 10
    quality = np.array([right < 9, right < 4, right < 3], dtype=np.float64)
    candidates = (named("baseline-lead"), named("model"), named("other"))
    board = build_scoreboard(scored(quality, candidates=candidates))
    policy = ServedPolicy(board=board, rule=TieRule(on_tie="best"))
    tasks, values = np.array(["qa"] * 3), np.ones((3, 3))
    expected = np.tile(board.standings["qa"].quality, (3, 1))
    expected[2] -= [0.6, 0.0, 0.0]
    errors = np.array([[0.0] * 3, [0.4] * 3, [0.0] * 3])
    assert [0, 1, 1] == policy.named(tasks, values, expected, errors).tolist()
    assert [0, 0, 1] == policy.named(tasks, values, expected).tolist()
