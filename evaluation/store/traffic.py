"""Stored calls in production, recorded or imported."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.policies import ServedCall
from evaluation.records.question_context import context_as_json, context_from_json
from evaluation.records.traffic_calls import ENDED_BY_CLIENT, NOBODY, TrafficCall, TrafficStage, refusal_of
from evaluation.store.deleting import delete_rows
from evaluation.store.record_rows import record_of
from evaluation.store.served_calls import save_served, served_by_row
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import traffic, traffic_import, traffic_stage

_AT_ONCE = 500
_PLAIN = (
    "call_id",
    "task",
    "candidate",
    "started_at",
    "duration_s",
    "ok",
    "error_type",
    "prompt_tokens",
    "output_tokens",
    "input",
    "output",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficCount:
    """Counts of one candidate on one task."""

    task: str
    candidate: str
    n_calls: int
    n_failed: int
    n_refused: int
    """Calls of the gateway for which nobody was asked: no candidate's failures."""
    mean_duration_s: float
    """Mean over the calls that did not fail, or over all if all failed."""
    prompt_tokens: int | None
    """Total over the calls that report them, None if none does; the same applies to the output's."""
    output_tokens: int | None
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficImport:
    """A file of calls, as imported."""

    import_id: str
    source: str
    n_calls: int
    """Calls that were not stored before."""
    imported_at: datetime


def save_traffic(store: Store, calls: Sequence[TrafficCall]) -> int:
    """Store calls, all or none, and return how many are new; existing ones are left as they are."""
    if not calls:
        return 0
    with store.write() as connection:
        return _save(connection, calls, import_id=None)


def save_traffic_import(
    store: Store, *, sha256: str, source: str, calls: Iterable[TrafficCall]
) -> tuple[TrafficImport, bool]:
    """Store the import of a file and return it, and whether it is new.

    All is stored or nothing, even where iterating over `calls` raises.
    """
    same = traffic_import.c.id == sha256
    with store.write() as connection:
        existing = connection.execute(sa.select(traffic_import).where(same)).mappings().first()
        if existing is not None:
            return _import(existing), False
        row = {"id": sha256, "source": source, "n_calls": 0, "imported_at": now()}
        connection.execute(sa.insert(traffic_import), [row])
        n_new, rest = 0, iter(calls)
        while page := list(islice(rest, _AT_ONCE)):
            n_new += _save(connection, page, import_id=sha256)
        connection.execute(sa.update(traffic_import).where(same).values(n_calls=n_new))
        return _import(connection.execute(sa.select(traffic_import).where(same)).mappings().one()), True


def find_traffic_import(store: Store, sha256: str) -> TrafficImport | None:
    """Return the import of the file with that hash; None where it was not imported."""
    with store.read() as connection:
        query = sa.select(traffic_import).where(traffic_import.c.id == sha256)
        row = connection.execute(query).mappings().first()
    return None if row is None else _import(row)


def list_traffic(
    store: Store,
    *,
    task: str | None = None,
    candidate: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    ok: bool | None = None,
    limit: int | None = None,
    before: str | None = None,
) -> tuple[TrafficCall, ...]:
    """Call with their steps, the oldest first.

    Args:
        store: Where they are.
        task: Of this one alone, like the next one.
        candidate: Who answered.
        since: Begun at this moment or later.
        until: Begun before this moment.
        ok: True: those that did not fail; False: those that did; None: both.
        limit: Number of newest ones to return.
        before: Only calls older than the one with this id.

    Raises:
        ConfigurationError: there is no call `before`.
    """
    query = _filtered(sa.select(traffic), task=task, candidate=candidate, since=since, until=until)
    if before is not None:
        begin, number = _place_of(store, before)
        is_same_time = sa.and_(traffic.c.started_at == begin, traffic.c.id < number)
        query = query.where(sa.or_(traffic.c.started_at < begin, is_same_time))
    if ok is not None:
        query = query.where(traffic.c.ok.is_(ok))
    newest_first = query.order_by(traffic.c.started_at.desc(), traffic.c.id.desc()).limit(limit)
    with store.read() as connection:
        rows = connection.execute(newest_first).mappings().all()
        ids = [row["id"] for row in rows]
        stages, served = _stages(connection, ids), served_by_row(connection, ids)
    return tuple(_call(row, stages.get(row["id"], []), served.get(row["id"])) for row in reversed(rows))


