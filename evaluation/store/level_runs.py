"""Invocations that were requested with a level, whose runs a later level may extend."""

from collections.abc import Iterator

import sqlalchemy as sa

from evaluation.records.runs import InvocationRecord
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.tables import invocation, race, run, sweep

_MOST = 200
"""Invocations that are read, at most: the newest."""


def invocations_with_a_level(store: Store, benchmark_version: str) -> Iterator[InvocationRecord]:
    """Yield the evaluations of a benchmark version that were requested with a level, the newest first.

    Races and sweeps extend their runs by rules of their own, and archived runs are extended by nobody.
    """
    of_version = sa.select(run.c.invocation_id).where(
        run.c.benchmark_version == benchmark_version, run.c.archived_at.is_(None)
    )
    query = (
        sa.select(invocation)
        .where(
            invocation.c.id.in_(of_version),
            invocation.c.request["level"].as_string().is_not(None),
            invocation.c.id.not_in(sa.select(race.c.invocation_id)),
            invocation.c.id.not_in(sa.select(sweep.c.invocation_id)),
        )
        .order_by(invocation.c.created_at.desc(), invocation.c.id)
        .limit(_MOST)
    )
    with store.read() as connection:
        rows = connection.execute(query).mappings().all()
    for row in rows:
        yield record_of(InvocationRecord, row, invocation_id=row["id"])
