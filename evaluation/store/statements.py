"""SQL statements that differ between SQLite and PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def upsert(
    connection: Connection,
    table: sa.TableClause,
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
    update: Sequence[str] = (),
    where: sa.ColumnElement[bool] | None = None,
) -> None:
    """Insert rows; where one with the same `key` exists, set the columns in `update` (none: leave it).

    Args:
        connection: In a transaction of `Store.write`.
        table: The table.
        rows: All with the same columns; may be empty.
        key: Columns of a unique constraint.
        update: Columns that take the new value.
        where: Which existing rows may change; None: all.
    """
    if not rows:
        return
    statement = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)
    if update:
        changed = {name: statement.excluded[name] for name in update}
        statement = statement.on_conflict_do_update(index_elements=key, set_=changed, where=where)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    connection.execute(statement, [dict(row) for row in rows])


def one_at_a_time(connection: Connection, what: str) -> None:
    """Keep other processes from deciding on `what` until this transaction ends; SQLite has but one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"benchwright {what}"))))
