"""The choice of a candidate from the scoreboard: one is named, a rule chooses, or the choice abstains."""

from dataclasses import replace

from evaluation.records.evidence import Choosable
from selection.choosing.choice_types import Choice
from selection.choosing.expectations import facts_of
from selection.choosing.limits import apply_constraints
from selection.choosing.notes import most_cases, too_little
from selection.choosing.ranking import allowed, rank_allowed
from selection.preferences import Question
from selection.scoreboard import Deviations, Scoreboard


def choose(
    scoreboard: Scoreboard, question: Question, *, deviations: Deviations | None = None, min_cases: int = 10
) -> Choice:
    """Return the candidate for the task, by what the scoreboard says.

    Where nobody was measured on `min_cases` of the task, nobody is named, or rules choose: the best over the tasks
    that were measured; where none was, the largest model. Both must hold the constraints.

    Args:
        scoreboard: What is known.
        question: What is asked.
        deviations: Of the candidates for the prompt, in the scoreboard's order.
        min_cases: On how many of the task's cases a candidate must have been measured.

    Raises:
        SelectionError: candidates were measured, and the constraints left none.
    """
    task, least = question.task, max(min_cases, 1)
    standing = scoreboard.overall if task is None else scoreboard.standings.get(task)
    if standing is not None and most_cases(standing) >= least:
        return rank_allowed(scoreboard, standing, question, deviations, min_cases=least)
    note = too_little(scoreboard, task, standing, min_cases)
    if question.on_little_evidence == "abstain" or not scoreboard.candidates:
        is_fraction = standing is None or standing.is_fraction
        return Choice(question=question, chosen=None, decided_by="scoreboard", notes=(note,), is_fraction=is_fraction)
    if most_cases(scoreboard.overall) >= least:
        rule = "by rule: the best over the measured tasks; the expected quality is its mean over those"
        by_rules = rank_allowed(scoreboard, scoreboard.overall, question, None, min_cases=least)
        return replace(by_rules, decided_by="rules", notes=(note, rule, *by_rules.notes))
    return _largest(scoreboard, question, note)


def _largest(scoreboard: Scoreboard, question: Question, note: str) -> Choice:
    """Return the largest model that satisfies the constraints, as far as its values are known."""
    candidates, overall = scoreboard.candidates, scoreboard.overall
    facts = facts_of(overall, candidates, question.constraints.percentile, None)
    filtered = apply_constraints(candidates, facts, question.constraints, is_fraction=overall.is_fraction, min_cases=0)
    chosen = min(filtered.left, key=lambda i: _largest_first(candidates[i]))
    rule = "by rule: the largest model that meets the constraints; there is no evidence that it is the best"
    return Choice(
        question=question,
        chosen=allowed(candidates[chosen], question.constraints.endpoints),
        removed=tuple(filtered.removed),
        notes=(note, rule),
        decided_by="rules",
        is_fraction=overall.is_fraction,
    )


def _largest_first(candidate: Choosable) -> tuple[float, float, str]:
    return (-(candidate.n_parameters or 0), -(candidate.memory_bytes or 0.0), candidate.label)
