"""Regret of past recommendations: whether each was right, and what it cost, by today's evidence.

*Right*: under the constraints and weights of that time, today's scoreboard would name the same candidate, or cannot
tell it from the best. *Regret*: the utility of today's best less that of the candidate that was named, in points; 0 for
the best itself. Where the prompt was kept and a selection model decides today, both are judged by what it expects of
that prompt, else by the task as a whole: the other candidates' answers to that prompt are unknown. The best of today is
the best of noisy numbers, so a small regret is expected even of a perfect choice; whether it was right is judged with
that noise in mind.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean

from evaluation.errors import SelectionError
from selection.choosing.by_prompt import deviations_of
from selection.choosing.choice import choose
from selection.choosing.choice_types import Choice
from selection.decisions.drift import by_prompt
from selection.decisions.past_decisions import PastDecision
from selection.preferences import Question
from selection.scoreboard import Predictor, Scoreboard


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A past decision judged by today's evidence."""

    past: PastDecision
    is_right: bool
    regret: float | None
    """Regret in points; None where the candidate violates its constraints today, and so is not ranked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regret:
    """Loss of the decisions of a period against today's best."""

    begins_at: datetime
    ends_at: datetime
    n_decisions: int
    n_questions: int
    """Number of distinct prompts; decisions without a prompt count each."""
    points: float
    """Mean regret, in hundredths of quality."""
    low: float | None
    """Lower end of the 95 % interval over the questions; None for a single one."""
    high: float | None


def judged(past: Sequence[PastDecision], today: Scoreboard, predictor: Predictor | None = None) -> tuple[Judged, ...]:
    """Return the decisions that named a candidate and that today's evidence can judge, in their order.

    Args:
        past: The decisions.
        today: Current scoreboard.
        predictor: The selection model that decides now.
    """
    choices: dict[object, Choice | None] = {}
    judgements = []
    for decision in past:
        if decision.candidate_key is None:
            continue
        question = (
            decision.task,
            decision.constraints,
            decision.weights,
            decision.on_tie,
            decision.tolerance,
            decision.prompt if predictor is not None else None,
        )
        if question not in choices:
            choices[question] = _today(decision, today, predictor)
        choice = choices[question]
        if choice is not None:
            judgements.append(_judged(decision, choice))
    return tuple(judgements)


def regret_over_time(judgements: Sequence[Judged], *, step: timedelta = timedelta(days=7)) -> tuple[Regret, ...]:
    """Return the mean regret of each period with decisions, oldest first.

    Args:
        judgements: From `judged`.
        step: Length of a period; the first one begins at the midnight (UTC) before the first decision.
    """
    with_regret = sorted(
        (judgement for judgement in judgements if judgement.regret is not None),
        key=lambda judgement: judgement.past.created_at,
    )
    if not with_regret:
        return ()
    start = with_regret[0].past.created_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    stretches: defaultdict[int, list[Judged]] = defaultdict(list)
    for judgement in with_regret:
        stretches[(judgement.past.created_at - start) // step].append(judgement)
    return tuple(_regret(group, start + number * step, step) for number, group in stretches.items())


def _today(decision: PastDecision, today: Scoreboard, predictor: Predictor | None) -> Choice | None:
    """Return today's choice; None where today's evidence names no candidate."""
    deviations = deviations_of(today, predictor, decision.task, decision.prompt)
    question = Question(
        task=decision.task,
        constraints=decision.constraints,
        weights=decision.weights,
        on_tie=decision.on_tie,
        tolerance=decision.tolerance,
    )
    try:
        choice = choose(today, question, deviations=deviations)
    except SelectionError:
        return None
    return None if choice.abstained else choice


def _judged(decision: PastDecision, choice: Choice) -> Judged:
    # The best that might have been named: no program where a model is asked for.
    best = next((ranked for ranked in choice.ranked if ranked.candidate.key in choice.pool), choice.ranked[0])
    now = next((ranked for ranked in choice.ranked if ranked.candidate.key == decision.candidate_key), None)
    if now is None:
        return Judged(past=decision, is_right=False, regret=None)
    is_right = now is best or now.is_tied or now is choice.winner
    return Judged(past=decision, is_right=is_right, regret=max(0.0, best.utility - now.utility))


def _regret(group: Sequence[Judged], begins_at: datetime, step: timedelta) -> Regret:
    points = by_prompt([judgement.past for judgement in group], [judgement.regret or 0.0 for judgement in group])
    mean, n = fmean(points), len(points)
    low, high = _interval(points, mean) if n > 1 else (None, None)
    return Regret(
        begins_at=begins_at,
        ends_at=begins_at + step,
        n_decisions=len(group),
        n_questions=n,
        points=mean,
        low=low,
        high=high,
    )


def _interval(points: Sequence[float], mean: float) -> tuple[float, float]:
    from scipy.stats import t

    n = len(points)
    se = math.sqrt(sum((value - mean) ** 2 for value in points) / (n - 1) / n)
    reach = float(t.ppf(0.975, n - 1)) * se
    return max(0.0, mean - reach), mean + reach
