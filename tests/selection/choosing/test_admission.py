"""Whoever is named, no other feasible one beats it in all that is known, and it is a model if any may be named."""

import math
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scored_tables import named, scored

from selection.answers import Ranked
from selection.choosing import admission
from selection.choosing.admission import beaten
from selection.choosing.choice import choose
from selection.choosing.choice_types import Choice
from selection.choosing.explanation import reason_of
from selection.preferences import Constraints, OnTie, Question, Weights
from selection.scoreboard import Deviations
from selection.scoreboards.building import build_scoreboard
from selection.scoreboards.two_way import Matrix

N_CASES = 24


def _takes(one: Ranked) -> list[float]:
    expected = (one.latency_s, one.cost_per_1k, one.energy_j)
    known = [math.inf if each is None else each.value for each in expected]
    return [-one.quality.value, *known, math.inf if one.memory_gb is None else one.memory_gb]


def _beats(one: Ranked, other: Ranked) -> bool:
    mine, theirs = _takes(one), _takes(other)
    return mine != theirs and all(a <= b for a, b in zip(mine, theirs, strict=True))


def _random_choice(seed: int, on_tie: OnTie, *, weights: Weights | None = None, for_prompt: bool = False) -> Choice:
    """Of two to seven candidates, most of them alike in something; of each thing something may be unknown."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 8))
    levels = rng.choice([0.5, 0.6, 0.9], n)
    quality = (rng.random((n, N_CASES)) < levels[:, None]).astype(float)
    if rng.random() < 0.5:
        quality[1] = quality[0]
    quality[rng.random(quality.shape) < rng.choice([0.0, 0.2])] = np.nan
    takes = rng.choice([0.36, 1.08, np.nan], (3, n, 1), p=[0.45, 0.45, 0.1])
    sizes = rng.choice([1e9, 1.02e9, 8e9, 0], n)
    evidence = scored(
        quality,
        candidates=[named("zyxwvutsrq"[i], memory_bytes=float(size) or None) for i, size in enumerate(sizes)],
        latency_s=takes[0],
        cost_usd=takes[1],
        energy_j=takes[2],
    )
    deviations = Deviations(value=rng.choice([-0.1, 0.0, 0.1], n), se=np.full(n, 0.02)) if for_prompt else None
    board = build_scoreboard(evidence)
    return choose(
        board, Question(task="qa", on_tie=on_tie, weights=weights or Weights()), deviations=deviations, min_cases=1
    )


@pytest.mark.parametrize("on_tie", ["cheapest", "fastest", "best"])
@pytest.mark.parametrize("for_prompt", [False, True])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_nobody_is_named_whom_another_beats_in_all_that_is_known(seed: int, on_tie: OnTie, for_prompt: bool) -> None:
    choice = _random_choice(seed, on_tie, for_prompt=for_prompt)
    winner = choice.winner
    assert winner is not None
    assert [] == [one.candidate.label for one in choice.alternatives if _beats(one, winner)]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_alternative_stands_before_one_that_beats_it(seed: int) -> None:
    ranked = _random_choice(seed, "cheapest", weights=Weights(latency=1, cost=0.5)).ranked
    assert not [
        (before.candidate.label, after.candidate.label)
        for place, before in enumerate(ranked)
        for after in ranked[place + 1 :]
        if _beats(after, before)
    ]


@pytest.mark.parametrize("on_tie", ["cheapest", "fastest", "best"])
@pytest.mark.parametrize("fast", [0, 1])
def test_of_two_exactly_tied_the_faster_is_named_and_it_is_said(on_tie: OnTie, fast: int) -> None:
    scores = np.array([0.0, 1.0] * 20)
    seconds = np.array([[1.08], [1.08]])
    seconds[fast] = 0.36
    evidence = scored([scores, scores], latency_s=seconds)

    choice = choose(build_scoreboard(evidence), Question(task="qa", on_tie=on_tie))

    assert "ab"[fast] == (choice.chosen and choice.chosen.label)
    assert "fastest" in reason_of(choice)


def _with_a_program(program: float, models: tuple[float, ...], **wishes: Any) -> Choice:
    rng = np.random.default_rng(4)
    order = rng.permutation(40)
    rows = [[float(order[case] < 40 * level) for case in range(40)] for level in (program, *models)]
    labels = ["baseline-lead", *(f"model-{i}" for i in range(len(models)))]
    candidates = [named(label, memory_bytes=8e9 * (label != "baseline-lead")) for label in labels]
    evidence = scored(rows, candidates=candidates, latency_s=np.array([[0.01], *([2.0] for _ in models)]))
    return choose(build_scoreboard(evidence), Question(task="qa", **wishes))


@pytest.mark.parametrize("program", [0.45, 0.5, 0.55])
def test_a_program_that_is_tied_with_a_model_is_not_named_and_a_note_says_what_that_means(program: float) -> None:
    choice = _with_a_program(program, (0.5, 0.2))
    assert "model-0" == (choice.chosen and choice.chosen.label)
    assert "baseline-lead" in choice.tied
    assert any(note.startswith("baseline-lead is a program that does as well") for note in choice.notes)


def test_a_program_that_beats_every_model_is_named_and_it_is_said() -> None:
    choice = _with_a_program(0.95, (0.4, 0.2))
    assert "baseline-lead" == (choice.chosen and choice.chosen.label)
    assert "a program, not a model: it beats every model" in reason_of(choice)


def test_a_program_that_beats_one_model_and_not_the_other_is_not_named() -> None:
    assert "model-0" == _with_a_program(0.95, (0.9, 0.2)).chosen.label  # type: ignore[union-attr]


def test_where_no_model_holds_the_constraints_a_program_is_named_and_it_is_said() -> None:
    choice = _with_a_program(0.2, (0.9,), constraints=Constraints(max_latency_s=0.1))
    assert "baseline-lead" == (choice.chosen and choice.chosen.label)
    assert "a program, not a model: no model is eligible" in reason_of(choice)


def test_the_models_are_told_apart_by_the_best_of_them_where_a_program_leads() -> None:
    choice = _with_a_program(0.95, (0.9, 0.2), on_tie="best")
    assert "model-0" == (choice.chosen and choice.chosen.label)
    assert ("key-model-0",) == choice.pool


def test_one_that_another_beats_is_beaten_where_it_alone_is_not_known() -> None:
    quality = np.array([[0.5, 0.5, 0.6, 0.5]])
    takes = np.array([[1.0, np.inf], [1.0, 3.0], [np.inf, np.inf], [0.9, np.inf]])
    assert [[True, False, False, False]] == beaten(quality, takes).tolist()


def test_who_may_not_be_named_on_a_case_beats_nobody_there() -> None:
    quality = np.array([[0.5, 0.4], [np.nan, 0.4], [0.4, 0.4]])
    takes = np.array([[1.0], [2.0]])
    assert [[False, True], [False, False], [False, True]] == beaten(quality, takes).tolist()


@given(
    quality=arrays(np.float64, (3, 4), elements=st.sampled_from([0.0, 0.5, 1.0, np.nan])),
    takes=arrays(np.float64, (4, 2), elements=st.sampled_from([1.0, 2.0, np.inf])),
)
def test_all_cases_at_once_and_each_alone_are_as_the_definition_says(quality: Matrix, takes: Matrix) -> None:
    def beats(case: int, one: int, other: int) -> bool:
        ours, theirs = [(-quality[case, i], *takes[i]) for i in (one, other)]
        nowhere_worse = all(a <= b for a, b in zip(ours, theirs, strict=True))
        return nowhere_worse and any(a < b for a, b in zip(ours, theirs, strict=True))

    expected = [[any(beats(case, one, other) for one in range(4)) for other in range(4)] for case in range(3)]
    assert expected == beaten(quality, takes).tolist()
    with mock.patch.object(admission, "_MOST_AT_ONCE", 1):
        assert expected == beaten(quality, takes).tolist()
