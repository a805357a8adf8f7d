"""Recommendations as rows of a SQLite file, written and read without loading SQLAlchemy."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from evaluation.records.selection import RecommendationRecord
from evaluation.store.safe_text import unescape_text
from evaluation.store.sqlite_stamp import SqliteStamp
from evaluation.store.sqlite_values import insert_new, sqlite_value, time_of

FIELDS = tuple(field.name for field in fields(RecommendationRecord) if field.name != "recommendation_id")
_OUTCOME = ("id", "task", "candidate_key", "prompt_hash", "quality", "ok", "reported_at")


def row_of(record: RecommendationRecord) -> dict[str, Any]:
    """Return the record's row, in plain values."""
    row = {name: getattr(record, name) for name in FIELDS}
    plain = {
        "constraints": dict(record.constraints),
        "weights": dict(record.weights),
        "expected": dict(record.expected),
        "alternatives": [dict(alternative) for alternative in record.alternatives],
        "tied": list(record.tied),
        "details": dict(record.details),
    }
    return {"id": record.recommendation_id, **row, **plain}


def sqlite_row(record: RecommendationRecord) -> dict[str, Any]:
    """Return the record's row as SQLite's driver takes it.

    Raises:
        StoreError: a number that JSON cannot represent.
        ValueError: a time without its zone.
    """
    return {name: sqlite_value(value) for name, value in row_of(record).items()}


def save_in_file(stamp: SqliteStamp, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows of `sqlite_row` in one transaction; existing ones are left as they are.

    Raises:
        StoreError: the file is unreachable, or cannot be written.
    """
    with stamp.write_plainly() as connection:
        insert_new(connection, "recommendation", rows)


def newest_outcomes_in_file(stamp: SqliteStamp, *, since: datetime | None, limit: int) -> tuple[dict[str, Any], ...]:
    """Return the same as `newest_outcomes` of `evaluation.store.recommendations`.

    Raises:
        StoreError: the file is unreachable, or cannot be read.
    """
    with stamp.read() as connection:
        rows = _reported(connection, since, limit)
    return tuple(
        {
            **dict(zip(_OUTCOME, row, strict=True)),
            "task": None if row[1] is None else unescape_text(row[1]),
            "candidate_key": unescape_text(row[2]),
            "ok": None if row[5] is None else bool(row[5]),
            "reported_at": time_of(row[6]),
        }
        for row in reversed(rows)
    )


def _reported(connection: sqlite3.Connection, since: datetime | None, limit: int) -> list[tuple[Any, ...]]:
    later = "" if since is None else "AND reported_at >= ? "
    statement = (
        f"SELECT {', '.join(_OUTCOME)} FROM recommendation "  # noqa: S608
        f"WHERE reported_at IS NOT NULL AND candidate_key IS NOT NULL {later}"
        "ORDER BY reported_at DESC, id LIMIT ?"
    )
    bound = () if since is None else (sqlite_value(since),)
    return connection.execute(statement, (*bound, limit)).fetchall()
