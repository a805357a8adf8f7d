"""The runs of races and sweeps, found by id or as the newest of their kind."""

import sqlalchemy as sa

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.runs import RunRecord
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from evaluation.store.tables import race, run, sweep

_TABLES = {"race": race, "sweep": sweep}


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
            raise UnknownNameError(kind, id_or_prefix, (), f"`benchwright {kind} --help` says how to begin one.")
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


def _holds(store: Store, table: sa.Table, invocation_id: str) -> bool:
    with store.read() as connection:
        row = connection.execute(sa.select(table.c.invocation_id).where(table.c.invocation_id == invocation_id)).first()
    return row is not None
