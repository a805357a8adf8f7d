"""Results as JSON, and back: the fields of a dataclass by name, in their order."""

import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NAME_KEY = "json_key"
"""Key of a field's metadata for the field's name in JSON."""
MERGED_KEY = "json_merged"
"""Key of a field's metadata that marks a merged field."""
MERGED = MappingProxyType({MERGED_KEY: True})
"""Metadata of a field whose own keys are merged into those of the enclosing JSON object."""
OMITTED_KEY = "json_omitted_if_empty"
"""Key of a field's metadata that marks a field without a key in JSON where it is empty; it needs a default."""
OMITTED_IF_EMPTY = MappingProxyType({OMITTED_KEY: True})
"""Metadata of a field that has no key in JSON where it is empty."""


def json_key(key: str) -> Mapping[str, str]:
    """Return the metadata of a field whose JSON key differs from its name."""
    return MappingProxyType({NAME_KEY: key})


def as_json(value: object) -> Any:
    """Return a result as plain JSON: objects, lists, texts, numbers, booleans and None.

    Args:
        value: A dataclass, or a mapping, sequence, set or plain value that a dataclass may hold. Keys are texts;
            moments are written as ISO 8601, members of an enumeration by their value, sets in order.

    Raises:
        TypeError: a value that JSON cannot represent.
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
    if isinstance(value, frozenset):
        return [as_json(item) for item in sorted(value)]
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
        elif item or not each.is_omitted_if_empty:
            shown[each.key] = item
    return shown


@dataclass(frozen=True, slots=True)
class _Shown:
    """JSON representation of a field."""

    name: str
    key: str
    is_merged: bool
    is_omitted_if_empty: bool


@cache
def _layout(of: "type[DataclassInstance]") -> tuple[_Shown, ...]:
    return tuple(
        _Shown(
            each.name,
            each.metadata.get(NAME_KEY, each.name),
            is_merged=MERGED_KEY in each.metadata,
            is_omitted_if_empty=OMITTED_KEY in each.metadata,
        )
        for each in fields(of)
    )


Reader = Callable[[Any], Any]
ResultT = TypeVar("ResultT")


def from_json(kind: type[ResultT], value: Mapping[str, Any]) -> ResultT:
    """Return the dataclass of this kind from the JSON that `as_json` wrote.

    JSON of older versions is read too: a missing key leaves its field's default, an unknown key is ignored.

    Args:
        kind: A dataclass whose fields hold plain values, dataclasses, tuples, sets of plain values, mappings by text,
            moments, members of enumerations, or None.
        value: A JSON object.

    Raises:
        ValueError: a key is missing whose field has no default.
    """
    result: ResultT = _reader(cast(Hashable, kind))(value)
    return result


@cache
def _reader(kind: Any) -> Reader:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _reader_of_union(arguments)
    if origin is tuple:
        return _reader_of_tuple(arguments)
    if origin is frozenset:
        return frozenset
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        read_key, read = map(_reader, arguments)
        return lambda value: {read_key(key): read(item) for key, item in value.items()}
    if not isinstance(kind, type):
        return _unchanged
    if is_dataclass(kind):
        return _reader_of_object(kind)
    if issubclass(kind, datetime):
        return kind.fromisoformat
    return kind if issubclass(kind, Enum) else _unchanged


def _unchanged(value: Any) -> Any:
    return value


def _reader_of_union(kinds: tuple[Any, ...]) -> Reader:
    """Return the reader of a union: it reads None, or a value of the union's first type that is not plain.

    Of several dataclasses it reads the first one whose keys are there.
    """
    of_types = {
        kind: read for kind in kinds if kind is not types.NoneType and (read := _reader(kind)) is not _unchanged
    }
    if not of_types:
        return _unchanged
    first = next(iter(of_types.values()))
    if len(of_types) == 1 or not all(is_dataclass(kind) for kind in of_types):
        return lambda value: None if value is None else first(value)
    read_by_keys = [
        ({each.key for each in _layout(kind) if not each.is_merged}, read) for kind, read in of_types.items()
    ]

    def read_one(value: Any) -> Any:
        return (
            None if value is None else next((read for keys, read in read_by_keys if keys <= value.keys()), first)(value)
        )

    return read_one


def _reader_of_tuple(kinds: tuple[Any, ...]) -> Reader:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        read = _reader(kinds[0])
        return lambda value: tuple(read(item) for item in value)
    readers = [_reader(kind) for kind in kinds]
    return lambda value: tuple(read(item) for read, item in zip(readers, value, strict=True))


def _reader_of_object(kind: type[Any]) -> Reader:
    @cache  # a field may hold the kind itself
    def layout() -> list[tuple[str, str | None, Reader, bool]]:
        hints = get_type_hints(kind)
        return [
            (
                each.name,
                None if MERGED_KEY in each.metadata else each.metadata.get(NAME_KEY, each.name),
                _reader(hints[each.name]),
                each.default is MISSING and each.default_factory is MISSING,
            )
            for each in fields(kind)
        ]

    def read_object(value: Mapping[str, Any]) -> Any:
        arguments: dict[str, Any] = {}
        for name, key, read, is_required in layout():
            if key is None:
                arguments[name] = read(value)
            elif key in value:
                arguments[name] = read(value[key])
            elif is_required:
                raise ValueError(f"{kind.__name__} needs {key!r}, which is not among {sorted(value)}")
        return kind(**arguments)

    return read_object
