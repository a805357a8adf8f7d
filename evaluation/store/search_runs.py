"""The runs of races and sweeps, found by id, as the newest of their kind, or as a list."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.runs import RunRecord
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.tables import race, run, sweep

_TABLES = {"race": race, "sweep": sweep}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRun:
    """The run of a race or a sweep in a list."""

    run_id: str
    kind: str
    """`race` or `sweep`."""
    benchmark: str
    """Name of the benchmark."""
    sentence: str | None
    """The outcome of a race that is over; None for other races and for sweeps, which are analysed when looked at."""
    created_at: datetime


def list_searches(store: Store, *, limit: int | None = 20, before: str | None = None) -> tuple[SearchRun, ...]:
    """Return the runs of races and sweeps that are not archived, newest first.

    With `before`, only runs that stand behind this one in the list: the next page.

    Raises:
        UnknownNameError: there is no run `before`.
    """
    result = race.c.result.label("result")
    columns = (run.c.id, run.c.benchmark_name, run.c.created_at, race.c.invocation_id.label("race"), result)
    either = sa.or_(race.c.invocation_id.is_not(None), sweep.c.invocation_id.is_not(None))
    page = (
        sa.select(*columns)
        .outerjoin(race, race.c.invocation_id == run.c.invocation_id)
        .outerjoin(sweep, sweep.c.invocation_id == run.c.invocation_id)
        .where(either, run.c.archived_at.is_(None))
        .order_by(run.c.created_at.desc(), run.c.id.desc())
    )
    if before is not None:
        begin = find_run(store, before)
        at, run_id = begin.created_at, begin.plan.run_id
        page = page.where(sa.or_(run.c.created_at < at, sa.and_(run.c.created_at == at, run.c.id < run_id)))
    with store.read() as connection:
        rows = connection.execute(page.limit(limit)).mappings().all()
    return tuple(
        SearchRun(
            run_id=row["id"],
            kind="sweep" if row["race"] is None else "race",
            benchmark=row["benchmark_name"],
            sentence=(row["result"] or {}).get("sentence"),
            created_at=row["created_at"],
        )
        for row in rows
    )


def search_kind(store: Store, run_id: str) -> str | None:
    """Return `race` or `sweep`; None where a run is neither."""
    invocation_id = find_run(store, run_id).plan.invocation_id
    return next((kind for kind, table in _TABLES.items() if _holds(store, table, invocation_id)), None)


def find_race_run(store: Store, id_or_prefix: str) -> RunRecord:
    """Return the run of the newest race that is not archived for `last`, else the race's run with that id or prefix.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: the run is not a race, or several runs have that prefix.
    """
    return _find(store, id_or_prefix, kind="race")


def find_sweep_run(store: Store, id_or_prefix: str) -> RunRecord:
    """Return the run of the newest sweep that is not archived for `last`, else the sweep's run with that id or prefix.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: the run is not a sweep, or several runs have that prefix.
    """
    return _find(store, id_or_prefix, kind="sweep")


def _find(store: Store, id_or_prefix: str, *, kind: str) -> RunRecord:
    table = _TABLES[kind]
    if id_or_prefix == "last":
        newest_id = _newest_id(store, table)
        if newest_id is None:
            raise UnknownNameError(
                kind, id_or_prefix, _archived_ids(store, table), f"`benchwright {kind} --help` says how to begin one."
            )
        return find_run(store, newest_id)
    record = find_run(store, id_or_prefix)
    if not _holds(store, table, record.plan.invocation_id):
        run_id = record.plan.run_id
        raise ConfigurationError(
            f"run {run_id} is not a {kind}", f"`last` is the newest {kind}; `benchwright show {run_id}` shows this run."
        )
    return record


def _newest_id(store: Store, table: sa.Table) -> str | None:
    """Return the id of the newest such run that is not archived; None where there is none."""
    newest = (
        sa.select(run.c.id)
        .join(table, table.c.invocation_id == run.c.invocation_id)
        .where(run.c.archived_at.is_(None))
        .order_by(run.c.created_at.desc(), run.c.id.desc())
    )
    with store.read() as connection:
        run_id: str | None = connection.execute(newest.limit(1)).scalar()
    return run_id


def _archived_ids(store: Store, table: sa.Table) -> list[str]:
    """Return the ids of the archived runs of a kind, which can be named though none of them is `last`."""
    of_kind = sa.select(run.c.id).join(table, table.c.invocation_id == run.c.invocation_id)
    newest = of_kind.where(run.c.archived_at.is_not(None)).order_by(run.c.created_at.desc(), run.c.id).limit(40)
    with store.read() as connection:
        return list(connection.execute(newest).scalars())


def _holds(store: Store, table: sa.Table, invocation_id: str) -> bool:
    with store.read() as connection:
        row = connection.execute(sa.select(table.c.invocation_id).where(table.c.invocation_id == invocation_id)).first()
    return row is not None
