"""Stored recommendations and their outcomes."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cache
from math import isfinite
from numbers import Real
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect, RowMapping

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.selection import RecommendationRecord, ReportedOutcome
from evaluation.store.recommendation_rows import row_of
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import recommendation

_REPORTED = ("quality", "latency_s", "ok")


_MOST_NAMED = 3
"""Newest recommendations named in the error for an unknown id."""


class Writer(Protocol):
    """A store, or a `SqliteStamp` if a write must not count as a change."""

    def write(self) -> AbstractContextManager[Connection]:
        """Open a transaction that is committed at the end, or rolled back on any error, and return its connection."""
        ...


def prepared(store: Store, record: RecommendationRecord) -> dict[str, Any]:
    """Return the record's row as the database's driver takes it, so that storing it later blocks nobody for long.

    Raises:
        StoreError: a number that JSON cannot represent.
        ValueError: a time without its zone.
    """
    processors = _processors(store._engine.dialect)
    row = row_of(record)
    return {name: process(row[name]) if process else row[name] for name, process in processors.items()}


def save_prepared(
    writer: Writer, rows: Sequence[Mapping[str, Any]], outcomes: Sequence[ReportedOutcome] = ()
) -> tuple[str, ...]:
    """Store rows from `prepared` and outcomes, also outcomes of these recommendations, in one transaction; all or none.

    Existing recommendations are left as they are, so that the call can be repeated.

    Returns:
        Ids of outcomes whose recommendation does not exist; nothing is stored of these.
    """
    with writer.write() as connection:
        # Few at a time: between them another thread of the process may go on.
        for start in range(0, len(rows), _AT_ONCE):
            upsert(connection, _PLAIN, rows[start : start + _AT_ONCE], key=["id"])
        return tuple(outcome.recommendation_id for outcome in outcomes if not _report(connection, outcome))


_AT_ONCE = 20
_PLAIN = sa.table("recommendation", *(sa.column(column.name) for column in recommendation.c))
"""The table without column types: values are bound unchanged."""


@cache
def _processors(dialect: Dialect) -> dict[str, Callable[[Any], Any] | None]:
    return {column.name: column.type.dialect_impl(dialect).bind_processor(dialect) for column in recommendation.c}


def report_outcome(
    writer: Writer,
    recommendation_id: str,
    *,
    quality: float | None = None,
    latency_s: float | None = None,
    ok: bool | None = None,
    reported_at: datetime | None = None,
) -> None:
    """Store the outcome of a recommendation, by its id or a unique prefix of it; fields that are None stay unchanged.

    Raises:
        UnknownNameError: nothing was recommended under this id.
        ConfigurationError: nothing is reported, an invalid number, or several ids have that prefix.
    """
    must_be_outcome(quality=quality, latency_s=latency_s, ok=ok)
    store_outcome(
        writer,
        ReportedOutcome(
            recommendation_id=recommendation_id,
            quality=quality,
            latency_s=latency_s,
            ok=ok,
            reported_at=reported_at or now(),
        ),
    )


def store_outcome(writer: Writer, outcome: ReportedOutcome) -> None:
    """Store a checked outcome, as `report_outcome` does.

    Raises:
        UnknownNameError: nothing was recommended under this id.
        ConfigurationError: several ids have that prefix.
    """
    recommendation_id = outcome.recommendation_id
    with writer.write() as connection:
        is_there = _report(connection, outcome)
        recent_ids = [] if is_there else _newest_ids(connection)
        alike = [] if is_there else _beginning_with(connection, recommendation_id)
    if alike:
        raise _several(recommendation_id, alike)
    if not is_there:
        raise _unknown(recommendation_id, recent_ids)


def must_be_outcome(*, quality: float | None, latency_s: float | None, ok: bool | None) -> None:
    """Raise `ConfigurationError` where nothing is reported, or a value that no outcome can have."""
    if quality is None and latency_s is None and ok is None:
        raise ConfigurationError("no outcome is reported", "Give quality, latency_s or ok.")
    if quality is not None and not (_is_number(quality) and 0 <= quality <= 1):
        raise ConfigurationError(
            f"quality is {quality!r}", "Give a share of what can be reached, from 0 to 1: 0.8 for 80 %."
        )
    if latency_s is not None and not (_is_number(latency_s) and latency_s >= 0):
        raise ConfigurationError(f"latency_s is {latency_s!r}", "Give seconds, zero or more.")
    if not (ok is None or isinstance(ok, bool)):
        raise ConfigurationError(f"ok is {ok!r}", "Give True or False.")


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)


def _several(prefix: str, ids: Sequence[str]) -> ConfigurationError:
    return ConfigurationError(f"several recommendations begin with {prefix!r}: {', '.join(ids)}", "Give more of the id")


def find_recommendation(store: Store, id_or_prefix: str) -> RecommendationRecord:
    """Return the newest one for `last`, else the one with that id or a unique prefix of it.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: several ids have that prefix.
    """
    newest_first = sa.select(recommendation).order_by(recommendation.c.created_at.desc(), recommendation.c.id.desc())
    with store.read() as connection:
        if id_or_prefix == "last":
            rows = connection.execute(newest_first.limit(1)).mappings().all()
        else:
            alike = newest_first.where(recommendation.c.id.startswith(id_or_prefix, autoescape=True)).limit(6)
            rows = connection.execute(alike).mappings().all() if id_or_prefix else []
        matches = [row for row in rows if row["id"] == id_or_prefix] or list(rows)
        if len(matches) == 1:
            return _record(matches[0])
        recent_ids = _newest_ids(connection)
    if matches:
        raise _several(id_or_prefix, [row["id"] for row in matches])
    raise _unknown(id_or_prefix, recent_ids)


def list_recommendations(
    store: Store,
    *,
    task: str | None = None,
    candidate_key: str | None = None,
    decided_by: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    reported: bool | None = None,
    with_prompts: bool = True,
    limit: int | None = None,
    before: tuple[datetime, str] | None = None,
) -> tuple[RecommendationRecord, ...]:
    """Recommendations with their outcomes, the oldest first.

    Args:
        store: Where they are.
        task: For this one alone, like the next two.
        candidate_key: Of the one that was named.
        decided_by: As it was said.
        since: Recommended at this moment or later.
        until: Recommended before this moment.
        reported: True: with an outcome; False: without; None: both.
        with_prompts: False leaves their texts out, which are most of what is read.
        limit: Number of newest ones to return.
        before: Only those older than the one of this moment and id, which need not be stored any more.
    """
    of = recommendation.c
    columns = [column for column in of if with_prompts or column.name != "prompt"]
    query = sa.select(*columns, *([] if with_prompts else [sa.null().label("prompt")]))
    for column, value in ((of.task, task), (of.candidate_key, candidate_key), (of.decided_by, decided_by)):
        if value is not None:
            query = query.where(column == value)
    if since is not None:
        query = query.where(of.created_at >= since)
    if until is not None:
        query = query.where(of.created_at < until)
    if before is not None:
        moment, recommendation_id = before
        is_same_time = sa.and_(of.created_at == moment, of.id < recommendation_id)
        query = query.where(sa.or_(of.created_at < moment, is_same_time))
    if reported is not None:
        query = query.where(of.reported_at.is_not(None) if reported else of.reported_at.is_(None))
    newest_first = query.order_by(of.created_at.desc(), of.id.desc()).limit(limit)
    with store.read() as connection:
        rows = connection.execute(newest_first).mappings().all()
    return tuple(_record(row) for row in reversed(rows))


def newest_outcomes(store: Store, *, since: datetime | None, limit: int) -> tuple[RowMapping, ...]:
    """Return the reported outcomes of recommendations that named a candidate, the oldest first.

    Args:
        store: The store.
        since: Reported at this moment or later; None: ever.
        limit: Maximum number; the newest are kept.

    Returns:
        Rows of id, task, candidate_key, prompt_hash, quality, ok and reported_at.
    """
    of = recommendation.c
    query = sa.select(of.id, of.task, of.candidate_key, of.prompt_hash, of.quality, of.ok, of.reported_at)
    query = query.where(of.reported_at.is_not(None), of.candidate_key.is_not(None))
    if since is not None:
        query = query.where(of.reported_at >= since)
    with store.read() as connection:
        rows = connection.execute(query.order_by(of.reported_at.desc(), of.id).limit(limit)).mappings().all()
    return tuple(reversed(rows))


def count_outcomes_since(store: Store, moment: datetime | None = None) -> int:
    """Return how many outcomes were reported after a moment; None: ever."""
    query = sa.select(sa.func.count()).where(recommendation.c.reported_at.is_not(None))
    if moment is not None:
        query = query.where(recommendation.c.reported_at > moment)
    with store.read() as connection:
        return connection.execute(query).scalar_one()


def _report(connection: Connection, outcome: ReportedOutcome) -> bool:
    """Store an outcome with the recommendation of its id, or with the only one whose id begins with it.

    Returns:
        True where the outcome is stored.
    """
    values = {name: getattr(outcome, name) for name in _REPORTED if getattr(outcome, name) is not None}
    changed = sa.update(recommendation).values(**values, reported_at=outcome.reported_at)
    if connection.execute(changed.where(recommendation.c.id == outcome.recommendation_id)).rowcount:
        return True
    alike = _beginning_with(connection, outcome.recommendation_id)
    return len(alike) == 1 and bool(connection.execute(changed.where(recommendation.c.id == alike[0])).rowcount)


def _beginning_with(connection: Connection, prefix: str) -> list[str]:
    """Return up to six ids that begin with a prefix; none where the prefix is empty."""
    alike = sa.select(recommendation.c.id).where(recommendation.c.id.startswith(prefix, autoescape=True)).limit(6)
    return list(connection.execute(alike).scalars()) if prefix else []


def _newest_ids(connection: Connection) -> list[str]:
    newest = sa.select(recommendation.c.id).order_by(recommendation.c.created_at.desc(), recommendation.c.id.desc())
    return list(connection.execute(newest.limit(_MOST_NAMED)).scalars())


def _unknown(id_or_prefix: str, newest: Sequence[str]) -> UnknownNameError:
    step = "`benchwright recommend` makes one; its last line holds the id."
    if newest:
        step = "These are the newest; `benchwright selection recommendations` lists them, and `last` is the newest."
    return UnknownNameError("recommendation", id_or_prefix, newest, step, is_newest=True)


def _record(row: RowMapping) -> RecommendationRecord:
    return record_of(RecommendationRecord, row, recommendation_id=row["id"])
