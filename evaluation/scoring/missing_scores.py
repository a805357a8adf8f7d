"""Scores missing because a judge's or an embedder's server failed, and whether they exceed the failure budget."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evaluation.errors import OWN_FAILURES, FailureKind
from evaluation.metrics.metric import ModelMetric
from evaluation.metrics.parsing import parse_metric
from evaluation.store.runs import find_run
from evaluation.store.scores import count_score_failures, scored_metrics
from evaluation.store.session import Store

SERVERS_FAULT = frozenset(
    {
        *(str(kind) for kind in FailureKind if kind not in OWN_FAILURES),
        "judge_given_up",
        "judge_not_loaded",
        "embedder_not_loaded",
    }
)
"""Kinds of score failure that are independent of the answer and may be resolved by a retry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingScores:
    """Scores of a candidate that failed because of the server of a metric's model."""

    run_candidate_id: int
    label: str
    metric: str
    model: str
    n_scored: int
    kinds: Mapping[str, int]
    """Number of missing scores by kind."""

    @property
    def n_missing(self) -> int:
        """Number of missing scores in all."""
        return sum(self.kinds.values())

    def __str__(self) -> str:
        whom = f"{self.metric} by {self.model}" if self.model else self.metric
        kinds = ", ".join(f"{n:,} {kind}" for kind, n in sorted(self.kinds.items()))
        return (
            f"{whom}: {self.n_scored:,} of {self.n_scored + self.n_missing:,} answers of {self.label} scored, "
            f"{self.n_missing:,} missing ({kinds})"
        )


def missing_scores(store: Store, run_id: str, metrics: Sequence[str]) -> Iterator[MissingScores]:
    """Yield the missing scores by candidate and metric, where there are any.

    Args:
        store: The store with the scores.
        run_id: Id of the run.
        metrics: The metrics to check, as `parse_metric` reads them.
    """
    models = {metric.signature: _model(metric) for metric in map(parse_metric, metrics)}
    for candidate in find_run(store, run_id).candidates:
        n_scored = {use.signature: n for use, n in scored_metrics(store, candidate.run_candidate_id)}
        for use, kinds in count_score_failures(store, candidate.run_candidate_id):
            of_server = {kind: n for kind, n in kinds.items() if kind in SERVERS_FAULT and n}
            if of_server and use.signature in models:
                yield MissingScores(
                    run_candidate_id=candidate.run_candidate_id,
                    label=candidate.plan.label,
                    metric=use.name,
                    model=models[use.signature],
                    n_scored=n_scored.get(use.signature, 0),
                    kinds=of_server,
                )


def _model(metric: object) -> str:
    return metric.model if isinstance(metric, ModelMetric) else ""


def too_many_missing(store: Store, run_id: str, metrics: Sequence[str], budgets: Mapping[int, int]) -> str | None:
    """Return why the run's scoring failed, in a sentence; None where no budget is exceeded.

    Args:
        store: The store with the scores.
        run_id: Id of the run.
        metrics: The metrics to be scored, as `parse_metric` reads them.
        budgets: How many scores may be missing, by run-candidate id: as many as answers may.
    """
    sentences = [
        str(missing)
        for missing in missing_scores(store, run_id, metrics)
        if missing.n_missing > budgets.get(missing.run_candidate_id, 0)
    ]
    return "; ".join(sentences) if sentences else None
