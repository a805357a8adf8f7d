"""Column types that accept every text a model can write, and reject timestamps without a time zone."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from evaluation.store.safe_text import escape_text, unescape_text


class SafeText(TypeDecorator[str]):
    """Text with any characters."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else escape_text(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        return _unescaped(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], str | None]:
        """Return what reads a value: one call for each, where SQLAlchemy's own way takes three."""
        return _unescaped


def _unescaped(value: Any | None) -> str | None:
    return None if value is None else unescape_text(value)


class UtcTime(TypeDecorator[datetime]):
    """Time in UTC. Refuses datetimes without a time zone, whose meaning depends on the machine."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; give datetime.now(UTC) or another aware datetime")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def json_column() -> sa.JSON:
    """Return a column type for plain JSON; None is NULL.

    Its ASCII escapes hold NUL and lone surrogates on both databases.
    """
    return sa.JSON(none_as_null=True)


def big_key() -> sa.types.TypeEngine[int]:
    """Return the column type of a 64-bit key that SQLite still counts up by itself."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
