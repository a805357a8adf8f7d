"""Analysis of recommendations: from the decisions stored, the outcomes reported, and today's evidence.

What outcomes are used for, and what not. An outcome is seen only of the candidate that was named, and candidates are
named where they look good. So outcomes tell how a candidate does against its own expectation (drift), and a drift of
quality is a reason to evaluate and to train again (`reason_to_retrain`). They never enter the scoreboard and move no
ranking. Answers drawn at random among the tied (`recommend(explore=…)`) are compared with one another here, by inverse
propensity (`Analytics.drawn`); they do not enter the scoreboard either.

A case that only one candidate was asked says nothing of the difference between two: the two-way fit of the scoreboard
takes it up whole in the effect of the case. So outcomes of recommendations move no ranking, whoever reports them: the
candidate that looked better was given the questions on which it looked better. The exception is `explore`, by which
some answers are drawn at random among the tied, each with a known probability. Among decisions that could have named
either of two, the outcomes of each are weighted by the inverse of that probability (Hájek's ratio; Horvitz & Thompson
1952, doi:10.1080/01621459.1952.10483446), and their difference is a fair comparison.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.stats.intervals import wilson_interval
from selection.analytics.regret import Regret, judged, regret_over_time
from selection.decisions.drift import Drift, drifts, reason_to_retrain
from selection.decisions.past_decisions import PastDecision
from selection.recommender.registry import recommender_of
from selection.scoreboard import Predictor, Scoreboard

if TYPE_CHECKING:
    from evaluation.store.session import Store

MIN_OUTCOMES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnContrast:
    """Comparison of two candidates on a task by the outcomes of draws between them."""

    task: str | None
    candidate: str
    other: str
    n_outcomes: int
    n_outcomes_other: int
    difference: float
    """Mean quality of the candidate minus that of the other."""
    low: float
    high: float
    """Upper end of the 95 % interval."""
    p_value: float
    """Unadjusted p-value: compare it with .05 divided by the number of contrasts."""


def drawn_contrasts(past: Sequence[PastDecision]) -> tuple[DrawnContrast, ...]:
    """Return the contrast of every two candidates drawn between, with at least six outcomes of each."""
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
    """Return Hájek's mean with its variance by linearisation, enlarged for few outcomes as a sample variance is."""
    weights = [1 / (decision.propensity or 1.0) for decision in side]
    values = [decision.quality or 0.0 for decision in side]
    total, n = sum(weights), len(side)
    mean = sum(w * y for w, y in zip(weights, values, strict=True)) / total
    spread = sum((w * (y - mean)) ** 2 for w, y in zip(weights, values, strict=True))
    return mean, spread / total**2 * n / (n - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share with its 95 % interval (Wilson)."""

    value: float
    low: float
    high: float
    n: int
    """Size of the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analytics:
    """Quality of the recommendations of a period."""

    n_recommendations: int
    n_outcomes: int
    """Number of recommendations with a reported outcome."""
    abstained: Share | None
    """Share of recommendations that named no candidate. None, here and below: there are none to count."""
    right: Share | None
    """Share of right recommendations among those that named a candidate and that today's evaluations can judge.

    Right is today's choice, or a candidate not told from the best. Where outcomes contradict the evaluations,
    these judge nothing.
    """
    ok: Share | None
    """Of those reported with `ok`: useful answers."""
    by_decider: tuple[tuple[str, int], ...]
    """Number of recommendations by decider (`scoreboard`, `rules`, or a selection model's version), most first."""
    drifts: tuple[Drift, ...]
    regret: tuple[Regret, ...]
    drawn: tuple[DrawnContrast, ...]
    n_contradicted: int = 0
    """Recommendations not judged by evaluations, since outcomes of the candidate on the task contradict them."""

    @property
    def drifted(self) -> tuple[Drift, ...]:
        """Drifts beyond chance."""
        return tuple(drift for drift in self.drifts if drift.has_drifted)

    @property
    def contradicted(self) -> tuple[Drift, ...]:
        """Drifts by which answers are worse than evaluations say."""
        return tuple(drift for drift in self.drifts if drift.contradicts)

    @property
    def reason_to_retrain(self) -> str | None:
        """The most significant drift of a quality, as text; None where there is none."""
        return reason_to_retrain(self.drifts)


def analyse(
    *,
    store: "str | Path | Store | None" = None,
    task: str | None = None,
    since: datetime | None = None,
    step: timedelta = timedelta(days=7),
) -> Analytics:
    """Return the quality of the stored recommendations.

    Args:
        store: A path, a URL or an open store; None: the database that the command uses.
        task: Only recommendations for this task; None: all.
        since: Only recommendations from this time on (timezone-aware); None: all.
        step: Length of the periods of regret.

    Raises:
        ConfigurationError: an invalid argument.
        StoreError: the store is away.
    """
    recommender = recommender_of(store)
    recommender.log.flush()
    view = recommender.view()
    return analysed(recommender.book.past(task=task, since=since), view.scoreboard, view.champion, step=step)


def analysed(
    past: Sequence[PastDecision],
    today: Scoreboard,
    predictor: Predictor | None = None,
    *,
    step: timedelta = timedelta(days=7),
) -> Analytics:
    """Return the quality of these decisions.

    Args:
        past: The decisions.
        today: Current scoreboard.
        predictor: The selection model that decides now.
        step: Length of the periods of regret.
    """
    drifted = drifts(past)
    contradicted = {(drift.task, drift.candidate_key) for drift in drifted if drift.contradicts}
    # What evaluations would call right there is what outcomes call wrong: nobody knows which candidate would be.
    left = [decision for decision in past if (decision.task, decision.candidate_key) not in contradicted]
    judgements = judged(left, today, predictor)
    said_ok = [decision.ok for decision in past if decision.ok is not None]
    return Analytics(
        n_recommendations=len(past),
        n_outcomes=sum(decision.has_outcome for decision in past),
        abstained=_share([decision.candidate_key is None for decision in past]),
        right=_share([judgement.is_right for judgement in judgements]),
        n_contradicted=len(past) - len(left),
        ok=_share(said_ok),
        by_decider=_by_decider(past),
        drifts=drifted,
        regret=regret_over_time(judgements, step=step),
        drawn=drawn_contrasts(past),
    )


def _share(claims: Sequence[bool]) -> Share | None:
    if not claims:
        return None
    n = len(claims)
    interval = wilson_interval(sum(claims), n)
    return Share(value=sum(claims) / n, low=interval.low, high=interval.high, n=n)


def _by_decider(past: Sequence[PastDecision]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(decision.decided_by for decision in past if decision.candidate_key is not None).most_common())
