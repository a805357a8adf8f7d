"""Pruning: find runs old enough to delete, the ones still needed, and delete the rest."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.records.status import Status
from evaluation.store.corpus_pruning import Leftovers, delete_leftovers
from evaluation.store.deleting import delete_rows
from evaluation.store.retention import IDS_AT_ONCE, RetentionReason, find_held, find_retention_reasons
from evaluation.store.runs import delete_run
from evaluation.store.session import Store
from evaluation.store.tables import (
    alert,
    generation,
    gpu_sample,
    recommendation,
    run,
    run_candidate,
    traffic,
    traffic_import,
)
from evaluation.store.traffic import forget_empty_imports

_UNSEEN = timedelta(days=7)
"""Time without an update after which a lasting alert is over wherever a monitor runs; each look updates it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunableRuns:
    """Data older than a given time: what would be deleted, and what is kept despite its age."""

    before: datetime
    run_ids: tuple[str, ...]
    """Runs that would be deleted, oldest first."""
    n_answers: int
    """Outcomes of those runs."""
    n_gpu_samples: int
    n_recommendations: int
    n_calls: int
    """Calls in production."""
    n_alerts: int
    """Alerts that are over."""
    n_kept: Mapping[RetentionReason, int]
    """Old runs that are kept, by reason; a run may have several."""
    n_staying: int
    """Old runs that are kept, each counted once."""
    leftovers: Leftovers = field(default_factory=Leftovers)
    """Passages, indexes and vectors that were deleted with the last run that referred to them."""

    @property
    def is_nothing(self) -> bool:
        """True where nothing would be deleted."""
        return not (self.run_ids or self.n_gpu_samples or self.n_recommendations or self.n_calls or self.n_alerts)


def find_prunable(store: Store, before: datetime, *, also: Collection[RetentionReason] = ()) -> PrunableRuns:
    """Return what `prune` would delete, without deleting anything.

    Args:
        store: The store.
        before: Runs that ended earlier are old; so are GPU samples taken, calls in production begun, and
            recommendations made and reported on, earlier. A run that never ended is not old. An alert is old if it was
            resolved earlier, or if it is acknowledged and was not seen for a week before.
        also: Retention reasons to ignore this time.
    """
    with store.read() as connection:
        ended = sa.select(run.c.id).where(_has_ended(before)).order_by(run.c.finished_at, run.c.id)
        old = connection.execute(ended).scalars().all()
        keeping = find_retention_reasons(connection, before)
        n_kept = {
            kept: n for kept, ids in keeping.items() if kept not in also and (n := sum(run_id in ids for run_id in old))
        }
        staying = frozenset[str]().union(*(ids for kept, ids in keeping.items() if kept not in also))
        run_ids = tuple(run_id for run_id in old if run_id not in staying)
        return PrunableRuns(
            before=before,
            run_ids=run_ids,
            n_answers=_n_answers(connection, run_ids),
            n_gpu_samples=_count(connection, gpu_sample, _is_old_sample(before, keeping[RetentionReason.HELD])),
            n_recommendations=_count(connection, recommendation, _is_old_recommendation(before)),
            n_calls=_count(connection, traffic, traffic.c.started_at < before),
            n_alerts=_count(connection, alert, _is_old_alert(before)),
            n_kept=n_kept,
            n_staying=len(old) - len(run_ids),
        )


def prune(store: Store, agreed: PrunableRuns, *, also: Collection[RetentionReason] = ()) -> PrunableRuns:
    """Delete what was agreed to and return what was deleted.

    A run that was taken up, or marked to be kept, meanwhile stays.

    Raises:
        StoreError: a run was taken up at this very moment; those before it are already deleted.
    """
    agreed_ids = frozenset(agreed.run_ids)
    still = find_prunable(store, agreed.before, also=also)
    run_ids = tuple(prunable_id for prunable_id in still.run_ids if prunable_id in agreed_ids)
    with store.read() as connection:
        n_answers = _n_answers(connection, run_ids)
        held = find_held(connection)
    # Samples first: with their invocation they would go in one transaction, however many there are.
    n_samples = delete_rows(store, gpu_sample, _is_old_sample(agreed.before, held))
    n_recommendations = delete_rows(store, recommendation, _is_old_recommendation(agreed.before))
    n_calls = delete_rows(store, traffic, traffic.c.started_at < agreed.before)
    forget_empty_imports(store, traffic_import.c.imported_at < agreed.before)
    n_alerts = delete_rows(store, alert, _is_old_alert(agreed.before))
    for run_id in run_ids:
        delete_run(store, run_id)
    leftovers = delete_leftovers(store, agreed.before)
    return PrunableRuns(
        before=agreed.before,
        run_ids=run_ids,
        n_answers=n_answers,
        n_gpu_samples=n_samples,
        n_recommendations=n_recommendations,
        n_calls=n_calls,
        n_alerts=n_alerts,
        n_kept=still.n_kept,
        n_staying=still.n_staying,
        leftovers=leftovers,
    )


def is_anyone_at_work(store: Store) -> bool:
    """Return True while a living process holds a run."""
    with store.read() as connection:
        return bool(find_held(connection))


def _has_ended(before: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(run.c.finished_at < before, run.c.status != Status.RUNNING)


def _n_answers(connection: Connection, run_ids: Collection[str]) -> int:
    ids = list(run_ids)
    counted = (
        sa.select(sa.func.count())
        .select_from(generation)
        .join(run_candidate, run_candidate.c.id == generation.c.run_candidate_id)
    )
    pages = (ids[start : start + IDS_AT_ONCE] for start in range(0, len(ids), IDS_AT_ONCE))
    return sum(connection.execute(counted.where(run_candidate.c.run_id.in_(page))).scalar_one() for page in pages)


def _is_old_sample(before: datetime, held: Collection[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a GPU sample is old.

    It was taken before, in an invocation whose runs have all ended before: nothing is computed from it any more.
    """
    goes_on = sa.exists().where(
        run.c.invocation_id == gpu_sample.c.invocation_id,
        sa.or_(run.c.finished_at.is_(None), ~_has_ended(before), run.c.id.in_(held)),
    )
    return sa.and_(gpu_sample.c.sampled_at < before, ~goes_on)


def _is_old_recommendation(before: datetime) -> sa.ColumnElement[bool]:
    of = recommendation.c
    return sa.and_(of.created_at < before, sa.or_(of.reported_at.is_(None), of.reported_at < before))


def _is_old_alert(before: datetime) -> sa.ColumnElement[bool]:
    """Over, or known and long not seen. A change stays while its run does: else the next look would tell it again."""
    of = alert.c
    is_known = sa.and_(of.acknowledged_at < before, of.seen_at < before - _UNSEEN)
    is_told_anew = sa.and_(of.occurrence != "", sa.exists().where(run.c.id == of.run_id))
    return sa.and_(sa.or_(of.resolved_at < before, is_known), ~is_told_anew)


def _count(connection: Connection, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table).where(condition)).scalar_one()
