"""Past scoring speed of metrics that use a backend, from the times at which scores were stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from evaluation.records.candidates import MetricUse
from evaluation.store.scores import metric_key
from evaluation.store.session import Store
from evaluation.store.tables import generation, metric, run_candidate, score, score_failure

_NEWEST = 2_000
"""Scores that are read, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredThen:
    """A stored score or score failure with its time."""

    run_id: str
    signature: str
    stored_at: datetime


def known_metrics(store: Store) -> tuple[MetricUse, ...]:
    """Return every metric known to this store, by name and signature."""
    query = sa.select(metric.c.name, metric.c.signature).order_by(metric.c.name, metric.c.signature)
    with store.read() as connection:
        return tuple(MetricUse(name=row.name, signature=row.signature) for row in connection.execute(query))


def newest_scores(store: Store, signatures: Sequence[str]) -> tuple[StoredThen, ...]:
    """Return when the newest scores on these metrics, or their failures, were stored, the oldest of them first."""
    keys = {metric_key(signature): signature for signature in signatures}
    stored_scores: list[StoredThen] = []
    with store.read() as connection:
        for table, moment in ((score, score.c.scored_at), (score_failure, score_failure.c.failed_at)):
            query = (
                sa.select(run_candidate.c.run_id, table.c.metric_key, moment.label("stored_at"))
                .join(generation, generation.c.id == table.c.generation_id)
                .join(run_candidate, run_candidate.c.id == generation.c.run_candidate_id)
                .where(table.c.metric_key.in_(sorted(keys)))
                .order_by(moment.desc())
                .limit(_NEWEST)
            )
            stored_scores += [
                StoredThen(run_id=row.run_id, signature=keys[row.metric_key], stored_at=row.stored_at)
                for row in connection.execute(query)
            ]
    return tuple(sorted(stored_scores, key=lambda stored_score: stored_score.stored_at)[-_NEWEST:])
