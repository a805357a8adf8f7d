"""Who of those that were measured: constraints, utility, ties, and the Pareto set.

utility = 100 · w_q · quality - w_l · log2(seconds) - w_c · log2(dollars for 1,000) - w_e · log2(joules)
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from evaluation.formatting import counted
from evaluation.records.evidence import Choosable
from selection.answers import Ranked, Removed
from selection.choosing.admission import in_order, may_be_named
from selection.choosing.choice_types import Choice
from selection.choosing.expectations import Facts, expected_quality, facts_of
from selection.choosing.limits import apply_constraints
from selection.choosing.measured_quality import adjustments_of, measured_of, n_not_asked
from selection.choosing.notes import notes_on
from selection.choosing.number_words import quality
from selection.choosing.tie_breaking import named, near_the_best, takings
from selection.choosing.ties import Contrast, contrasts_with
from selection.preferences import Question, Weights
from selection.scoreboard import Deviations, Scoreboard, TaskStanding
from selection.scoreboards.contrasts import MIN_PAIRS
from selection.scoreboards.two_way import Mask, Matrix


def pareto_set(values: Matrix) -> Mask:
    """Return a mask of the candidates that no other candidate dominates.

    One of which something is not known that is known of the other is neither better nor worse.

    Args:
        values: Lower is better, NaN where not known; shape (n_candidates, n_things).
    """
    n = len(values)
    no_worse, better = np.ones((n, n), dtype=np.bool_), np.zeros((n, n), dtype=np.bool_)
    for column in values.T:
        has_value = ~np.isnan(column)
        less = column[:, None] < column
        better |= less
        no_worse &= less | (column[:, None] == column) | ~(has_value[:, None] | has_value)
    return np.asarray(~(no_worse & better).any(axis=0), dtype=np.bool_)


_LEAST = {"latency": 1e-3, "cost": 1e-6, "energy": 1e-3}
"""Lower bounds in seconds, dollars for 1,000 answers, and joules; smaller values are worth no more."""


class Beside(NamedTuple):
    """Contributions to utility other than quality, by position; 0 for candidates that were not requested."""

    points: list[float]
    unknown: dict[str, list[int]]
    """Candidates with an unknown value, by the name of the weighted quantity; they count as the worst of the others."""


def points_beside_quality(facts: Facts, weights: Weights, places: Sequence[int]) -> Beside:
    """Return the points that latency, cost and energy take from the candidates at `places`."""
    points, unknown = [0.0] * len(facts.quality), {}
    things = {"latency": facts.latency_s, "cost": facts.cost_per_1k, "energy": facts.energy_j}
    for thing, values in things.items():
        weight = getattr(weights, thing)
        if not weight:
            continue
        logarithms = {place: math.log2(max(values[place], _LEAST[thing])) for place in places if values[place] >= 0}
        worst = max(logarithms.values(), default=0.0)
        for place in places:
            points[place] -= weight * logarithms.get(place, worst)
        if missing := [place for place in places if place not in logarithms]:
            unknown[thing] = missing
    return Beside(points, unknown)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """The remaining candidates in the order of their utility, by position in the scoreboard."""

    candidates: Sequence[Choosable]
    facts: Facts
    deviations: Deviations | None
    order: list[int]
    utility: Mapping[int, float]
    contrasts: list[Contrast]
    """Contrasts of the first with each of the others, in their order."""
    removed: list[Removed]
    admitted: list[int]
    """Candidates that may be named."""
    unknown: Mapping[str, list[int]]
    """Candidates with an unknown value of a weighted quantity, by its name."""

    def like_the_first(self) -> list[int]:
        """Return the first candidate and those that cannot be told from it."""
        others = zip(self.order[1:], self.contrasts, strict=True)
        return [self.order[0], *(i for i, contrast in others if contrast.is_tied)]


def rank_allowed(
    scoreboard: Scoreboard,
    standing: TaskStanding,
    question: Question,
    deviations: Deviations | None,
    *,
    min_cases: int,
) -> Choice:
    """Return the choice among the candidates of the standing.

    Raises:
        SelectionError: no candidate satisfies the constraints.
    """
    field = _field(scoreboard.candidates, standing, question, deviations, min_cases)
    tied = field.like_the_first()
    near, chosen = _near_and_named(field, standing, question)
    ranked = _ranked(field, standing, question, set(tied) if len(tied) > 1 else set())
    return Choice(
        question=question,
        chosen=ranked[field.order.index(chosen)].candidate,
        ranked=ranked,
        contrasts=(None, *field.contrasts),
        tied=tuple(field.candidates[i].label for i in tied) if len(tied) > 1 else (),
        pool=tuple(field.candidates[i].key for i in field.admitted),
        near=tuple(field.candidates[i].label for i in near),
        pareto=tuple(ranked_candidate.candidate.label for ranked_candidate in ranked if ranked_candidate.is_pareto),
        removed=tuple(field.removed),
        n_cases=field.facts.n_measured[chosen],
        decided_by="scoreboard",
        notes=_notes(field, standing, question, chosen),
        is_fraction=standing.is_fraction,
    )


def _field(
    candidates: Sequence[Choosable],
    standing: TaskStanding,
    question: Question,
    deviations: Deviations | None,
    min_cases: int,
) -> _Field:
    weights = question.weights
    facts = facts_of(standing, candidates, question.constraints.percentile, deviations)
    filtered = apply_constraints(
        candidates,
        facts,
        question.constraints,
        is_fraction=standing.is_fraction,
        min_cases=min_cases,
        task=question.task if question.task == standing.task else None,
    )
    beside = points_beside_quality(facts, weights, filtered.left)
    utility = {i: 100 * weights.quality * facts.quality[i] + beside.points[i] for i in filtered.left}
    order = in_order(filtered.left, candidates, facts, utility)

    contrasts = contrasts_with(
        order[0],
        order[1:],
        standing=standing,
        deviations=deviations,
        quality_weight=weights.quality,
        beside=beside.points,
    )
    return _Field(
        candidates=candidates,
        facts=facts,
        deviations=deviations,
        order=order,
        utility=utility,
        contrasts=contrasts,
        removed=filtered.removed,
        admitted=may_be_named(order, contrasts, candidates=candidates, facts=facts),
        unknown=beside.unknown,
    )


def _near_and_named(field: _Field, standing: TaskStanding, question: Question) -> tuple[list[int], int]:
    """Return the admitted candidates near the best, best first, and the one that is named."""
    admitted = field.admitted
    utility = np.array([[round(field.utility[i], 9) for i in admitted]])
    tolerance = question.tolerance * question.weights.quality
    near = near_the_best(utility, standing.n_pairs[np.ix_(admitted, admitted)], tolerance)
    things = [values[admitted] for values in takings(field.facts, question.on_tie)]
    (place,) = named(utility, near, things).tolist()
    return [i for i, is_near in zip(admitted, near[0].tolist(), strict=True) if is_near], admitted[place]


def _ranked(field: _Field, standing: TaskStanding, question: Question, tied: set[int]) -> tuple[Ranked, ...]:
    facts, outlays = field.facts, field.facts.outlays
    qualities = expected_quality(standing, facts, field.deviations, field.order)
    on_front = pareto_set(_takes(facts)[field.order]).tolist()
    return tuple(
        Ranked(
            candidate=allowed(field.candidates[i], question.constraints.endpoints),
            utility=field.utility[i],
            quality=quality,
            latency_s=outlays.latency_s[i],
            cost_per_1k=outlays.cost_per_1k[i],
            energy_j=outlays.energy_j[i],
            memory_gb=None if math.isnan(facts.memory_gb[i]) else facts.memory_gb[i],
            is_tied=i in tied,
            is_pareto=front,
            measured=measured_of(standing, i),
            adjustments=adjustments_of(standing, i, quality, for_prompt=field.deviations is not None),
        )
        for i, quality, front in zip(field.order, qualities, on_front, strict=True)
    )


def _takes(facts: Facts) -> Matrix:
    """Return a row for each candidate; less is better."""
    columns = ([-value for value in facts.quality], facts.latency_s, facts.cost_per_1k, facts.energy_j, facts.memory_gb)
    return np.array(columns, dtype=np.float64).T


def allowed(candidate: Choosable, endpoints: Sequence[str]) -> Choosable:
    """Return the candidate with only its usable endpoints; empty: all."""
    if not endpoints:
        return candidate
    places = tuple(place for place in candidate.places if place.is_one_of(endpoints))
    return replace(candidate, places=places) if places != candidate.places else candidate


def _notes(field: _Field, standing: TaskStanding, question: Question, chosen: int) -> tuple[str, ...]:
    apart = [i for i, contrast in zip(field.order[1:], field.contrasts, strict=True) if contrast.n_pairs < MIN_PAIRS]
    labels = [candidate.label for candidate in field.candidates]
    ahead = set(field.order[: field.order.index(chosen)]) | set(field.like_the_first())
    programs = [i for i in field.order if i in ahead and field.candidates[i].is_program]
    speed_matters = question.constraints.max_latency_s is not None or question.weights.latency > 0
    return notes_on(
        labels,
        field.facts,
        named=chosen,
        n_families=int(standing.n_pairs[chosen, chosen]),
        timed=field.order if speed_matters else [chosen],
        unknown=field.unknown,
        first=field.order[0],
        apart=apart,
        programs=[] if field.candidates[chosen].is_program else programs,
        imputed=_imputed(field, standing, chosen),
    )


def _imputed(field: _Field, standing: TaskStanding, chosen: int) -> str | None:
    """Return the note that the named candidate was not asked all that its expected quality is of; None: it was."""
    n_missing, n_all, noun = n_not_asked(standing, chosen)
    if not n_missing:
        return None
    label, what = field.candidates[chosen].label, counted(n_all, noun)
    whole = next((i for i in field.order if not n_not_asked(standing, i)[0]), None)
    note = f"the expected quality of {label} is imputed for {n_missing:,} of {what}, which it was not asked"
    if whole is None:
        return f"{note}; nobody was asked all of them"
    shown = quality(field.facts.told[whole], is_fraction=standing.is_fraction)
    return f"{note}; {field.candidates[whole].label}, which was asked all of them, is expected at {shown}"
