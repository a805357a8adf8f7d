"""Requests, replies and results as plain JSON, and back: what another process sends is checked against our types."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import IO, Any, Union, get_args, get_origin, get_type_hints

from evaluation.formatting import excerpt
from evaluation.user_code.framing import TooLongMessageError, read_message, write_message

LARGEST_MESSAGE = 256 * 1024 * 1024
"""Bytes of a message above which it is not read."""
LARGEST_REPLY = 64 * 1024 * 1024
"""Bytes of what a user's pipeline may send at one step."""
TYPE = "__type__"
"""Key of the name of a dataclass, where a value may be one of several."""


class BadMessageError(Exception):
    """A message is no JSON, too long, or not of the expected type."""


def send(pipe: IO[bytes], message: object, *, most: int = LARGEST_MESSAGE) -> None:
    """Write a message: its length, and its JSON.

    Raises:
        BadMessageError: it is longer than `most` bytes; nothing was written.
    """
    try:
        write_message(pipe, json.dumps(message).encode("ascii"), most=most)
    except TooLongMessageError as error:
        raise BadMessageError(str(error)) from None


def receive(pipe: IO[bytes], *, most: int = LARGEST_MESSAGE) -> Any:
    """Read a message of at most so many bytes.

    Raises:
        EOFError: there is none any more.
        BadMessageError: it is none.
    """
    try:
        return json.loads(read_message(pipe, most=most))
    except TooLongMessageError as error:
        raise BadMessageError(str(error)) from None
    except (ValueError, RecursionError) as error:
        raise BadMessageError(f"no JSON: {type(error).__name__}") from None


def as_plain(value: object) -> Any:
    """Return a value as plain JSON; dataclasses with the name of their type.

    Raises:
        BadMessageError: it holds what JSON has not.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): as_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        plain = {field.name: as_plain(getattr(value, field.name)) for field in fields(value)}
        return {TYPE: type(value).__name__, **plain}
    raise BadMessageError(f"holds a {type(value).__name__}")


def from_plain(data: object, expected: Any, where: str = "") -> Any:
    """Return the value of a type, or of a union of types, from plain JSON.

    Args:
        data: As `as_plain` returns it.
        expected: The type.
        where: What it is, for the message.

    Raises:
        BadMessageError: it is none.
    """
    return _value(data, expected, where or getattr(expected, "__name__", "value"))


def _value(data: Any, expected: Any, where: str) -> Any:
    origin, args = get_origin(expected), get_args(expected)
    if origin in (Union, UnionType):
        return _one_of(data, args, where)
    if is_dataclass(expected):
        return _object(data, expected, where)
    if origin is tuple and isinstance(data, list):
        return tuple(_value(item, args[0], f"{where}[{i}]") for i, item in enumerate(data))
    if (origin or expected) is Mapping and isinstance(data, dict):
        return data
    if isinstance(expected, type) and issubclass(expected, Enum) and isinstance(data, str):
        return _member(data, expected, where)
    if expected is Any or type(data) is expected:
        return data
    if expected is float and type(data) is int:
        return float(data)
    raise BadMessageError(f"{where} is a {type(data).__name__}, not {_named(expected)}")


def _one_of(data: Any, types: tuple[Any, ...], where: str) -> Any:
    if data is None and NoneType in types:
        return None
    dataclasses = {kind.__name__: kind for kind in types if isinstance(kind, type) and is_dataclass(kind)}
    if dataclasses and isinstance(data, dict):
        if (kind := dataclasses.get(data.get(TYPE, ""))) is None:
            raise BadMessageError(f"{where} is a {data.get(TYPE)}, not {', '.join(dataclasses)}")
        return _object(data, kind, where)
    for kind in types:
        try:
            return _value(data, kind, where)
        except BadMessageError:
            continue
    raise BadMessageError(f"{where} is a {type(data).__name__}, not {' or '.join(map(_named, types))}")


def _object(data: Any, kind: Any, where: str) -> Any:
    if not isinstance(data, dict) or data.get(TYPE) != kind.__name__:
        name = data.get(TYPE) if isinstance(data, dict) else type(data).__name__
        raise BadMessageError(f"{where} is a {name}, not a {kind.__name__}")
    types = _types(kind)
    if (unknown := next((key for key in data if key != TYPE and key not in types), None)) is not None:
        raise BadMessageError(f"{where} has the unknown field {unknown!r}")
    for field in fields(kind):
        if field.name not in data and field.default is MISSING and field.default_factory is MISSING:
            raise BadMessageError(f"{where} has no {field.name}")
    return kind(**{key: _value(item, types[key], f"{where}.{key}") for key, item in data.items() if key != TYPE})


@cache
def _types(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _member(data: str, kind: type[Enum], where: str) -> Enum:
    try:
        return kind(data)
    except ValueError:
        raise BadMessageError(f"{where} is {excerpt(data, 60)!r}, not one of {kind.__name__}") from None


def _named(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind).replace("typing.", "")
