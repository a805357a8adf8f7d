"""Candidates' values on the headline metric, the first one their benchmark names."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from evaluation.store.run_labels import labels_apart
from evaluation.store.session import Store
from evaluation.store.tables import estimate, metric, run, run_candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadlineValue:
    """A candidate's mean."""

    candidate: str
    """Label of the candidate."""
    value: float
    signature: str
    """Signature of the metric."""
    low: float | None = None
    """Lower end of the 95 % interval; None where there is none."""
    high: float | None = None
    """Upper end of it."""


def headline_values(store: Store, run_ids: Collection[str]) -> dict[str, tuple[HeadlineValue, ...]]:
    """Return the headline value of each candidate that has one, by run, in the order of the run's candidates.

    Args:
        store: The store.
        run_ids: Ids of the runs; those with nothing measured yet are left out of the result.
    """
    query = (
        sa.select(
            run.c.id,
            run.c.metrics,
            run_candidate.c.id,
            run_candidate.c.label,
            estimate.c.value,
            metric.c.signature,
            estimate.c.low,
            estimate.c.high,
        )
        .join(run_candidate, run_candidate.c.run_id == run.c.id)
        .join(estimate, estimate.c.run_candidate_id == run_candidate.c.id)
        .join(metric, metric.c.key == estimate.c.metric_key)
        .where(run.c.id.in_(sorted(run_ids)), estimate.c.quantity == "mean", metric.c.name == run.c.headline)
        .order_by(run_candidate.c.id)
    )
    values_by_run: dict[str, list[HeadlineValue]] = {}
    with store.read() as connection:
        apart = labels_apart(connection, run_ids)
        for run_id, metrics, row_id, label, value, signature, low, high in connection.execute(query):
            if signature in {planned for _, planned in metrics}:
                item = HeadlineValue(
                    candidate=apart.get(row_id, label), value=value, signature=signature, low=low, high=high
                )
                values_by_run.setdefault(run_id, []).append(item)
    return {run_id: tuple(values) for run_id, values in values_by_run.items()}
