"""What tests store and read and production does not: single outcomes, all comparisons, samples, one kind of stamp."""

from collections.abc import Sequence

import sqlalchemy as sa

from evaluation.records.outcomes import OutcomeRow
from evaluation.records.selection import RecommendationRecord, ReportedOutcome
from evaluation.store.comparisons import ComparisonRecord, find_comparison
from evaluation.store.evidence_stamp import ServerStamp
from evaluation.store.gpu_samples import GpuSample
from evaluation.store.outcome_rows import insert_outcomes
from evaluation.store.recommendations import Writer, prepared, save_prepared
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.sqlite_stamp import SqliteStamp
from evaluation.store.tables import comparison, gpu_sample


def save_outcomes(store: Store, rows: Sequence[OutcomeRow]) -> None:
    """Store outcomes in one transaction, as the writer does."""
    with store.write() as connection:
        insert_outcomes(connection, rows)


def list_comparisons(store: Store) -> tuple[ComparisonRecord, ...]:
    """Return the comparisons with their pairs, newest first."""
    newest_first = sa.select(comparison.c.id).order_by(comparison.c.created_at.desc(), comparison.c.id.desc())
    with store.read() as connection:
        ids = connection.execute(newest_first).scalars().all()
    return tuple(find_comparison(store, comparison_id) for comparison_id in ids)


def gpu_samples(store: Store, invocation_id: str, endpoint: str) -> list[GpuSample]:
    """Return the samples of an endpoint's GPUs, by time."""
    of = gpu_sample.c
    query = sa.select(gpu_sample).where(of.invocation_id == invocation_id, of.endpoint == endpoint)
    with store.read() as connection:
        rows = connection.execute(query.order_by(of.sampled_at, of.id)).mappings()
        return [record_of(GpuSample, row) for row in rows]


def stamp_of(store: Store) -> SqliteStamp | ServerStamp:
    """Return the stamp of an open store."""
    return SqliteStamp(store.path) if store.dialect == "sqlite" else ServerStamp(store)


def save_recommendations(
    store: Store,
    records: Sequence[RecommendationRecord],
    outcomes: Sequence[ReportedOutcome] = (),
    *,
    writer: Writer | None = None,
) -> tuple[str, ...]:
    """Store recommendations and outcomes as `save_prepared` does, by way of the store or of another writer."""
    return save_prepared(writer or store, [prepared(store, record) for record in records], outcomes)
