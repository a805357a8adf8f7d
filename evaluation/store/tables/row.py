"""The base class of tables, and the kinds of columns."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from evaluation.store.columns import SafeText, UtcTime, big_key, json_column

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Row(SQLModel):
    """Base class of all tables: one metadata object with named constraints."""

    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)


def key_field() -> Any:
    """Return a field for a key that the database counts up."""
    return Field(default=None, sa_column=sa.Column(big_key(), primary_key=True, autoincrement=True))


def text_field(*, null: bool = False, primary_key: bool = False) -> Any:
    """Return a field for a text."""
    return Field(sa_type=SafeText, nullable=null, primary_key=primary_key)


def time_field(*, null: bool = False) -> Any:
    """Return a field for a moment in UTC."""
    return Field(sa_type=UtcTime, nullable=null)


def json_field(*, null: bool = False) -> Any:
    """Return a field for a value stored as JSON."""
    return Field(sa_type=json_column(), nullable=null)


def real_field(*, null: bool = True) -> Any:
    """Return a field for a real number that may be missing."""
    return Field(sa_type=sa.Double, nullable=null)


def whole_field(*, null: bool = False) -> Any:
    """Return a field for an integer."""
    return Field(sa_type=sa.BigInteger, nullable=null)


def parent_field(target: str, *, big: bool = True) -> Any:
    """Return a foreign key field whose row is deleted with its parent."""
    kind = sa.BigInteger() if big else SafeText()
    return Field(sa_column=sa.Column(kind, sa.ForeignKey(target, ondelete="CASCADE"), nullable=False))


def optional_parent_field(target: str) -> Any:
    """Return a field that may name a row with a text key, and whose own row is deleted with that row."""
    return Field(
        default=None, sa_column=sa.Column(SafeText(), sa.ForeignKey(target, ondelete="CASCADE"), nullable=True)
    )


METADATA: sa.MetaData = Row.metadata
