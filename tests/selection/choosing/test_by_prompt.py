from collections.abc import Mapping

import numpy as np
import pytest
from scored_tables import named, standing_of

from evaluation.records.evidence import Evidence
from selection.choosing.by_prompt import deviations_of, note_on_task, note_unused
from selection.choosing.choice import choose
from selection.preferences import Question
from selection.scoreboard import Deviations, Scoreboard


class Reader:
    """Knows the task of a prompt by its first word, and of one task how `long` prompts go."""

    version = "reader 1"

    def __init__(self, shares: Mapping[str, float] | None) -> None:
        self.shares = shares

    def task_shares(self, prompt: str) -> Mapping[str, float] | None:
        return self.shares

    def deviations(self, task: str | None, prompt: str, keys: tuple[str, ...]) -> Deviations | None:
        if task != "poetry":
            return None
        return Deviations(value=np.array([-0.1, 0.1]), se=np.array([0.02, 0.02]))

    def as_of(self, evidence: Evidence) -> "Reader":
        return self

    def notes_on(self, task: str | None) -> tuple[str, ...]:
        return ()


def board() -> Scoreboard:
    """One candidate for each of two tasks; over both of them they are alike."""
    standings = {"code": standing_of([0.9, 0.5]), "poetry": standing_of([0.4, 0.7])}
    overall = standing_of([0.65, 0.60])
    return Scoreboard(candidates=(named("a"), named("b")), standings=standings, overall=overall, fingerprint="x")


def test_a_prompt_of_no_named_task_is_answered_by_the_tasks_that_it_may_be_of() -> None:
    found = deviations_of(board(), Reader({"code": 0.25, "poetry": 0.75}), None, "…")
    assert found is not None
    expected = np.array([0.65, 0.60]) + found.value
    assert [0.25 * 0.9 + 0.75 * 0.3, 0.25 * 0.5 + 0.75 * 0.8] == pytest.approx(expected.tolist())
    assert 0.75 * 0.02 == pytest.approx(found.se[0])
    choice = choose(board(), Question(), deviations=found)
    assert choice.chosen is not None
    assert "b" == choice.chosen.label


def test_where_the_task_is_named_the_model_is_asked_for_it_alone() -> None:
    reader = Reader({"code": 1.0})
    found = deviations_of(board(), reader, "poetry", "…")
    assert found is not None
    assert [-0.1, 0.1] == found.value.tolist()
    assert deviations_of(board(), reader, "code", "…") is None


@pytest.mark.parametrize("shares", [None, {}, {"law": 1.0}])
def test_where_nobody_can_tell_the_task_the_prompt_changes_nothing_and_it_is_said(
    shares: Mapping[str, float] | None,
) -> None:
    assert deviations_of(board(), Reader(shares), None, "…") is None
    note = note_on_task(board(), Reader(shares), "…") or ""
    assert "no task was given" in note
    assert "regardless of the prompt" in note
    assert "no selection model decides" in (note_on_task(board(), None, "…") or "")


def test_the_tasks_that_a_prompt_may_be_of_are_said_the_likeliest_first() -> None:
    note = note_on_task(board(), Reader({"code": 0.2, "poetry": 0.795, "law": 0.005}), "…")
    assert "no task was given; judging by its wording, the prompt belongs to poetry (80 %) and code (20 %)" == note


def test_it_is_said_why_a_prompt_was_not_used() -> None:
    assert "the prompt was not used: no selection model decides" in note_unused(None)
    assert "reader 1 found no difference between its prompts" in note_unused(Reader(None))
