"""From what is known to a choice: constraints, utility, ties, the Pareto set, and when to name nobody."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

import numpy as np

from evaluation.evidence import Choosable
from selection.answers import Ranked, Removed
from selection.constraints import apply_constraints
from selection.contrasts import MIN_PAIRS
from selection.expectations import Facts, expected_quality, facts_of, tail_is_unseen
from selection.pareto import pareto_set
from selection.scoreboard import Deviations, Scoreboard, TaskStanding
from selection.ties import Contrast, contrasts_with
from selection.utility import points_beside_quality
from selection.wishes import Constraints, OnLittleEvidence, OnTie, Weights, checked_choice
from selection.wording import counted, listed, ordinal

FEW_CASES = 30
FEW_FAMILIES = 10
"""Under which it is noted that an expectation rests on little."""
DecidedBy = Literal["scoreboard", "rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Who was chosen among whom, or why nobody was."""

    task: str | None
    chosen: Choosable | None
    """None: it abstained."""
    ranked: tuple[Ranked, ...]
    """All feasible candidates by utility. Empty where it abstained, or where a rule chose without a measurement."""
    contrasts: tuple[Contrast | None, ...]
    """The first of `ranked` against each of them; None against itself."""
    tied: tuple[str, ...]
    """Labels of those that cannot be told from the first, with it; empty where it stands alone."""
    pareto: tuple[str, ...]
    removed: tuple[Removed, ...]
    n_cases: int
    """Cases of the task behind the expected quality of the chosen one."""
    decided_by: DecidedBy
    notes: tuple[str, ...]
    on_tie: OnTie
    weights: Weights
    is_fraction: bool
    """Whether a quality is a share, to be shown in percent."""
    percentile: float = 0.95
    """Of which the latencies are."""

    @property
    def abstained(self) -> bool:
        """True where nobody is named."""
        return self.chosen is None

    @property
    def winner(self) -> Ranked | None:
        """The chosen one with what may be expected of it."""
        return next((one for one in self.ranked if one.candidate is self.chosen), None)

    @property
    def alternatives(self) -> tuple[Ranked, ...]:
        """The other feasible candidates, best first."""
        return tuple(one for one in self.ranked if one.candidate is not self.chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What is asked, as it was asked."""

    task: str | None
    constraints: Constraints
    weights: Weights
    on_tie: OnTie
    deviations: Deviations | None
    min_cases: int


def choose(
    scoreboard: Scoreboard,
    *,
    task: str | None = None,
    constraints: Constraints | None = None,
    weights: Weights | None = None,
    on_tie: OnTie = "cheapest",
    on_little_evidence: OnLittleEvidence = "abstain",
    deviations: Deviations | None = None,
    min_cases: int = 10,
) -> Choice:
    """The candidate for the task, by what the scoreboard says.

    Where nobody was measured on `min_cases` of the task, nobody is named, or rules choose: the best over the tasks
    that were measured; where none was, the largest model. Both must hold the constraints.

    Args:
        scoreboard: What is known.
        task: None: a question of no task in particular, answered by the mean over all tasks.
        constraints: What must hold.
        weights: What is worth how much.
        on_tie: Which of those that cannot be told apart is named.
        on_little_evidence: What happens where too little was measured.
        deviations: Of the candidates for one prompt, in the scoreboard's order.
        min_cases: On how many of the task's cases a candidate must have been measured.

    Raises:
        SelectionError: candidates were measured, and the constraints left none.
        ConfigurationError: `on_tie` or `on_little_evidence` is no such word.
    """
    checked_choice("on_tie", on_tie, OnTie)
    checked_choice("on_little_evidence", on_little_evidence, OnLittleEvidence)
    question = _Question(
        task=task,
        constraints=constraints or Constraints(),
        weights=weights or Weights(),
        on_tie=on_tie,
        deviations=deviations,
        min_cases=min_cases,
    )
    standing = scoreboard.overall if task is None else scoreboard.standings.get(task)
    if standing is not None and _most_cases(standing) >= max(min_cases, 1):
        return _decided(scoreboard, standing, question, "scoreboard", ())
    note = _too_little(scoreboard, task, standing, min_cases)
    if on_little_evidence == "abstain" or not scoreboard.candidates:
        return _abstained(question, standing, note)
    return _by_rules(scoreboard, question, note)


def _most_cases(standing: TaskStanding) -> int:
    return int(standing.n_measured.max(initial=0))


def _by_rules(scoreboard: Scoreboard, question: _Question, note: str) -> Choice:
    question = replace(question, deviations=None)
    if _most_cases(scoreboard.overall) >= max(question.min_cases, 1):
        rule = "by rule: the best over the tasks that were measured; what is expected is its mean over those"
        return _decided(scoreboard, scoreboard.overall, question, "rules", (note, rule))
    return _largest(scoreboard, question, note)


def _decided(
    scoreboard: Scoreboard,
    standing: TaskStanding,
    question: _Question,
    decided_by: DecidedBy,
    notes: tuple[str, ...],
) -> Choice:
    """The choice among those that the standing knows."""
    candidates, deviations = scoreboard.candidates, question.deviations
    facts = facts_of(standing, candidates, question.constraints.percentile, deviations)
    filtered = apply_constraints(
        candidates,
        facts,
        question.constraints,
        is_fraction=standing.is_fraction,
        min_cases=max(question.min_cases, 1),
    )
    beside = points_beside_quality(facts, question.weights, filtered.left)
    utility = {i: 100 * question.weights.quality * facts.quality[i] + beside.points[i] for i in filtered.left}
    order = sorted(filtered.left, key=lambda i: (-round(utility[i], 9), candidates[i].label, candidates[i].key))
    contrasts = contrasts_with(
        order[0],
        order[1:],
        standing=standing,
        deviations=deviations,
        quality_weight=question.weights.quality,
        beside=beside.points,
    )
    tied = [order[0], *(i for i, one in zip(order[1:], contrasts, strict=True) if one.is_tied)]
    compared = [order[0], *(i for i, one in zip(order[1:], contrasts, strict=True) if _is_near(one))]
    families = standing.n_pairs.diagonal()
    named = order.index(_named(compared, question.on_tie, facts, utility, candidates))
    on_front = pareto_set(_takes(facts, order)).tolist()
    ranked = _ranked(scoreboard, standing, question, facts, order, utility, tied, on_front)
    return Choice(
        task=question.task,
        chosen=ranked[named].candidate,
        ranked=ranked,
        contrasts=(None, *contrasts),
        tied=tuple(candidates[i].label for i in tied) if len(tied) > 1 else (),
        pareto=tuple(one.candidate.label for one in ranked if one.is_pareto),
        removed=tuple(filtered.removed),
        n_cases=facts.n_measured[order[named]],
        decided_by=decided_by,
        notes=(
            *notes,
            *_thin(candidates[order[named]].label, facts.n_measured[order[named]], int(families[order[named]])),
            *_notes(candidates, facts, question, order, named, contrasts, beside.unknown),
        ),
        on_tie=question.on_tie,
        weights=question.weights,
        is_fraction=standing.is_fraction,
        percentile=question.constraints.percentile,
    )


def _is_near(contrast: Contrast) -> bool:
    """True of one that was compared and found alike; one with nothing in common is no reason to take the cheaper."""
    return contrast.is_tied and contrast.n_pairs >= MIN_PAIRS


def _named(
    tied: Sequence[int],
    on_tie: OnTie,
    facts: Facts,
    utility: "dict[int, float]",
    candidates: Sequence[Choosable],
) -> int:
    """The one of the tied that is named; where it takes the same as another, what else they take decides."""
    cost, energy, latency, memory = facts.cost_per_1k, facts.energy_j, facts.latency_s, facts.memory_gb
    order = {
        "cheapest": (cost, energy, memory, latency),
        "fastest": (latency, cost, energy, memory),
        "best": (),
    }[on_tie]
    return min(
        tied,
        key=lambda i: (
            *(math.inf if math.isnan(values[i]) else values[i] for values in order),
            -round(utility[i], 9),
            candidates[i].label,
            candidates[i].key,
        ),
    )


def _takes(facts: Facts, order: Sequence[int]) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    columns = ([-value for value in facts.quality], facts.latency_s, facts.cost_per_1k, facts.energy_j, facts.memory_gb)
    return np.array(columns, dtype=np.float64).T[list(order)]


def _ranked(
    scoreboard: Scoreboard,
    standing: TaskStanding,
    question: _Question,
    facts: Facts,
    order: Sequence[int],
    utility: "dict[int, float]",
    tied: Sequence[int],
    on_front: Sequence[bool],
) -> tuple[Ranked, ...]:
    qualities = expected_quality(standing, facts, question.deviations, order)
    outlays = facts.outlays
    together = set(tied) if len(tied) > 1 else set()
    return tuple(
        Ranked(
            candidate=_allowed(scoreboard.candidates[i], question.constraints.endpoints),
            utility=utility[i],
            quality=quality,
            latency_s=outlays.latency_s[i],
            cost_per_1k=outlays.cost_per_1k[i],
            energy_j=outlays.energy_j[i],
            memory_gb=None if math.isnan(facts.memory_gb[i]) else facts.memory_gb[i],
            is_tied=i in together,
            is_pareto=front,
        )
        for i, quality, front in zip(order, qualities, on_front, strict=True)
    )


def _allowed(candidate: Choosable, endpoints: Sequence[str]) -> Choosable:
    """The candidate with those of its places that may be used."""
    places = tuple(place for place in candidate.places if place.name in endpoints)
    return replace(candidate, places=places) if endpoints and places != candidate.places else candidate


def _thin(label: str, n_cases: int, n_families: int) -> tuple[str, ...]:
    """Said where the expected quality rests on little."""
    if n_families < FEW_FAMILIES and n_families < n_cases:
        return (
            f"the {counted(n_cases, 'case')} of {label} come from {counted(n_families, 'family', 'families')}: "
            f"under {FEW_FAMILIES}, they may not stand for the others of their kind",
        )
    return (f"only {counted(n_cases, 'case')} of {label} were measured",) if n_cases < FEW_CASES else ()


def _notes(
    candidates: Sequence[Choosable],
    facts: Facts,
    question: _Question,
    order: Sequence[int],
    named: int,
    contrasts: Sequence[Contrast],
    unknown: "dict[str, list[int]]",
) -> tuple[str, ...]:
    notes = []
    asked = question.constraints.max_latency_s is not None or question.weights.latency > 0
    if thin := [i for i in (order if asked else [order[named]]) if tail_is_unseen(facts, i)]:
        names = listed([f"{candidates[i].label} ({facts.n_timed[i]})" for i in thin])
        notes.append(
            f"the tail of the latency is not seen: the {ordinal(facts.percentile)} needs "
            f"{math.ceil(round(1 / (1 - facts.percentile), 6))} timed answers; there are fewer of {names}"
        )
    for thing, missing in unknown.items():
        names = listed([candidates[i].label for i in missing])
        notes.append(f"the {thing} of {names} is not known and counts as the worst of the others'")
    if apart := [i for i, one in zip(order[1:], contrasts, strict=True) if one.n_pairs < MIN_PAIRS]:
        names = listed([candidates[i].label for i in apart])
        notes.append(
            f"too little in common with {candidates[order[0]].label} to be told from it "
            f"(under {MIN_PAIRS} independent cases): {names}"
        )
    return tuple(notes)


def _too_little(scoreboard: Scoreboard, task: str | None, standing: TaskStanding | None, min_cases: int) -> str:
    if not scoreboard.candidates:
        return "nothing was measured yet: no candidate is known"
    if standing is not None and standing.n_cases:
        most = _most_cases(standing)
        where = "any task" if task is None else f"the task {task!r}"
        return f"no candidate was measured on {min_cases} cases of {where}; the most is {counted(most, 'case')}"
    known = sorted(scoreboard.standings)
    if task is None or not known:
        return "no task was measured yet"
    close = get_close_matches(task, known, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"nothing was measured on a task {task!r}; {hint}measured: {listed(known, 40)}"


def _abstained(question: _Question, standing: TaskStanding | None, note: str) -> Choice:
    return _unranked(question, chosen=None, removed=(), notes=(note,), decided_by="scoreboard", standing=standing)


def _largest(scoreboard: Scoreboard, question: _Question, note: str) -> Choice:
    """The largest of those that hold the constraints as far as anything is known of them."""
    candidates, overall = scoreboard.candidates, scoreboard.overall
    facts = facts_of(overall, candidates, question.constraints.percentile, None)
    filtered = apply_constraints(candidates, facts, question.constraints, is_fraction=overall.is_fraction, min_cases=0)
    chosen = min(filtered.left, key=lambda i: _largest_first(candidates[i]))
    rule = "by rule: the largest model that holds the constraints; nothing says that it is the best"
    return _unranked(
        question,
        chosen=_allowed(candidates[chosen], question.constraints.endpoints),
        removed=tuple(filtered.removed),
        notes=(note, rule),
        decided_by="rules",
        standing=overall,
    )


def _largest_first(candidate: Choosable) -> tuple[float, float, str]:
    return (-(candidate.n_parameters or 0), -(candidate.memory_bytes or 0.0), candidate.label)


def _unranked(
    question: _Question,
    *,
    chosen: Choosable | None,
    removed: tuple[Removed, ...],
    notes: tuple[str, ...],
    decided_by: DecidedBy,
    standing: TaskStanding | None,
) -> Choice:
    return Choice(
        task=question.task,
        chosen=chosen,
        ranked=(),
        contrasts=(),
        tied=(),
        pareto=(),
        removed=removed,
        n_cases=0,
        decided_by=decided_by,
        notes=notes,
        on_tie=question.on_tie,
        weights=question.weights,
        is_fraction=standing is None or standing.is_fraction,
        percentile=question.constraints.percentile,
    )
