"""Retention: which runs are kept whatever their age, and why."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.errors import UnknownNameError
from evaluation.records.runs import BASELINE, BASELINE_RUNS
from evaluation.records.status import Status
from evaluation.store.holders import held_runs
from evaluation.store.monitored_metrics import yardsticks
from evaluation.store.run_labels import series_labels
from evaluation.store.tables import (
    annotation,
    answer_tag,
    comparison,
    experiment_run,
    generation,
    holder,
    holder_run,
    monitor_look,
    race,
    review,
    run,
    run_candidate,
    score,
    sweep,
)

IDS_AT_ONCE = 500


class RetentionReason(StrEnum):
    """Why an old run is kept; every reason except `HELD` can be overridden."""

    HELD = "held"
    """A process works on it."""
    FAVOURITES = "favourites"
    BASELINES = "baselines"
    """It is tagged as a baseline, or the monitor compares newer runs with it."""
    EVIDENCE = "evidence"
    """The newest scored run of a candidate on a benchmark version, on which recommendations are based."""
    REVIEWS = "reviews"
    """People rated its answers, or will."""
    EXPERIMENTS = "experiments"
    """It belongs to an experiment."""
    COMPARISONS = "comparisons"
    """A stored comparison is based on it."""
    SEARCHES = "searches"
    """A race or a sweep is based on it."""
    NOTES = "notes"
    """A person wrote a note on it or on one of its cases."""


WHY: Mapping[RetentionReason, str] = {
    RetentionReason.HELD: "in use by a running command or flow run",
    RetentionReason.FAVOURITES: "marked as favourites",
    RetentionReason.BASELINES: "tagged as baselines, or the monitor compares newer runs with them",
    RetentionReason.EVIDENCE: "the newest scored run of a candidate on a benchmark; recommendations use it",
    RetentionReason.REVIEWS: "part of a review",
    RetentionReason.EXPERIMENTS: "part of an experiment",
    RetentionReason.COMPARISONS: "part of a stored comparison",
    RetentionReason.SEARCHES: "part of a race or a sweep",
    RetentionReason.NOTES: "have notes",
}
MAY_GO = tuple(kept for kept in RetentionReason if kept is not RetentionReason.HELD)


def read_retention_reasons(names: Collection[str]) -> frozenset[RetentionReason]:
    """Return the retention reasons of these names.

    Raises:
        UnknownNameError: there is none of that name, or it cannot be overruled.
    """
    allowed = [str(kept) for kept in MAY_GO]
    for name in names:
        if name not in allowed:
            raise UnknownNameError("kind of run that is kept", name, allowed)
    return frozenset(map(RetentionReason, names))


def find_retention_reasons(connection: Connection, before: datetime) -> dict[RetentionReason, frozenset[str]]:
    """Return the ids of the runs to keep, by reason.

    Args:
        connection: To the store.
        before: Runs that ended earlier are old; a baseline is needed by runs that are not.
    """

    def ids(query: sa.Select[tuple[str]]) -> frozenset[str]:
        return frozenset(connection.execute(query).scalars())

    searched = [sa.exists().where(table.c.invocation_id == run.c.invocation_id) for table in (race, sweep)]
    return {
        RetentionReason.HELD: find_held(connection),
        RetentionReason.FAVOURITES: ids(sa.select(run.c.id).where(run.c.favourite)),
        RetentionReason.BASELINES: _baselines(connection, before),
        RetentionReason.EVIDENCE: _evidence(connection),
        RetentionReason.REVIEWS: _named_in(connection, review.c.run_ids),
        RetentionReason.EXPERIMENTS: ids(sa.select(experiment_run.c.run_id)),
        RetentionReason.COMPARISONS: _named_in(connection, comparison.c.run_ids),
        RetentionReason.SEARCHES: ids(sa.select(run.c.id).where(sa.or_(*searched))),
        RetentionReason.NOTES: ids(sa.select(annotation.c.run_id).where(annotation.c.run_id.is_not(None)))
        | ids(sa.select(answer_tag.c.run_id)),
    }


def _named_in(connection: Connection, run_ids: sa.Column[Any]) -> frozenset[str]:
    return frozenset(run_id for ids in connection.execute(sa.select(run_ids)).scalars() for run_id in ids)


def find_held(connection: Connection) -> frozenset[str]:
    """Return the runs that a living process works on."""
    open_ends = (
        sa.select(holder_run.c.run_id)
        .join(holder, holder.c.id == holder_run.c.holder_id)
        .where(holder.c.ended_at.is_(None))
    )
    run_ids = list(connection.execute(open_ends.distinct()).scalars())
    pages = (run_ids[start : start + IDS_AT_ONCE] for start in range(0, len(run_ids), IDS_AT_ONCE))
    return frozenset[str]().union(*(held_runs(connection, page) for page in pages))


def _baselines(connection: Connection, before: datetime) -> frozenset[str]:
    """Return the runs tagged as baseline, and the first runs of each monitored series without a tagged one."""
    rows = connection.execute(sa.select(run.c.id, run.c.tags).where(run.c.archived_at.is_(None)))
    tagged = frozenset(run_id for run_id, tags in rows if BASELINE in tags)
    series: defaultdict[tuple[str, str, str], list[sa.Row[Any]]] = defaultdict(list)
    apart = series_labels(connection)
    for row in connection.execute(_ended_candidates()):
        label = apart.get((row.label, row.candidate_fingerprint), row.label)
        series[row.benchmark_version, row.benchmark_name, label].append(row)
    first = (_first(group, tagged, before) for group in series.values())
    return tagged.union(*first)


def _ended_candidates() -> sa.Select[Any]:
    """Return the query for the candidates of ended runs with what monitoring found of them, the oldest first."""
    of, run_of, look = run_candidate.c, run.c, monitor_look.c
    return (
        sa.select(run_of.id, run_of.benchmark_version, run_of.benchmark_name, run_of.status, run_of.finished_at)
        .add_columns(of.label, of.candidate_fingerprint, of.given_up_reason, look.looked_at, look.quality)
        .join(run_candidate, of.run_id == run_of.id)
        .outerjoin(monitor_look, look.run_candidate_id == of.id)
        .where(run_of.status.in_((Status.COMPLETED.value, Status.FAILED.value)), run_of.archived_at.is_(None))
        .order_by(run_of.created_at, of.id)
    )


def _first(group: Sequence[sa.Row[Any]], tagged: Collection[str], before: datetime) -> frozenset[str]:
    """Return the first runs of a series as its baseline.

    Where none is tagged, and monitoring watches runs of the series that are not old.
    """
    is_watched = any(row.looked_at is not None and row.finished_at and row.finished_at >= before for row in group)
    if not is_watched or any(row.id in tagged for row in group):
        return frozenset()
    fit = [row for row in group if row.status == Status.COMPLETED.value and row.given_up_reason is None]
    return frozenset([row.id for row in fit if not (row.quality or {}).get("is_below")][:BASELINE_RUNS])


def _evidence(connection: Connection) -> frozenset[str]:
    """Return scored runs that are still needed as evidence.

    A run is needed where no newer one that ended well measures a candidate by the same yardstick on as many cases.
    """
    names = {yardstick.run_id: yardstick.name for yardstick in yardsticks(connection)}
    is_scored = (
        sa.exists()
        .where(generation.c.run_candidate_id == run_candidate.c.id)
        .where(score.c.generation_id == generation.c.id)
    )
    query = (
        sa.select(run.c.id, run.c.n_cases, run.c.status, run_candidate.c.candidate_fingerprint)
        .add_columns(run_candidate.c.given_up_reason)
        .join(run_candidate, run_candidate.c.run_id == run.c.id)
        .where(is_scored)
        .order_by(run.c.created_at.desc(), run.c.id.desc())
    )
    most: dict[tuple[str, str], int] = {}
    kept = set()
    for row in connection.execute(query):
        place = (row.candidate_fingerprint, names.get(row.id, ""))
        if row.id not in names or row.n_cases <= most.get(place, 0):
            continue
        kept.add(row.id)
        if row.status == Status.COMPLETED.value and row.given_up_reason is None:
            most[place] = row.n_cases
    return frozenset(kept)
