"""What is old enough to go, what of it is needed still, and how does it go?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.errors import UnknownNameError
from evaluation.store.deleting import delete_rows
from evaluation.store.forgetting_traffic import forget_empty_imports
from evaluation.store.holders import held_runs
from evaluation.store.records import Status
from evaluation.store.runs import delete_run
from evaluation.store.session import Store
from evaluation.store.tables import (
    annotation,
    comparison,
    experiment_run,
    generation,
    gpu_sample,
    holder,
    holder_run,
    race,
    recommendation,
    run,
    run_candidate,
    sweep,
    traffic,
    traffic_import,
)

_IDS_AT_ONCE = 500


class Kept(StrEnum):
    """Why an old run stays; all but those that are held may be given up."""

    HELD = "held"
    """Somebody works on it."""
    FAVOURITES = "favourites"
    EXPERIMENTS = "experiments"
    """It belongs to one."""
    COMPARISONS = "comparisons"
    """A stored one was made from it."""
    SEARCHES = "searches"
    """A race or a sweep was made of it."""
    NOTES = "notes"
    """Somebody wrote one on it, or on a case of it."""


MAY_GO = tuple(kept for kept in Kept if kept is not Kept.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """What is older than a moment: what would go, and what stays although it is old."""

    before: datetime
    run_ids: tuple[str, ...]
    """Runs that would go, the oldest first."""
    n_answers: int
    """Outcomes of those runs."""
    n_gpu_samples: int
    n_recommendations: int
    n_calls: int
    """In production."""
    n_kept: Mapping[Kept, int]
    """Old runs that stay, by reason; a run may have several."""

    @property
    def is_nothing(self) -> bool:
        """True where nothing would go."""
        return not (self.run_ids or self.n_gpu_samples or self.n_recommendations or self.n_calls)


def read_kept(names: Collection[str]) -> frozenset[Kept]:
    """The reasons of these names.

    Raises:
        UnknownNameError: there is none of that name, or it holds whatever is said.
    """
    allowed = [str(kept) for kept in MAY_GO]
    for name in names:
        if name not in allowed:
            raise UnknownNameError("kind of run that is kept", name, allowed)
    return frozenset(map(Kept, names))


def find_old(store: Store, before: datetime, *, also: Collection[Kept] = ()) -> Old:
    """What `prune` would delete; nothing is deleted.

    Args:
        store: Where to look.
        before: Runs that ended earlier are old; so are GPU samples taken, calls in production begun, and
            recommendations made and reported on, earlier. A run that never ended is not.
        also: Reasons that keep no run this time.
    """
    with store.read() as connection:
        ended = sa.select(run.c.id).where(_has_ended(before)).order_by(run.c.finished_at, run.c.id)
        old = connection.execute(ended).scalars().all()
        keeping = _keeping(connection)
        n_kept = {
            kept: n for kept, ids in keeping.items() if kept not in also and (n := sum(one in ids for one in old))
        }
        staying = frozenset[str]().union(*(ids for kept, ids in keeping.items() if kept not in also))
        run_ids = tuple(one for one in old if one not in staying)
        return Old(
            before=before,
            run_ids=run_ids,
            n_answers=_n_answers(connection, run_ids),
            n_gpu_samples=_count(connection, gpu_sample, _is_old_sample(before, keeping[Kept.HELD])),
            n_recommendations=_count(connection, recommendation, _is_old_recommendation(before)),
            n_calls=_count(connection, traffic, traffic.c.started_at < before),
            n_kept=n_kept,
        )


def prune(store: Store, agreed: Old, *, also: Collection[Kept] = ()) -> Old:
    """What was deleted of what was agreed to: a run that was taken up, or marked to be kept, meanwhile stays.

    Raises:
        StoreError: a run was taken up at this very moment; those before it are gone.
    """
    wanted = frozenset(agreed.run_ids)
    still = find_old(store, agreed.before, also=also)
    run_ids = tuple(one for one in still.run_ids if one in wanted)
    with store.read() as connection:
        n_answers = _n_answers(connection, run_ids)
        held = _keeping(connection)[Kept.HELD]
    # Samples first: with their invocation they would go in one transaction, however many there are.
    n_samples = delete_rows(store, gpu_sample, _is_old_sample(agreed.before, held))
    n_recommendations = delete_rows(store, recommendation, _is_old_recommendation(agreed.before))
    n_calls = delete_rows(store, traffic, traffic.c.started_at < agreed.before)
    forget_empty_imports(store, traffic_import.c.imported_at < agreed.before)
    for run_id in run_ids:
        delete_run(store, run_id)
    return Old(
        before=agreed.before,
        run_ids=run_ids,
        n_answers=n_answers,
        n_gpu_samples=n_samples,
        n_recommendations=n_recommendations,
        n_calls=n_calls,
        n_kept=still.n_kept,
    )


def is_anyone_at_work(store: Store) -> bool:
    """True while a living process holds a run."""
    with store.read() as connection:
        return bool(_held(connection))


def _has_ended(before: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(run.c.finished_at < before, run.c.status != Status.RUNNING)


def _keeping(connection: Connection) -> dict[Kept, frozenset[str]]:
    """Runs by the reason that keeps them."""

    def ids(wanted: sa.Select[tuple[str]]) -> frozenset[str]:
        return frozenset(connection.execute(wanted).scalars())

    searched = [sa.exists().where(table.c.invocation_id == run.c.invocation_id) for table in (race, sweep)]
    compared = connection.execute(sa.select(comparison.c.run_ids)).scalars()
    return {
        Kept.HELD: _held(connection),
        Kept.FAVOURITES: ids(sa.select(run.c.id).where(run.c.favourite)),
        Kept.EXPERIMENTS: ids(sa.select(experiment_run.c.run_id)),
        Kept.COMPARISONS: frozenset(run_id for run_ids in compared for run_id in run_ids),
        Kept.SEARCHES: ids(sa.select(run.c.id).where(sa.or_(*searched))),
        Kept.NOTES: ids(sa.select(annotation.c.run_id).where(annotation.c.run_id.is_not(None))),
    }


def _held(connection: Connection) -> frozenset[str]:
    """Runs that a living process works on."""
    open_ends = (
        sa.select(holder_run.c.run_id)
        .join(holder, holder.c.id == holder_run.c.holder_id)
        .where(holder.c.ended_at.is_(None))
    )
    found = list(connection.execute(open_ends.distinct()).scalars())
    pages = (found[start : start + _IDS_AT_ONCE] for start in range(0, len(found), _IDS_AT_ONCE))
    return frozenset[str]().union(*(held_runs(connection, page) for page in pages))


def _n_answers(connection: Connection, run_ids: Collection[str]) -> int:
    ids = list(run_ids)
    counted = (
        sa.select(sa.func.count())
        .select_from(generation)
        .join(run_candidate, run_candidate.c.id == generation.c.run_candidate_id)
    )
    pages = (ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE))
    return sum(connection.execute(counted.where(run_candidate.c.run_id.in_(page))).scalar_one() for page in pages)


def _is_old_sample(before: datetime, held: Collection[str]) -> sa.ColumnElement[bool]:
    """Taken before, in an invocation whose runs have all ended before: nothing is computed from it any more."""
    goes_on = sa.exists().where(
        run.c.invocation_id == gpu_sample.c.invocation_id,
        sa.or_(run.c.finished_at.is_(None), ~_has_ended(before), run.c.id.in_(held)),
    )
    return sa.and_(gpu_sample.c.sampled_at < before, ~goes_on)


def _is_old_recommendation(before: datetime) -> sa.ColumnElement[bool]:
    of = recommendation.c
    return sa.and_(of.created_at < before, sa.or_(of.reported_at.is_(None), of.reported_at < before))


def _count(connection: Connection, table: sa.Table, wanted: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table).where(wanted)).scalar_one()
