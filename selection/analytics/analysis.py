"""How good were the recommendations? From what was stored of them, what was reported of them, and today's evidence.

What outcomes are used for, and what not. An outcome is seen only of the candidate that was named, and candidates are
named where they look good. So outcomes tell how a candidate does against its own expectation (drift), and a drift of
quality is a reason to evaluate and to train again (`reason_to_retrain`). They never enter the scoreboard and move no
ranking. Answers drawn at random among the tied (`recommend(explore=…)`) are compared with one another here, by inverse
propensity (`Analytics.drawn`); they do not enter the scoreboard either.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.stats.intervals import wilson_interval
from selection.analytics.drawn_contrasts import DrawnContrast, drawn_contrasts
from selection.analytics.regret import Regret, judged, regret_over_time
from selection.decisions.drift import Drift, drifts, reason_to_retrain
from selection.decisions.past_decisions import PastDecision
from selection.recommender.registry import recommender_of
from selection.scoreboard import Predictor, Scoreboard

if TYPE_CHECKING:
    from evaluation.store.session import Store

__all__ = ["Analytics", "Drift", "PastDecision", "Regret", "Share", "analyse", "analysed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share with its 95 % interval (Wilson)."""

    value: float
    low: float
    high: float
    n: int
    """Of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analytics:
    """How good the recommendations of a time were."""

    n_recommendations: int
    n_outcomes: int
    """Recommendations of which something was reported."""
    abstained: Share | None
    """Recommendations that named nobody. None, here and below: of none."""
    right: Share | None
    """Of those that named somebody and that today's evaluations can judge: today's choice, or not told from the best.
    Where outcomes contradict the evaluations, these judge nothing."""
    ok: Share | None
    """Of those reported with `ok`: useful answers."""
    by_decider: tuple[tuple[str, int], ...]
    """Who decided how many: `scoreboard`, `rules`, or a selection model's version; the most first."""
    drifts: tuple[Drift, ...]
    regret: tuple[Regret, ...]
    drawn: tuple[DrawnContrast, ...]
    n_contradicted: int = 0
    """Recommendations that evaluations do not judge, since outcomes of the candidate on the task contradict these."""

    @property
    def drifted(self) -> tuple[Drift, ...]:
        """Those that chance does not explain."""
        return tuple(drift for drift in self.drifts if drift.has_drifted)

    @property
    def contradicted(self) -> tuple[Drift, ...]:
        """Those by which answers are worse than evaluations say."""
        return tuple(drift for drift in self.drifts if drift.contradicts)

    @property
    def reason_to_retrain(self) -> str | None:
        """The surest drift of a quality, in words; None where there is none."""
        return reason_to_retrain(self.drifts)


def analyse(
    *,
    store: "str | Path | Store | None" = None,
    task: str | None = None,
    since: datetime | None = None,
    step: timedelta = timedelta(days=7),
) -> Analytics:
    """Return how good the stored recommendations were.

    Args:
        store: A path, a URL or an open store; None: the database that the command uses.
        task: Only those that named this task; None: all.
        since: Only those from then on (aware); None: all.
        step: The stretches in which regret is told.

    Raises:
        ConfigurationError: an argument that cannot be one.
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
    """Return how good these decisions were.

    Args:
        past: The decisions.
        today: What is known now.
        predictor: The selection model that decides now.
        step: The stretches in which regret is told.
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
