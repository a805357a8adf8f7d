"""Values of a benchmark's candidates in earlier runs, read from estimates and never from cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from evaluation.records.status import Status
from evaluation.scores import Estimate
from evaluation.store.record_rows import record_of
from evaluation.store.run_cases import has_case_choice
from evaluation.store.run_labels import labels_apart
from evaluation.store.scores import metric_key
from evaluation.store.session import Store
from evaluation.store.tables import benchmark, estimate, race, run, run_candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierValue:
    """A candidate's value in one run."""

    run_id: str
    made_at: datetime
    label: str
    digest: str | None
    server_version: str | None
    estimate: Estimate


def values_over_runs(store: Store, run_id: str, signature: str, *, most: int = 20) -> tuple[EarlierValue, ...]:
    """Return the values of a run's candidates in it and in earlier runs, the oldest first.

    Only runs of the same cases count, by the same metric and for candidates of the same names, whatever their weights
    and servers were then. Archived and unfinished runs do not count, and a race has no earlier ones.

    Args:
        store: The store.
        run_id: The last run.
        signature: Signature of the metric.
        most: Maximum number of runs; the newest are kept.
    """
    of_run = (run.c.benchmark_version, run.c.benchmark_name, run.c.created_at, run.c.n_cases, run.c.seed)
    n_in_benchmark = (
        sa.select(sa.func.max(benchmark.c.n_cases))
        .where(benchmark.c.version == run.c.benchmark_version)
        .scalar_subquery()
        .label("n_in_benchmark")
    )
    last = (
        sa.select(*of_run, n_in_benchmark, race.c.invocation_id.label("race_id"))
        .outerjoin(race, race.c.invocation_id == run.c.invocation_id)
        .where(run.c.id == run_id)
    )
    names = sa.select(run_candidate.c.id, run_candidate.c.label).where(run_candidate.c.run_id == run_id)
    with store.read() as connection:
        of_last = connection.execute(last).one()
        same = sa.and_(
            run.c.benchmark_version == of_last.benchmark_version,
            run.c.benchmark_name == of_last.benchmark_name,
            run.c.created_at <= of_last.created_at,
            has_case_choice(of_last.n_cases, of_last.n_in_benchmark, of_last.seed, race_id=of_last.race_id),
            run.c.archived_at.is_(None),
            sa.or_(run.c.id == run_id, run.c.status == str(Status.COMPLETED)),
        )
        apart = labels_apart(connection, sa.select(run.c.id).where(same))
        labels = {apart.get(row_id, label) for row_id, label in connection.execute(names)}
        query = (
            sa.select(
                run_candidate.c.id,
                run.c.id.label("run_id"),
                run.c.created_at,
                run_candidate.c.label,
                run_candidate.c.digest,
                run_candidate.c.server_version,
                *(estimate.c[name] for name in ("value", "low", "high", "n_cases", "method", "confidence_level")),
            )
            .join(run_candidate, run_candidate.c.run_id == run.c.id)
            .join(estimate, estimate.c.run_candidate_id == run_candidate.c.id)
            .where(same, sa.or_(run_candidate.c.label.in_(labels), run_candidate.c.id.in_(sorted(apart))))
            .where(estimate.c.metric_key == metric_key(signature), estimate.c.quantity == "mean")
            .order_by(run.c.created_at, run.c.id, run_candidate.c.id)
        )
        rows = connection.execute(query).mappings()
        values = [
            record_of(
                EarlierValue,
                row,
                made_at=row["created_at"],
                label=apart.get(row["id"], row["label"]),
                estimate=record_of(Estimate, row),
            )
            for row in rows
        ]
    return _newest([value for value in values if value.label in labels], most)


def _newest(values: Sequence[EarlierValue], most: int) -> tuple[EarlierValue, ...]:
    kept = list(dict.fromkeys(value.run_id for value in values))[-most:]
    return tuple(value for value in values if value.run_id in kept)