def _place_of(store: Store, call_id: str) -> tuple[datetime, int]:
    query = sa.select(traffic.c.started_at, traffic.c.id).where(traffic.c.call_id == call_id)
    with store.read() as connection:
        place = connection.execute(query).first()
    if place is None:
        raise ConfigurationError(
            f"the call {call_id!r}, behind which the page begins, is gone", "Begin with the first page."
        )
    return place[0], place[1]


def count_traffic(
    store: Store,
    *,
    task: str | None = None,
    candidate: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[TrafficCount, ...]:
    """Return the call counts of each candidate for each task, by name; the filters are those of `list_traffic`."""
    of = traffic.c
    answered, is_refused = sa.case((of.ok.is_(True), of.duration_s)), says_nothing()
    counts = sa.select(
        of.task,
        of.candidate,
        sa.func.count().label("n_calls"),
        sa.func.sum(sa.case((sa.or_(of.ok.is_(True), is_refused), 0), else_=1)).label("n_failed"),
        sa.func.sum(sa.case((is_refused, 1), else_=0)).label("n_refused"),
        sa.func.coalesce(sa.func.avg(answered), sa.func.avg(of.duration_s)).label("mean_duration_s"),
        # PostgreSQL's sums of whole numbers are decimals.
        *(sa.func.sum(of[name]).label(name) for name in ("prompt_tokens", "output_tokens")),
        sa.func.min(of.started_at).label("first_at"),
        sa.func.max(of.started_at).label("last_at"),
    )
    query = _filtered(counts, task=task, candidate=candidate, since=since, until=until)
    with store.read() as connection:
        rows = connection.execute(query.group_by(of.task, of.candidate)).mappings().all()
    totals = (_count(row) for row in rows)
    return tuple(sorted(totals, key=lambda total: (total.task, total.candidate)))


def says_nothing() -> sa.ColumnElement[bool]:
    """Return the condition of calls that say nothing about a candidate: for want of one, or by their client's doing."""
    of = traffic.c
    is_ended_by_client = sa.func.coalesce(of.error_type, "").in_(ENDED_BY_CLIENT)
    return sa.or_(of.candidate == NOBODY, sa.and_(of.ok.is_(False), is_ended_by_client))


def _filtered(
    query: sa.Select[Any],
    *,
    task: str | None,
    candidate: str | None,
    since: datetime | None,
    until: datetime | None,
) -> sa.Select[Any]:
    of = traffic.c
    for column, value in ((of.task, task), (of.candidate, candidate)):
        if value is not None:
            query = query.where(column == value)
    if since is not None:
        query = query.where(of.started_at >= since)
    return query if until is None else query.where(of.started_at < until)


def _save(connection: Connection, calls: Sequence[TrafficCall], *, import_id: str | None) -> int:
    fresh: dict[str, TrafficCall] = {}
    for call in calls:
        fresh.setdefault(call.call_id, call)
    for call_id in _ids(connection, fresh):
        del fresh[call_id]
    rows = [
        {name: getattr(call, name) for name in _PLAIN}
        | {"import_id": import_id, "context": context_as_json(call.context)}
        for call in fresh.values()
    ]
    upsert(connection, traffic, rows, key=["call_id"])
    ids = _ids(connection, fresh)
    stages = [
        {
            "traffic_id": ids[call.call_id],
            "position": position,
            "name": stage.name,
            "duration_s": stage.duration_s,
            "n_tokens": stage.tokens,
        }
        for call in fresh.values()
        for position, stage in enumerate(call.stages)
    ]
    upsert(connection, traffic_stage, stages, key=["traffic_id", "position"])
    save_served(connection, tuple(fresh.values()), ids)
    return len(fresh)


def _ids(connection: Connection, call_ids: Iterable[str]) -> dict[str, int]:
    ids: dict[str, int] = {}
    rest = iter(call_ids)
    while page := list(islice(rest, _AT_ONCE)):
        query = sa.select(traffic.c.call_id, traffic.c.id).where(traffic.c.call_id.in_(page))
        ids.update((row.call_id, row.id) for row in connection.execute(query))
    return ids


def _stages(connection: Connection, ids: Sequence[int]) -> dict[int, list[TrafficStage]]:
    of = traffic_stage.c
    stages: dict[int, list[TrafficStage]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = sa.select(traffic_stage).where(of.traffic_id.in_(ids[start : start + _AT_ONCE])).order_by(of.position)
        for row in connection.execute(query):
            stage = TrafficStage(name=row.name, duration_s=row.duration_s, tokens=row.n_tokens)
            stages.setdefault(row.traffic_id, []).append(stage)
    return stages


def _call(row: RowMapping, stages: Sequence[TrafficStage], served: ServedCall | None) -> TrafficCall:
    context = context_from_json(row["context"])
    refusal = refusal_of(row["candidate"], row["error_type"])
    return record_of(TrafficCall, row, stages=tuple(stages), served=served, context=context, refusal=refusal)


def _count(row: RowMapping) -> TrafficCount:
    return record_of(
        TrafficCount,
        row,
        n_failed=int(row["n_failed"]),
        n_refused=int(row["n_refused"]),
        mean_duration_s=float(row["mean_duration_s"]),
        prompt_tokens=_whole(row["prompt_tokens"]),
        output_tokens=_whole(row["output_tokens"]),
    )


def _whole(summed: Any) -> int | None:
    return None if summed is None else int(summed)


def _import(row: RowMapping) -> TrafficImport:
    return record_of(TrafficImport, row, import_id=row["id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgettable:
    """Criteria of calls to delete; at least one of the three is given."""

    task: str | None = None
    candidate: str | None = None
    import_id: str | None = None

    def __post_init__(self) -> None:
        if (self.task, self.candidate, self.import_id) == (None, None, None):
            raise ConfigurationError("which calls are to be forgotten?", "Give --task, --candidate or --import.")

    def wanted(self) -> sa.ColumnElement[bool]:
        """Return the condition that a call to be deleted fulfils."""
        of = traffic.c
        filters = ((of.task, self.task), (of.candidate, self.candidate), (of.import_id, self.import_id))
        return sa.and_(*(column == value for column, value in filters if value is not None))


def count_forgettable(store: Store, which: Forgettable) -> int:
    """Return how many calls `forget_traffic` would delete."""
    with store.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(traffic).where(which.wanted())).scalar_one()


def forget_traffic(store: Store, which: Forgettable) -> int:
    """Delete calls with their steps and return how many; an import of which no call is left can be repeated."""
    n_deleted = delete_rows(store, traffic, which.wanted())
    forget_empty_imports(store, sa.true() if which.import_id is None else traffic_import.c.id == which.import_id)
    return n_deleted


def forget_empty_imports(store: Store, condition: sa.ColumnElement[bool]) -> None:
    """Delete imports that have no calls left, since their files could not be imported again otherwise."""
    has_calls = sa.exists().where(traffic.c.import_id == traffic_import.c.id)
    with store.write() as connection:
        connection.execute(sa.delete(traffic_import).where(condition, ~has_calls))


def find_import_id(store: Store, name_or_id: str) -> str:
    """Return the id of the import with this id, a prefix of it, or this file name.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: there are several.
    """
    with store.read() as connection:
        rows = connection.execute(sa.select(traffic_import.c.id, traffic_import.c.source)).all()
    matches = [row.id for row in rows if name_or_id and (row.id.startswith(name_or_id) or row.source == name_or_id)]
    if not matches:
        names = [f"{row.source} ({row.id[:12]})" for row in rows]
        raise UnknownNameError("import of calls", name_or_id, names)
    if len(matches) > 1:
        ids = ", ".join(import_id[:12] for import_id in matches)
        raise ConfigurationError(f"{len(matches)} imports are called {name_or_id!r}", f"Give one of their ids: {ids}")
    return str(matches[0])
