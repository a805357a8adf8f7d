"""The answer to a question, from what is known at that moment."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import numpy as np

from evaluation.errors import as_sentence
from evaluation.escaping import one_line
from selection.answers import Expected, Ranked, Recommendation, Reported
from selection.choosing.by_prompt import deviations_of, note_on_task, note_unused
from selection.choosing.choice import choose
from selection.choosing.choice_types import Choice
from selection.choosing.explanation import explanation_of, reason_of
from selection.choosing.reported import contradiction_lines, reported_notes
from selection.choosing.ties import Contrast
from selection.decisions.reported_outcomes import reported_of_use
from selection.preferences import Question
from selection.recommender.recommender import Recommender
from selection.recommender.view import View
from selection.scoreboard import Deviations

_MOST_KNOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A recommendation with its origin."""

    recommendation: Recommendation
    explain: Callable[[], str]
    """Explain the recommendation at length; computes the choice again."""
    n_characters: int
    """Characters of the prompt that `explain` holds."""
    evidence_fingerprint: str
    propensity: float | None
    """Probability with which this candidate was named, where it was drawn among the tied."""
    drawn_among: tuple[str, ...]
    """Labels of the candidates of the draw; empty where there was no draw."""
    contrasts: Mapping[str, Contrast]
    """How far the best is ahead of each other candidate, by the other's label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A choice with its decider and its notes."""

    choice: Choice
    decided_by: str
    """`rules`, `scoreboard` or the version of the selection model."""
    reason: str


def chosen(view: View, question: Question) -> Chosen:
    """Return the choice for a question. Where the prompt does not matter, equal questions are computed once.

    Raises:
        SelectionError: no candidate satisfies the constraints.
    """
    deviations = _deviations(view, question)
    if deviations is not None:
        return _chosen(view, question, deviations)
    without_prompt = replace(question, prompt=None)
    cached = view.answers.get(without_prompt)
    if isinstance(cached, Chosen):
        return cached
    if len(view.answers) >= _MOST_KNOWN:
        view.answers.clear()
    choice = _chosen(view, question, None)
    view.answers[without_prompt] = choice
    return choice


def _chosen(view: View, question: Question, deviations: Deviations | None) -> Chosen:
    choice = choose(view.scoreboard, question, deviations=deviations)
    decided_by: str = choice.decided_by
    if deviations is not None and view.champion is not None and decided_by == "scoreboard" and not choice.abstained:
        decided_by = view.champion.version
    return Chosen(choice=choice, decided_by=decided_by, reason=one_line(reason_of(choice)))


def answered(
    recommender: Recommender, question: Question, *, explore: float = 0.0, rng: "np.random.Generator | None" = None
) -> Answer:
    """Return the answer from what the recommender knows now.

    Args:
        recommender: Where it is asked.
        question: What is asked.
        explore: The share of answers that are drawn at random among the tied.
        rng: For these draws.

    Raises:
        SelectionError: the constraints leave nobody.
        StoreError: nothing is known yet, and the store is away.
    """
    return _answered(recommender, recommender.view(), question, explore=explore, rng=rng)


def answered_at_once(recommender: Recommender, question: Question) -> Answer | None:
    """Return the answer where nothing has to be read or chosen anew for it; None: `answered` takes longer."""
    view = recommender.current_view()
    if view is None or view.champion is not None or replace(question, prompt=None) not in view.answers:
        return None
    return _answered(recommender, view, question, explore=0.0, rng=None)


def _answered(
    recommender: Recommender, view: View, question: Question, *, explore: float, rng: "np.random.Generator | None"
) -> Answer:
    decision = chosen(view, question)
    choice, reason = decision.choice, decision.reason
    drawn, propensity = _drawn(choice, explore, rng)
    if drawn is not None and drawn.candidate is not choice.chosen:
        reason += f" Drawn at random among the tied, as explore={explore:g} asks: {one_line(drawn.candidate.label)}."
        choice = replace(choice, chosen=drawn.candidate, n_cases=drawn.quality.n_cases)
    reported = _reported(recommender, choice)
    reason += "".join(f" {one_line(line)}" for line in contradiction_lines(choice, reported))
    general_notes = (*reported_notes(choice, reported), *choice.notes, *recommender.notes(view))
    on_prompt = _on_the_prompt(view, question, choice)
    notes = tuple(dict.fromkeys(one_line(note) for note in (*general_notes, *on_prompt)))
    # Without a learned model the prompt decides nothing, and is not kept for the explanation.
    deciding = question if view.champion is not None else replace(question, prompt=None)
    return Answer(
        recommendation=_recommendation(choice, reason, decision.decided_by, notes, reported),
        explain=partial(_explained, view, deciding, choice.chosen.key if choice.chosen else None, reported),
        n_characters=len(deciding.prompt or ""),
        evidence_fingerprint=view.scoreboard.fingerprint,
        propensity=propensity,
        drawn_among=() if propensity is None else tuple(ranked.candidate.label for ranked in _drawable(choice)),
        contrasts={
            ranked.candidate.label: contrast
            for ranked, contrast in zip(choice.ranked, choice.contrasts, strict=True)
            if contrast is not None
        },
    )


