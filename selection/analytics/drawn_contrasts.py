"""Which of two candidates did better in use, where chance chose between them?

A case that only one candidate was asked says nothing of the difference between two: the two-way fit of the scoreboard
takes it up whole in the effect of the case. So outcomes of recommendations move no ranking, whoever reports them: the
candidate that looked better was given the questions on which it looked better. The exception is `explore`, by which
some answers are drawn at random among the tied, each with a known probability. Among decisions that could have named
either of two, the outcomes of each are weighted by the inverse of that probability (Hájek's ratio; Horvitz & Thompson
1952, doi:10.1080/01621459.1952.10483446), and their difference is a fair comparison.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from selection.decisions.past_decisions import PastDecision

MIN_OUTCOMES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnContrast:
    """Two candidates on a task, by the outcomes of draws between them."""

    task: str | None
    candidate: str
    other: str
    n_outcomes: int
    n_outcomes_other: int
    difference: float
    """Mean quality of the candidate less that of the other."""
    low: float
    high: float
    """95 % interval."""
    p_value: float
    """Not adjusted: hold it against .05 divided by the number of contrasts."""


def drawn_contrasts(past: Sequence[PastDecision]) -> tuple[DrawnContrast, ...]:
    """Of each two candidates that were drawn between, with at least six outcomes of each."""
    by_task: defaultdict[str | None, list[PastDecision]] = defaultdict(list)
    for decision in past:
        if decision.propensity and decision.quality is not None and decision.candidate_label in decision.tied:
            by_task[decision.task].append(decision)
    contrasts = []
    for task, drawn in by_task.items():
        for pair in combinations(sorted({label for decision in drawn for label in decision.tied}), 2):
            contrast = _contrast(task, pair, [decision for decision in drawn if set(pair) <= set(decision.tied)])
            if contrast is not None:
                contrasts.append(contrast)
    return tuple(contrasts)


def _contrast(task: str | None, pair: tuple[str, str], drawn: Sequence[PastDecision]) -> DrawnContrast | None:
    from scipy.stats import t

    sides = [[decision for decision in drawn if decision.candidate_label == label] for label in pair]
    if min(map(len, sides)) < MIN_OUTCOMES:
        return None
    (mean, variance), (other_mean, other_variance) = (_weighted_mean(side) for side in sides)
    difference, se = mean - other_mean, math.sqrt(variance + other_variance)
    freedom = min(map(len, sides)) - 1
    reach = float(t.ppf(0.975, freedom)) * se
    p = float(2 * t.sf(abs(difference) / se, freedom)) if se else float(difference == 0)
    return DrawnContrast(
        task=task,
        candidate=pair[0],
        other=pair[1],
        n_outcomes=len(sides[0]),
        n_outcomes_other=len(sides[1]),
        difference=difference,
        low=difference - reach,
        high=difference + reach,
        p_value=p,
    )


def _weighted_mean(side: Sequence[PastDecision]) -> tuple[float, float]:
    """Hájek's mean with its variance by linearisation, enlarged for few outcomes as a sample variance is."""
    weights = [1 / (decision.propensity or 1.0) for decision in side]
    values = [decision.quality or 0.0 for decision in side]
    total, n = sum(weights), len(side)
    mean = sum(w * y for w, y in zip(weights, values, strict=True)) / total
    spread = sum((w * (y - mean)) ** 2 for w, y in zip(weights, values, strict=True))
    return mean, spread / total**2 * n / (n - 1)
