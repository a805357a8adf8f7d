"""Rows as records: the columns of a row are the fields of the same name."""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, get_origin

from sqlalchemy.engine import RowMapping

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")


def record_of(kind: type[Record], row: RowMapping | Mapping[str, Any], **values: Any) -> Record:
    """Return the record that a row holds.

    Args:
        kind: A dataclass. A field that is a tuple is stored as a list.
        row: Further columns than those of the fields are ignored.
        values: The fields that are no columns of the same name.

    Raises:
        KeyError: a field is neither a column nor given.
    """
    for name, is_tuple in _fields(kind):
        if name not in values:
            values[name] = tuple(row[name]) if is_tuple else row[name]
    return kind(**values)


@cache
def _fields(kind: type["DataclassInstance"]) -> tuple[tuple[str, bool], ...]:
    """Return the name of each field, and whether it is a tuple."""
    return tuple((field.name, get_origin(field.type) is tuple) for field in fields(kind))
