"""Conversion of values for SQLite's driver as in `evaluation.store.columns`, without SQLAlchemy."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from evaluation.errors import StoreError
from evaluation.store.safe_text import escape_text


def to_json(value: Any) -> str:
    """Return the value as a column of JSON holds it.

    Raises:
        StoreError: it is not plain JSON.
    """
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StoreError(
            f"not storable as JSON: {error}", "Store plain JSON: no NaN, no infinity, no objects"
        ) from error


def sqlite_value(value: Any) -> Any:
    """Return the value as it is bound: texts escaped, times in UTC, lists and mappings as JSON.

    Raises:
        StoreError: a number that JSON cannot represent.
        ValueError: a time without its zone.
    """
    if isinstance(value, str):
        return escape_text(value)
    if isinstance(value, dict | list):
        return to_json(value)
    if isinstance(value, datetime):
        return _stored_time(value)
    return value


def _stored_time(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone; give datetime.now(UTC) or another aware datetime")
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"


def time_of(stored: str) -> datetime:
    """Return the stored moment."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)


def insert_new(connection: sqlite3.Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of bound values; existing rows with the same `id` are left as they are.

    Args:
        connection: In a transaction.
        table: One of ours.
        rows: All with the same columns, those of the table.
    """
    if rows:
        names = list(rows[0])
        places = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places}) ON CONFLICT (id) DO NOTHING"  # noqa: S608
        connection.executemany(statement, [[row[name] for name in names] for row in rows])
