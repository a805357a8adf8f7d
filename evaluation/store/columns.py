"""Kinds of columns, and the text that a database takes: without what it would refuse, and back."""

import re
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_MARK = "\x1a"
_UNSTORABLE = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")


def escape_text(text: str) -> str:
    r"""Return `text` as every database can hold it.

    NUL, lone surrogates and the mark itself as `\x1a` and four hex digits.

    PostgreSQL refuses NUL, and no encoder takes a lone surrogate; models write both.
    """
    return _UNSTORABLE.sub(lambda match: f"{_MARK}{ord(match[0]):04x}", text)


def unescape_text(stored: str) -> str:
    """Return the text that `escape_text` was given."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), stored) if _MARK in stored else stored


class SafeText(TypeDecorator[str]):
    """Text of any content."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else escape_text(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        return None if value is None else unescape_text(value)


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC. Refuses datetimes without a zone, whose meaning depends on the machine."""

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
    """Return the plain JSON; None is NULL. Its ASCII escapes hold NUL and lone surrogates on both databases."""
    return sa.JSON(none_as_null=True)


def big_key() -> sa.types.TypeEngine[int]:
    """Return a 64-bit row number that SQLite still counts up by itself."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
