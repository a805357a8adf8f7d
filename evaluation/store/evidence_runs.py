"""The runs that provide the evidence on a task."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from evaluation.store.evidence_base import EvidenceBase
from evaluation.store.session import Store
from evaluation.store.tables import benchmark, run, run_candidate


def runs_behind(store: Store, *, task: str, keys: Collection[str]) -> tuple[list[tuple[str, str]], int]:
    """Return the newest run of each benchmark that asked at least two of these candidates.

    Args:
        store: The store.
        task: Task of the benchmarks.
        keys: Keys of the candidates.

    Returns:
        Run id and benchmark name of each of these runs, the newest first, and how many runs and imports the task has in
        all.
    """
    with store.read() as connection:
        base = EvidenceBase.read(connection)
    keys_by_run: dict[str, set[str]] = {}
    newest: dict[str, str] = {}
    shown: dict[str, str] = {}
    for candidate in base.asked:  # in the order in which they were stored
        if candidate.yardstick.task != task:
            continue
        of_run = keys_by_run.setdefault(candidate.yardstick.run_id, set())
        of_run.add(candidate.key)
        if len(of_run & set(keys)) > 1:
            newest.pop(candidate.yardstick.name, None)
            newest[candidate.yardstick.name] = candidate.yardstick.run_id
            shown[candidate.yardstick.run_id] = candidate.yardstick.benchmark_name
    return [(run_id, shown[run_id]) for run_id in reversed(newest.values())], len(keys_by_run) + len(base.imports)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRun:
    """A run that asked candidates the cases of a task."""

    run_id: str
    benchmark: str
    """Name of the benchmark."""
    n_candidates: int
    """How many of the candidates it asked."""
    created_at: datetime


def runs_that_asked(
    store: Store, *, task: str | None, keys: Collection[str], until: datetime, limit: int
) -> tuple[EvidenceRun, ...]:
    """Return the runs of a task that asked any of these candidates until a moment, the newest first.

    Args:
        store: The store.
        task: Task of the benchmarks; None: any.
        keys: Keys of the candidates.
        until: When the run was created at the latest.
        limit: Maximum number of runs.
    """
    of_version = sa.and_(benchmark.c.version == run.c.benchmark_version, benchmark.c.name == run.c.benchmark_name)
    n_candidates = sa.func.count(run_candidate.c.candidate_fingerprint.distinct())
    columns = (run.c.id, run.c.benchmark_name, run.c.created_at)
    query = (
        sa.select(*columns, n_candidates)
        .join(run_candidate, run_candidate.c.run_id == run.c.id)
        .join(benchmark, of_version)
        .where(run_candidate.c.candidate_fingerprint.in_(keys), run.c.created_at <= until)
        .group_by(*columns)
        .order_by(run.c.created_at.desc(), run.c.id)
        .limit(limit)
    )
    if task is not None:
        query = query.where(benchmark.c.task_type == task)
    with store.read() as connection:
        return tuple(
            EvidenceRun(run_id=run_id, benchmark=name, n_candidates=n, created_at=created_at)
            for run_id, name, created_at, n in connection.execute(query)
        )