def _drawable(choice: Choice) -> list[Ranked]:
    """Return the tied candidates, without programs where a model is named."""
    programs_too = choice.chosen is not None and choice.chosen.is_program
    return [ranked for ranked in choice.ranked if ranked.is_tied and (programs_too or not ranked.candidate.is_program)]


def _reported(recommender: Recommender, choice: Choice) -> Reported | None:
    """Return the candidate's reported outcomes on this task, compared with its expected quality."""
    if choice.chosen is None:
        return None
    outcomes = recommender.outcomes.of(choice.question.task, choice.chosen.key)
    return reported_of_use(outcomes, None if choice.winner is None else _on_the_task(choice.winner))


def _on_the_task(winner: Ranked) -> Expected:
    """Return the expectation over the task's prompts.

    Outcomes are of other prompts than the current one.
    """
    expected = winner.quality
    moved = None if winner.adjustments is None else winner.adjustments.prompt
    if not moved:
        return expected
    value, low = expected.value - moved, expected.low
    return replace(expected, value=value, low=None if low is None else max(0.0, low - moved))


def _on_the_prompt(view: View, question: Question, choice: Choice) -> tuple[str, ...]:
    """Return notes on whether the prompt was used, and how far the selection model matches today's evidence."""
    if question.prompt is None or choice.abstained:
        return ()
    board, model = view.scoreboard, view.champion
    if question.task is None and (note := note_on_task(board, model, question.prompt)) is not None:
        return (note,)
    notes = () if model is None or choice.decided_by != "scoreboard" else model.notes_on(question.task)
    is_used = choice.decided_by == "scoreboard" and _deviations(view, question) is not None
    return notes if is_used or notes else (note_unused(model),)


def _explained(view: View, question: Question, key: str | None, reported: Reported | None) -> str:
    choice = chosen(view, question).choice
    told = [
        *contradiction_lines(choice, reported),
        *(f"Note: {as_sentence(note)}" for note in reported_notes(choice, reported)),
    ]
    return "\n".join([_explained_choice(choice, key), *told])


def _explained_choice(choice: Choice, key: str | None) -> str:
    drawn = next((ranked.candidate for ranked in choice.ranked if ranked.candidate.key == key), None)
    if drawn is None or drawn is choice.chosen:
        return explanation_of(choice)
    return f"{explanation_of(choice)}\nDrawn at random among the tied: {drawn.label}."


def _deviations(view: View, question: Question) -> Deviations | None:
    return deviations_of(view.scoreboard, view.champion, question.task, question.prompt)


def _drawn(choice: Choice, explore: float, rng: "np.random.Generator | None") -> tuple[Ranked | None, float | None]:
    """Return the candidate named after the draw, with its probability; None where there is nothing to draw among.

    A candidate that another beats in everything known may be drawn: exploration tests whether that is so.
    """
    tied, winner = _drawable(choice), choice.winner
    if not explore or len(tied) < 2 or winner not in tied or winner is None:
        return None, None

    rng = np.random.default_rng() if rng is None else rng
    drawn = tied[int(rng.integers(len(tied)))] if rng.random() < explore else winner
    return drawn, explore / len(tied) + (1 - explore if drawn is winner else 0.0)


def _recommendation(
    choice: Choice, reason: str, decided_by: str, notes: tuple[str, ...], reported: Reported | None
) -> Recommendation:
    winner = choice.winner
    return Recommendation(
        id=uuid.uuid4().hex,
        task=choice.question.task,
        candidate=choice.chosen,
        quality=winner.quality if winner else None,
        latency_s=winner.latency_s if winner else None,
        cost_per_1k=winner.cost_per_1k if winner else None,
        energy_j=winner.energy_j if winner else None,
        memory_gb=winner.memory_gb if winner else None,
        measured=winner.measured if winner else None,
        adjustments=winner.adjustments if winner else None,
        reported=reported,
        reason=reason,
        alternatives=choice.alternatives,
        pareto=choice.pareto,
        tied=choice.tied,
        removed=choice.removed,
        n_cases=choice.n_cases,
        decided_by=decided_by,
        notes=notes,
        tested_by=next((contrast.test for contrast in choice.contrasts if contrast is not None), None),
        created_at=datetime.now(UTC),
        percentile=choice.question.constraints.percentile,
    )
