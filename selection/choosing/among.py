"""Who of those that were measured: constraints, utility, ties, and the Pareto set."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evaluation.evidence import Choosable
from selection.answers import Ranked, Removed
from selection.choosing.admission import in_order, may_be_named
from selection.choosing.expectations import Facts, expected_quality, facts_of
from selection.choosing.limits import apply_constraints
from selection.choosing.measured import adjustments_of, measured_of
from selection.choosing.notes import notes_on
from selection.choosing.pareto import pareto_set
from selection.choosing.terms import Choice, DecidedBy, Question
from selection.choosing.ties import Contrast, contrasts_with
from selection.choosing.utility import points_beside_quality
from selection.scoreboard import Scoreboard, TaskStanding
from selection.standing.contrasts import MIN_PAIRS
from selection.standing.two_way import Matrix
from selection.wishes import MEMORY_DIGITS, TIE_ORDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """The candidates that are left, in the order of their utility, by position in the scoreboard."""

    candidates: Sequence[Choosable]
    facts: Facts
    order: list[int]
    utility: Mapping[int, float]
    contrasts: list[Contrast]
    """The first against each of the others, in their order."""
    removed: list[Removed]
    pool: list[int]
    """Of those that may be named the first, and who cannot be told from it on enough common families."""
    unknown: Mapping[str, list[int]]
    """Those of which a thing that was given a weight is not known."""

    def like_the_first(self) -> list[int]:
        """The first and those that cannot be told from it."""
        others = zip(self.order[1:], self.contrasts, strict=True)
        return [self.order[0], *(i for i, one in others if one.is_tied)]


def choice_among(
    scoreboard: Scoreboard,
    standing: TaskStanding,
    question: Question,
    decided_by: DecidedBy,
    notes: tuple[str, ...] = (),
) -> Choice:
    """The choice among those that the standing knows.

    Raises:
        SelectionError: the constraints leave none.
    """
    field = _field(scoreboard.candidates, standing, question)
    tied = field.like_the_first()
    named = _named(field, field.pool, question)
    ranked = _ranked(field, standing, question, set(tied) if len(tied) > 1 else set())
    return Choice(
        task=question.task,
        chosen=ranked[field.order.index(named)].candidate,
        ranked=ranked,
        contrasts=(None, *field.contrasts),
        tied=tuple(field.candidates[i].label for i in tied) if len(tied) > 1 else (),
        pool=tuple(field.candidates[i].key for i in field.pool),
        pareto=tuple(one.candidate.label for one in ranked if one.is_pareto),
        removed=tuple(field.removed),
        n_cases=field.facts.n_measured[named],
        decided_by=decided_by,
        notes=notes + _notes(field, standing, question, named),
        on_tie=question.on_tie,
        weights=question.weights,
        is_fraction=standing.is_fraction,
        percentile=question.constraints.percentile,
    )


def _field(candidates: Sequence[Choosable], standing: TaskStanding, question: Question) -> _Field:
    weights, deviations = question.weights, question.deviations
    facts = facts_of(standing, candidates, question.constraints.percentile, deviations)
    filtered = apply_constraints(
        candidates,
        facts,
        question.constraints,
        is_fraction=standing.is_fraction,
        min_cases=max(question.min_cases, 1),
    )
    beside = points_beside_quality(facts, weights, filtered.left)
    utility = {i: 100 * weights.quality * facts.quality[i] + beside.points[i] for i in filtered.left}
    order = in_order(filtered.left, candidates, facts, utility)

    def contrasts_of(leader: int, others: Sequence[int]) -> list[Contrast]:
        return contrasts_with(
            leader,
            others,
            standing=standing,
            deviations=deviations,
            quality_weight=weights.quality,
            beside=beside.points,
        )

    contrasts = contrasts_of(order[0], order[1:])
    admitted = may_be_named(order, contrasts, candidates=candidates, facts=facts)
    leader, *others = admitted
    known = dict(zip(order[1:], contrasts, strict=True))
    beside_leader = [known[i] for i in others] if leader == order[0] else contrasts_of(leader, others)
    return _Field(
        candidates=candidates,
        facts=facts,
        order=order,
        utility=utility,
        contrasts=contrasts,
        removed=filtered.removed,
        pool=[leader, *(i for i, one in zip(others, beside_leader, strict=True) if _is_alike(one))],
        unknown=beside.unknown,
    )


def _is_alike(contrast: Contrast) -> bool:
    """True where two cannot be told apart on enough: one with nothing in common is no reason to take the cheaper."""
    return contrast.is_tied and contrast.n_pairs >= MIN_PAIRS


def _named(field: _Field, tied: Sequence[int], question: Question) -> int:
    """The one of the tied that is named; where it takes the same as another, what else they take decides."""
    facts = field.facts
    taken = {
        "cost": facts.cost_per_1k,
        "energy": facts.energy_j,
        "latency": facts.latency_s,
        "memory": [round(memory, MEMORY_DIGITS) for memory in facts.memory_gb],
    }
    things = [taken[thing] for thing in TIE_ORDERS[question.on_tie]]
    return min(
        tied,
        key=lambda i: (
            *(math.inf if math.isnan(values[i]) else values[i] for values in things),
            field.order.index(i),
        ),
    )


def _ranked(field: _Field, standing: TaskStanding, question: Question, tied: set[int]) -> tuple[Ranked, ...]:
    facts, outlays = field.facts, field.facts.outlays
    qualities = expected_quality(standing, facts, question.deviations, field.order)
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
            adjustments=adjustments_of(standing, i, quality, for_prompt=question.deviations is not None),
        )
        for i, quality, front in zip(field.order, qualities, on_front, strict=True)
    )


def _takes(facts: Facts) -> Matrix:
    """Less is better; a row for each candidate."""
    columns = ([-value for value in facts.quality], facts.latency_s, facts.cost_per_1k, facts.energy_j, facts.memory_gb)
    return np.array(columns, dtype=np.float64).T


def allowed(candidate: Choosable, endpoints: Sequence[str]) -> Choosable:
    """The candidate with those of its places that may be used; empty: all."""
    if not endpoints:
        return candidate
    places = tuple(place for place in candidate.places if place.name in endpoints)
    return replace(candidate, places=places) if places != candidate.places else candidate


def _notes(field: _Field, standing: TaskStanding, question: Question, named: int) -> tuple[str, ...]:
    apart = [i for i, one in zip(field.order[1:], field.contrasts, strict=True) if one.n_pairs < MIN_PAIRS]
    labels = [one.label for one in field.candidates]
    ahead = set(field.order[: field.order.index(named)]) | set(field.like_the_first())
    programs = [i for i in field.order if i in ahead and field.candidates[i].is_program]
    speed_matters = question.constraints.max_latency_s is not None or question.weights.latency > 0
    return notes_on(
        labels,
        field.facts,
        named=named,
        n_families=int(standing.n_pairs[named, named]),
        timed=field.order if speed_matters else [named],
        unknown=field.unknown,
        first=field.order[0],
        apart=apart,
        programs=[] if field.candidates[named].is_program else programs,
    )
