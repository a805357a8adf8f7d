"""Results as JSON: the fields of a dataclass by name, in their order."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NAME_KEY = "json_key"
"""Under which the metadata of a field has its key in JSON."""
MERGED_KEY = "json_merged"
"""Which the metadata of a merged field has."""
MERGED = MappingProxyType({MERGED_KEY: True})
"""Metadata of a field whose own keys JSON shows among those of the object that holds it."""


def json_key(key: str) -> Mapping[str, str]:
    """Return the metadata of a field that JSON shows under another key than its name."""
    return MappingProxyType({NAME_KEY: key})


def as_json(value: object) -> Any:
    """Return a result as JSON has it: objects, lists, texts, numbers, booleans and None.

    Args:
        value: A dataclass, or a mapping, sequence or plain value that a dataclass may hold. Keys are texts; moments
            are written as ISO 8601, members of an enumeration by their value.

    Raises:
        TypeError: JSON has no such value.
    """
    if value is None or type(value) in (str, int, float, bool):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return _object(value)
    if isinstance(value, str | int | float):  # NumPy's numbers and other kinds of these
        return value
    raise TypeError(f"a result holds a {type(value).__name__}, which JSON has not")


def _object(value: "DataclassInstance") -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for each in _layout(type(value)):
        item = as_json(getattr(value, each.name))
        if each.is_merged:
            shown.update(item or {})
        else:
            shown[each.key] = item
    return shown


@dataclass(frozen=True, slots=True)
class _Shown:
    """How JSON shows a field."""

    name: str
    key: str
    is_merged: bool


@cache
def _layout(of: "type[DataclassInstance]") -> tuple[_Shown, ...]:
    return tuple(
        _Shown(each.name, each.metadata.get(NAME_KEY, each.name), MERGED_KEY in each.metadata) for each in fields(of)
    )
