"""The runs that are a candidate's evidence on a task: one of each benchmark."""

from collections.abc import Collection

import sqlalchemy as sa

from evaluation.records.runs import RunRecord
from evaluation.records.status import Status
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.tables import benchmark, run, run_candidate


def deciding_runs(store: Store, key: str, *, task: str | None, without: Collection[str] = ()) -> tuple[RunRecord, ...]:
    """Return the completed run with the most cases of each benchmark that asked a candidate, of equals the newest.

    Args:
        store: Where they are.
        key: The candidate's fingerprint.
        task: Task of the benchmarks; None: all tasks.
        without: Ids of runs that do not count.
    """
    same = sa.and_(benchmark.c.version == run.c.benchmark_version, benchmark.c.name == run.c.benchmark_name)
    query = (
        sa.select(run.c.id, run.c.benchmark_name)
        .join(run_candidate, run_candidate.c.run_id == run.c.id)
        .join(benchmark, same)
        .where(
            run_candidate.c.candidate_fingerprint == key,
            run_candidate.c.given_up_reason.is_(None),
            run.c.status == Status.COMPLETED.value,
            run.c.archived_at.is_(None),
        )
        .order_by(run.c.n_cases, run.c.created_at, run.c.id)
    )
    if task is not None:
        query = query.where(benchmark.c.task_type == task)
    with store.read() as connection:
        rows = connection.execute(query).all()
    by_benchmark = {row.benchmark_name: row.id for row in rows if row.id not in without}
    return tuple(find_run(store, run_id) for run_id in by_benchmark.values())
