"""Candidates' means, on the headline metric above all, the first one their benchmark names."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from evaluation.records.candidates import MetricUse
from evaluation.records.scores import EstimateRow
from evaluation.scores import Estimate
from evaluation.store.record_rows import record_of
from evaluation.store.run_labels import labels_apart
from evaluation.store.session import Store
from evaluation.store.tables import estimate, generation, metric, run, run_candidate, score_failure


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


def headline_means(store: Store, run_ids: Collection[str]) -> dict[str, tuple[EstimateRow, ...]]:
    """Return the means of each run on the metrics with its headline's name, by candidate and signature.

    Runs of which nothing is measured yet are left out.
    """
    return _means(store, run_ids, metric.c.name == run.c.headline)


def means_of_runs(store: Store, run_ids: Collection[str]) -> dict[str, tuple[EstimateRow, ...]]:
    """Return the means of each run on all metrics, by candidate, metric and signature; without runs that have none."""
    return _means(store, run_ids, sa.true())


def _means(
    store: Store, run_ids: Collection[str], condition: sa.ColumnElement[bool]
) -> dict[str, tuple[EstimateRow, ...]]:
    query = (
        sa.select(estimate, metric.c.name, metric.c.signature, run_candidate.c.run_id)
        .join(metric, metric.c.key == estimate.c.metric_key)
        .join(run_candidate, run_candidate.c.id == estimate.c.run_candidate_id)
        .join(run, run.c.id == run_candidate.c.run_id)
        .where(run.c.id.in_(sorted(run_ids)), estimate.c.quantity == "mean", condition)
        .order_by(estimate.c.run_candidate_id, metric.c.name, metric.c.signature)
    )
    means: dict[str, list[EstimateRow]] = {}
    with store.read() as connection:
        for row in connection.execute(query).mappings():
            use, value = record_of(MetricUse, row), record_of(Estimate, row)
            means.setdefault(row["run_id"], []).append(record_of(EstimateRow, row, metric=use, estimate=value))
    return {run_id: tuple(rows) for run_id, rows in means.items()}


def failed_headlines(store: Store, run_ids: Collection[str]) -> dict[str, tuple[MetricUse, ...]]:
    """Return the metrics with the name of the run's headline that failed to score answers of it; reads all failures."""
    query = (
        sa.select(run.c.id, metric.c.name, metric.c.signature)
        .join(metric, metric.c.name == run.c.headline)
        .join(score_failure, score_failure.c.metric_key == metric.c.key)
        .join(generation, generation.c.id == score_failure.c.generation_id)
        .join(run_candidate, run_candidate.c.id == generation.c.run_candidate_id)
        .where(run.c.id.in_(sorted(run_ids)), run_candidate.c.run_id == run.c.id)
        .distinct()
        .order_by(metric.c.signature)
    )
    uses: dict[str, list[MetricUse]] = {}
    with store.read() as connection:
        for run_id, name, signature in connection.execute(query):
            uses.setdefault(run_id, []).append(MetricUse(name=name, signature=signature))
    return {run_id: tuple(of_run) for run_id, of_run in uses.items()}
