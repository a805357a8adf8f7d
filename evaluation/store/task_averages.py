"""What answers of recent runs took, and what their candidates scored, by run: sums that averages are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from evaluation.store.benchmarks import task_types
from evaluation.store.headlines import headline_values
from evaluation.store.kept_readings import kept_or_read_all
from evaluation.store.session import Store
from evaluation.store.tables import generation, run, run_candidate

_N_SUMS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSums:
    """Sums over the outcomes of a run, and the means of its candidates."""

    run_id: str
    task: str
    headline: str
    n: int
    """Outcomes."""
    n_failed: int
    """Failures of the server, and the candidates' own."""
    n_timed: int
    """Answers with a time of their own: those of earlier runs have none."""
    seconds: float
    n_tokened: int
    tokens: int
    """Output tokens of those answers that have a count."""
    values: tuple[tuple[str, float], ...]
    """Label and mean of the headline of each candidate that has one."""


def sums_of_runs(store: Store, run_ids: Sequence[str]) -> tuple[RunSums, ...]:
    """Return the sums of each run, in the order of the ids; those of long runs that have ended are kept."""
    query = sa.select(run.c.id, run.c.benchmark_version, run.c.headline).where(run.c.id.in_(sorted(set(run_ids))))
    with store.read() as connection:
        rows = {row.id: row for row in connection.execute(query)}
    tasks = task_types(store, [row.benchmark_version for row in rows.values()])
    values = headline_values(store, list(rows))
    sums = kept_or_read_all(store, list(rows), "averages", None, partial(_read, store))
    return tuple(
        RunSums(
            run_id=run_id,
            task=tasks.get(rows[run_id].benchmark_version) or "",
            headline=rows[run_id].headline,
            n=int(sums[run_id][0]),
            n_failed=int(sums[run_id][1]),
            n_timed=int(sums[run_id][2]),
            seconds=float(sums[run_id][3]),
            n_tokened=int(sums[run_id][4]),
            tokens=int(sums[run_id][5]),
            values=tuple((each.candidate, each.value) for each in values.get(run_id, ())),
        )
        for run_id in run_ids
        if run_id in rows
    )


def _read(store: Store, run_ids: Sequence[str]) -> dict[str, list[float]]:
    of = generation.c
    is_fresh = sa.and_(of.failure_kind.is_(None), of.own_failure.is_(None), sa.not_(of.reused))
    query = (
        sa.select(
            run_candidate.c.run_id,
            sa.func.count(),
            sa.func.count(of.failure_kind) + sa.func.count(of.own_failure),
            sa.func.count(sa.case((is_fresh, of.total_s))),
            sa.func.coalesce(sa.func.sum(sa.case((is_fresh, of.total_s))), 0.0),
            sa.func.count(sa.case((is_fresh, of.output_tokens))),
            sa.cast(sa.func.coalesce(sa.func.sum(sa.case((is_fresh, of.output_tokens))), 0), sa.BigInteger),
        )
        .join(run_candidate, run_candidate.c.id == of.run_candidate_id)
        .where(run_candidate.c.run_id.in_(run_ids))
        .group_by(run_candidate.c.run_id)
    )
    with store.read() as connection:
        read = {run_id: [float(each) for each in sums] for run_id, *sums in connection.execute(query)}
    return {run_id: read.get(run_id, [0.0] * _N_SUMS) for run_id in run_ids}
