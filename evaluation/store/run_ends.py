"""Ends of runs: with a number, or before the first one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from evaluation.records.status import Status
from evaluation.store.holders import held_runs
from evaluation.store.run_labels import labels_apart
from evaluation.store.session import Store
from evaluation.store.summaries import derived_status
from evaluation.store.tables import benchmark, estimate, generation, run, run_candidate

_KINDS = (Status.COMPLETED.value, Status.FAILED.value, Status.RUNNING.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """A run without a living process, and its stored results."""

    run_id: str
    task: str
    benchmark: str
    candidates: tuple[str, ...]
    """Labels."""
    status: Status
    """`completed`, `failed`, or `interrupted` if its process is gone."""
    reason: str | None
    created_at: datetime
    n_calls: int
    """Outcomes, including failures."""
    n_failed: int
    """Failures of the server."""
    n_numbers: int
    """Estimates of metrics."""


def run_ends(store: Store, *, since: datetime) -> tuple[RunEnd, ...]:
    """Return the runs begun since then that have ended or died, without archived ones, the oldest first."""
    same_benchmark = sa.and_(benchmark.c.version == run.c.benchmark_version, benchmark.c.name == run.c.benchmark_name)
    runs = (
        sa.select(run.c.id, run.c.status, run.c.reason, run.c.created_at, run.c.benchmark_name, benchmark.c.task_type)
        .join(benchmark, same_benchmark)
        .where(run.c.status.in_(_KINDS), run.c.archived_at.is_(None), run.c.created_at >= since)
        .order_by(run.c.created_at, run.c.id)
    )
    ids = sa.select(run.c.id).where(run.c.created_at >= since)
    labels = (
        sa.select(run_candidate.c.id, run_candidate.c.run_id, run_candidate.c.label)
        .where(run_candidate.c.run_id.in_(ids))
        .order_by(run_candidate.c.id)
    )
    calls = (
        sa.select(run_candidate.c.run_id, sa.func.count().label("n"), sa.func.count(generation.c.failure_kind))
        .join(generation, generation.c.run_candidate_id == run_candidate.c.id)
        .where(run_candidate.c.run_id.in_(ids))
        .group_by(run_candidate.c.run_id)
    )
    numbers = (
        sa.select(run_candidate.c.run_id, sa.func.count())
        .join(estimate, estimate.c.run_candidate_id == run_candidate.c.id)
        .where(run_candidate.c.run_id.in_(ids))
        .group_by(run_candidate.c.run_id)
    )
    with store.read() as connection:
        rows = connection.execute(runs).mappings().all()
        of_run: dict[str, list[str]] = {}
        apart = labels_apart(connection, ids)
        for row_id, run_id, label in connection.execute(labels):
            of_run.setdefault(run_id, []).append(apart.get(row_id, label))
        n_calls: Mapping[str, tuple[int, int]] = {row[0]: (row[1], row[2]) for row in connection.execute(calls)}
        n_numbers: Mapping[str, int] = {row[0]: row[1] for row in connection.execute(numbers)}
        held = held_runs(connection, [row["id"] for row in rows if row["status"] == Status.RUNNING])
    ends = (
        RunEnd(
            run_id=row["id"],
            task=row["task_type"],
            benchmark=row["benchmark_name"],
            candidates=tuple(of_run.get(row["id"], ())),
            status=derived_status(row["status"], is_held=row["id"] in held),
            reason=row["reason"],
            created_at=row["created_at"],
            n_calls=n_calls.get(row["id"], (0, 0))[0],
            n_failed=n_calls.get(row["id"], (0, 0))[1],
            n_numbers=n_numbers.get(row["id"], 0),
        )
        for row in rows
    )
    return tuple(end for end in ends if end.status is not Status.RUNNING)
