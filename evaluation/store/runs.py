"""Stored runs: their status, tags, archiving and deletion."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.errors import ConfigurationError, StoreError, UnknownNameError
from evaluation.files.names import checked_name, normal_name
from evaluation.formatting import excerpt
from evaluation.records.candidates import MetricUse
from evaluation.records.runs import RunCandidatePlan, RunCandidateRecord, RunPlan, RunRecord
from evaluation.records.status import Status
from evaluation.store.holders import held_runs
from evaluation.store.record_rows import record_of
from evaluation.store.run_labels import labels_apart
from evaluation.store.session import Store
from evaluation.store.statements import now
from evaluation.store.summaries import derived_status
from evaluation.store.tables import holder, holder_run, invocation, run, run_candidate


def set_run_status(store: Store, run_id: str, status: Status, *, reason: str | None = None) -> None:
    """Set status and reason of a run.

    `running` sets the start once, an end sets the finish, `running` again clears it. Take hold of a run before it is
    `running`: without a living holder it reads as `interrupted`.

    Raises:
        StoreError: `interrupted` is derived, never stored.
        UnknownNameError: no such run.
    """
    values = {**_at_status(run, status), "reason": reason}
    with store.write() as connection:
        changed = connection.execute(sa.update(run).where(run.c.id == run_id).values(values))
    if not changed.rowcount:
        raise _unknown_run(store, run_id)


def set_run_candidate_status(
    store: Store, run_candidate_id: int, status: Status, *, given_up_reason: str | None = None
) -> None:
    """Set the status of one candidate of a run."""
    values = {**_at_status(run_candidate, status), "given_up_reason": given_up_reason}
    with store.write() as connection:
        changed = connection.execute(
            sa.update(run_candidate).where(run_candidate.c.id == run_candidate_id).values(values)
        )
    if not changed.rowcount:
        raise StoreError(f"{store.shown_url} holds no candidate {run_candidate_id} of a run", "Was the run deleted?")


def _at_status(table: sa.Table, status: Status) -> dict[str, Any]:
    if status is Status.INTERRUPTED:
        raise StoreError("'interrupted' is derived from the run's holders and never stored", "Set 'cancelled'")
    if status is Status.PLANNED:
        return {"status": status.value}
    if status is Status.RUNNING:
        started_at = sa.func.coalesce(table.c.started_at, sa.bindparam("moment", now(), type_=table.c.started_at.type))
        return {"status": status.value, "started_at": started_at, "finished_at": None}
    return {"status": status.value, "finished_at": now()}


def find_run(store: Store, id_or_prefix: str) -> RunRecord:
    """Return the newest run that is not archived for `last`, else the run with that id or a unique prefix of it.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: several runs have that prefix.
    """
    with store.read() as connection:
        row = _newest(connection) if id_or_prefix == "last" else _named(connection, id_or_prefix)
        loaded = [] if row is None else _records(connection, [row])
    if not loaded:
        raise _unknown_run(store, id_or_prefix)
    return loaded[0]


def _newest(connection: Connection) -> RowMapping | None:
    newest = sa.select(run).where(run.c.archived_at.is_(None)).order_by(run.c.created_at.desc(), run.c.id.desc())
    return connection.execute(newest.limit(1)).mappings().first()


def _named(connection: Connection, prefix: str) -> RowMapping | None:
    """Return the row of the run with this id, else of the one whose id begins so."""
    exact = connection.execute(sa.select(run).where(run.c.id == prefix)).mappings().first()
    if exact is not None or not prefix:
        return exact
    alike = sa.select(run).where(run.c.id.startswith(prefix, autoescape=True)).order_by(run.c.id).limit(6)
    rows = connection.execute(alike).mappings().all()
    if len(rows) > 1:
        ids = ", ".join(row["id"] for row in rows)
        raise ConfigurationError(f"several runs begin with {prefix!r}: {ids}", "Give more of the id")
    return next(iter(rows), None)


def _unknown_run(store: Store, id_or_prefix: str) -> UnknownNameError:
    newest = sa.select(run.c.id).order_by(run.c.created_at.desc()).limit(40)
    with store.read() as connection:
        recent_ids = connection.execute(newest).scalars().all()
    return UnknownNameError("run", id_or_prefix, recent_ids, "See `benchwright runs list`", is_newest=True)


def runs_of_invocation(store: Store, invocation_id: str) -> tuple[RunRecord, ...]:
    """Return all runs of an invocation, in the order in which they were planned."""
    with store.read() as connection:
        return _load(connection, run.c.invocation_id == invocation_id)


def load_runs(store: Store, run_ids: Sequence[str]) -> tuple[RunRecord, ...]:
    """Return the runs with these ids, in their order; those that were deleted are left out."""
    with store.read() as connection:
        loaded = {each.plan.run_id: each for each in _load(connection, run.c.id.in_(run_ids))}
    return tuple(loaded[run_id] for run_id in run_ids if run_id in loaded)


def _load(connection: Connection, condition: sa.ColumnElement[bool]) -> tuple[RunRecord, ...]:
    rows = connection.execute(sa.select(run).where(condition).order_by(run.c.created_at, run.c.id)).mappings().all()
    return _records(connection, rows)


def _records(connection: Connection, rows: Sequence[RowMapping]) -> tuple[RunRecord, ...]:
    """Return the runs of these rows with their candidates; asks for holders and labels only where they matter."""
    of_runs = sa.select(run_candidate).where(run_candidate.c.run_id.in_([row["id"] for row in rows]))
    candidates: dict[str, list[RowMapping]] = {row["id"]: [] for row in rows}
    for candidate in connection.execute(of_runs.order_by(run_candidate.c.id)).mappings():
        candidates[candidate["run_id"]].append(candidate)
    running = [
        row["id"] for row in rows if any(each["status"] == Status.RUNNING for each in (row, *candidates[row["id"]]))
    ]
    doubled = [run_id for run_id, of_run in candidates.items() if len({each["label"] for each in of_run}) < len(of_run)]
    held = held_runs(connection, running)
    apart = labels_apart(connection, doubled) if doubled else {}
    return tuple(_record(row, candidates[row["id"]], apart, is_held=row["id"] in held) for row in rows)


def _record(row: RowMapping, of_run: Sequence[RowMapping], apart: Mapping[int, str], *, is_held: bool) -> RunRecord:
    candidates = tuple(_candidate_record(each, apart, is_held=is_held) for each in of_run)
    status = derived_status(row["status"], is_held=is_held)
    return record_of(RunRecord, row, plan=_plan(row), status=status, candidates=candidates)


def _plan(row: RowMapping) -> RunPlan:
    metrics = tuple(MetricUse(name=name, signature=signature) for name, signature in row["metrics"])
    return record_of(RunPlan, row, run_id=row["id"], limit=row["case_limit"], metrics=metrics)


def _candidate_record(row: RowMapping, apart: Mapping[int, str], *, is_held: bool) -> RunCandidateRecord:
    plan = record_of(RunCandidatePlan, row, label=apart.get(row["id"], row["label"]))
    status = derived_status(row["status"], is_held=is_held)
    return record_of(RunCandidateRecord, row, run_candidate_id=row["id"], plan=plan, status=status)


def tag_run(
    store: Store, run_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = (), favourite: bool | None = None
) -> tuple[str, ...]:
    """Change the tags of a run and return them.

    Raises:
        UnknownNameError: no such run.
        ConfigurationError: a tag that cannot be a name.
    """
    add = [checked_name(tag, what=f"the tag {excerpt(tag, 60)!r}") for tag in add]
    remove = [*remove, *(normal_name(tag) for tag in remove)]
    with store.write() as connection:
        tags = connection.execute(sa.select(run.c.tags).where(run.c.id == run_id).with_for_update()).scalar()
        if tags is not None:
            tags = [tag for tag in dict.fromkeys([*tags, *add]) if tag not in remove]
            values: Mapping[str, Any] = {"tags": tags} | ({} if favourite is None else {"favourite": favourite})
            connection.execute(sa.update(run).where(run.c.id == run_id).values(**values))
    if tags is None:
        raise _unknown_run(store, run_id)
    return tuple(tags)


def archive_run(store: Store, run_id: str, *, archived: bool = True) -> None:
    """Archive a run, or restore it to the lists.

    Raises:
        UnknownNameError: no such run.
    """
    with store.write() as connection:
        moment = now() if archived else None
        changed = connection.execute(sa.update(run).where(run.c.id == run_id).values(archived_at=moment))
    if not changed.rowcount:
        raise _unknown_run(store, run_id)


def delete_run(store: Store, run_id: str) -> None:
    """Remove a run with its outcomes, scores and estimates, and its invocation where no other run is left.

    Raises:
        StoreError: it is running and somebody holds it.
        UnknownNameError: no such run.
    """
    with store.write() as connection:
        columns = (run.c.status, run.c.invocation_id)
        row = connection.execute(sa.select(*columns).where(run.c.id == run_id).with_for_update()).first()
        if row is not None:
            if row.status == Status.RUNNING and held_runs(connection, [run_id]):
                raise StoreError(f"run {run_id!r} is still running and was not deleted", "Cancel it first, or wait")
            connection.execute(sa.delete(run).where(run.c.id == run_id))
            _delete_childless(connection, row.invocation_id)
    if row is None:
        raise _unknown_run(store, run_id)


def _delete_childless(connection: Connection, invocation_id: str) -> None:
    no_run = ~sa.exists().where(run.c.invocation_id == invocation_id)
    connection.execute(sa.delete(invocation).where(invocation.c.id == invocation_id, no_run))
    no_runs = ~sa.exists().where(holder_run.c.holder_id == holder.c.id)
    makes_a_plan = sa.and_(holder.c.flow_run_id.is_not(None), holder.c.ended_at.is_(None))  # and has no runs yet
    connection.execute(sa.delete(holder).where(no_runs, ~makes_a_plan))
