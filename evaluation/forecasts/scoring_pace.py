"""Pace of scores on metrics that ask a model or run programs: the mean interval between stored ones."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from evaluation.metrics.metric import Metric
from evaluation.metrics.parsing import metric_of
from evaluation.store.past_scoring import StoredThen, known_metrics, newest_scores
from evaluation.store.session import Store

LONGEST_PAUSE_S = 600.0
"""After a longer one somebody began again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringPace:
    """Time per request over the newest scores."""

    n_scores: int
    newest_at: datetime
    request_s: float
    """Mean, at the concurrency of that time."""


def n_requests(metric: Metric) -> int:
    """Return the number of requests for one score: a pair is judged in both orders."""
    return 2 if hasattr(metric, "against") else 1


def scoring_pace(store: Store, is_meant: Callable[[Metric], bool]) -> ScoringPace | None:
    """Return the pace of scoring with those metrics; None where too few scores were stored to tell.

    Scores are stored in batches: each batch took the time since the batch before it. The first one of a run does not
    count, since its start is unknown.

    Args:
        store: Where the scores are.
        is_meant: Which metrics count, whatever their options: those that ask one judge, say.
    """
    weights = {
        use.signature: n_requests(metric)
        for use in known_metrics(store)
        if (metric := metric_of(use.name, use.signature)) is not None and is_meant(metric)
    }
    scores = newest_scores(store, list(weights)) if weights else ()
    n_asked, seconds = 0, 0.0
    for run_id in dict.fromkeys(score.run_id for score in scores):
        batches = _batches([score for score in scores if score.run_id == run_id], weights)
        for (before, _), (moment, n) in pairwise(batches):
            pause = (moment - before).total_seconds()
            if pause <= LONGEST_PAUSE_S:
                n_asked, seconds = n_asked + n, seconds + pause
    if not n_asked:
        return None
    return ScoringPace(n_scores=len(scores), newest_at=scores[-1].stored_at, request_s=seconds / n_asked)


def _batches(scores: list[StoredThen], weights: dict[str, int]) -> list[tuple[datetime, int]]:
    """Return the moments at which scores were stored, each with the number of requests behind them."""
    counted: Counter[datetime] = Counter()
    for score in scores:
        counted[score.stored_at] += weights[score.signature]
    return sorted(counted.items())
