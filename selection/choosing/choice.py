"""The choice of a candidate from the scoreboard: one is named, a rule chooses, or the choice abstains."""

from dataclasses import replace

from evaluation.records.evidence import Choosable
from selection.answers import Removed
from selection.choosing.choice_types import Choice, DecidedBy, Question
from selection.choosing.expectations import facts_of
from selection.choosing.limits import apply_constraints
from selection.choosing.notes import most_cases, too_little
from selection.choosing.ranking import allowed, rank_allowed
from selection.preferences import TOLERANCE, Constraints, OnLittleEvidence, OnTie, Weights, must_be_ways
from selection.scoreboard import Deviations, Scoreboard, TaskStanding


def choose(
    scoreboard: Scoreboard,
    *,
    task: str | None = None,
    constraints: Constraints | None = None,
    weights: Weights | None = None,
    on_tie: OnTie = "cheapest",
    tolerance: float = TOLERANCE,
    on_little_evidence: OnLittleEvidence = "abstain",
    deviations: Deviations | None = None,
    min_cases: int = 10,
) -> Choice:
    """Return the candidate for the task, by what the scoreboard says.

    Where nobody was measured on `min_cases` of the task, nobody is named, or rules choose: the best over the tasks
    that were measured; where none was, the largest model. Both must hold the constraints.

    Args:
        scoreboard: What is known.
        task: None: a question of no task in particular, answered by the mean over all tasks.
        constraints: What must hold.
        weights: What is worth how much.
        on_tie: Which of those near the best is named.
        tolerance: How near that is, in points of expected quality.
        on_little_evidence: What happens where too little was measured.
        deviations: Of the candidates for one prompt, in the scoreboard's order.
        min_cases: On how many of the task's cases a candidate must have been measured.

    Raises:
        SelectionError: candidates were measured, and the constraints left none.
        ConfigurationError: `on_tie` or `on_little_evidence` is invalid, or `tolerance` is not a number of points.
    """
    must_be_ways(on_tie=on_tie, tolerance=tolerance, on_little_evidence=on_little_evidence)
    question = Question(
        task=task,
        constraints=constraints or Constraints(),
        weights=weights or Weights(),
        on_tie=on_tie,
        tolerance=tolerance,
        deviations=deviations,
        min_cases=min_cases,
    )
    standing = scoreboard.overall if task is None else scoreboard.standings.get(task)
    if standing is not None and most_cases(standing) >= max(min_cases, 1):
        return rank_allowed(scoreboard, standing, question, "scoreboard", ())
    note = too_little(scoreboard, task, standing, min_cases)
    if on_little_evidence == "abstain" or not scoreboard.candidates:
        return _abstained(question, standing, note)
    return _by_rules(scoreboard, question, note)


def _by_rules(scoreboard: Scoreboard, question: Question, note: str) -> Choice:
    question = replace(question, deviations=None)
    if most_cases(scoreboard.overall) >= max(question.min_cases, 1):
        rule = "by rule: the best over the measured tasks; the expected quality is its mean over those"
        return rank_allowed(scoreboard, scoreboard.overall, question, "rules", (note, rule))
    return _largest(scoreboard, question, note)


def _abstained(question: Question, standing: TaskStanding | None, note: str) -> Choice:
    return _unranked(question, chosen=None, removed=(), notes=(note,), decided_by="scoreboard", standing=standing)


def _largest(scoreboard: Scoreboard, question: Question, note: str) -> Choice:
    """Return the largest model that satisfies the constraints, as far as its values are known."""
    candidates, overall = scoreboard.candidates, scoreboard.overall
    facts = facts_of(overall, candidates, question.constraints.percentile, None)
    filtered = apply_constraints(candidates, facts, question.constraints, is_fraction=overall.is_fraction, min_cases=0)
    chosen = min(filtered.left, key=lambda i: _largest_first(candidates[i]))
    rule = "by rule: the largest model that meets the constraints; there is no evidence that it is the best"
    return _unranked(
        question,
        chosen=allowed(candidates[chosen], question.constraints.endpoints),
        removed=tuple(filtered.removed),
        notes=(note, rule),
        decided_by="rules",
        standing=overall,
    )


def _largest_first(candidate: Choosable) -> tuple[float, float, str]:
    return (-(candidate.n_parameters or 0), -(candidate.memory_bytes or 0.0), candidate.label)


def _unranked(
    question: Question,
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
        pool=(),
        near=(),
        pareto=(),
        removed=removed,
        n_cases=0,
        decided_by=decided_by,
        notes=notes,
        on_tie=question.on_tie,
        tolerance=question.tolerance,
        weights=question.weights,
        is_fraction=standing is None or standing.is_fraction,
        percentile=question.constraints.percentile,
    )
