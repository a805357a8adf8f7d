"""Options of a class that a text names: its dataclass fields, described in words and checked against their types."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from functools import lru_cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from evaluation.files.number_parsing import read_number

WORDS = "words"
"""Key of a field's metadata: how its type is described, where the annotation would say nothing to a user."""
DEFAULT_IN_WORDS = "default_in_words"
"""Key of a field's metadata: what its default stands for, where the value itself would say nothing to a user."""
SEPARATOR = "|"
"""Between the parts of a tuple that is written as text."""
NONE = "none"
"""Stands for None in text."""
_TRUTH: Mapping[str, bool] = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
_LARGEST_EXACT = 2**53


@lru_cache(maxsize=1024)
def option_types(kind: type) -> Mapping[str, Any]:
    """Return the type of each option, by its name."""
    hints = get_type_hints(kind)
    return MappingProxyType({field.name: hints[field.name] for field in fields(kind)})


def described_options(kind: type) -> dict[str, str]:
    """Return what may be written for each option and its default, in words, by its name."""
    hints = get_type_hints(kind)
    return {field.name: _described(field, hints[field.name]) for field in fields(kind)}


def described_arguments(kind: type) -> dict[str, str]:
    """Return the type and default of each option as Python has them, for what is written as a call: `f(n=1)`."""
    hints = get_type_hints(kind)
    return {
        field.name: kind_name(hints[field.name]) + ("" if field.default is MISSING else f" = {field.default!r}")
        for field in fields(kind)
    }


def required_options(kind: type) -> tuple[str, ...]:
    """Return the names of the options that have no default."""
    return tuple(field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING)


def missing_option(kind: type, options: Mapping[str, Any]) -> str | None:
    """Return the first option without a default that `options` lack; None where they have all."""
    return next((name for name in required_options(kind) if name not in options), None)


def has_type(value: Any, option_type: Any) -> bool:
    """Check whether a value is of an option's type; a whole number is a `float` too."""
    origin, args = get_origin(option_type), get_args(option_type)
    if origin in (Union, UnionType):
        return any(has_type(value, arg) for arg in args)
    if origin is Literal:
        return any(type(value) is type(arg) and value == arg for arg in args)
    if origin is tuple:
        return isinstance(value, tuple) and all(has_type(part, args[0]) for part in value)
    if option_type is float:
        return type(value) in (int, float)
    return option_type is Any or type(value) is option_type


def in_type(value: Any, option_type: Any) -> Any:
    """Return a value that `has_type`: 1 as 1.0 for a `float`, since equal options have equal signatures."""
    args = get_args(option_type)
    return float(value) if type(value) is int and float in (option_type, *args) and int not in args else value


def value_in_text(text: str, option_type: Any) -> Any:
    """Return the value that a text means: `512`, `true`, `auto`, `none`, `a|b`.

    Raises:
        ValueError: it means none of that type.
    """
    origin, args = get_origin(option_type), get_args(option_type)
    if origin in (Union, UnionType):
        return _first_of(text, args)
    if origin is Literal:
        return _named(text, args)
    if origin is tuple:
        return tuple(value_in_text(part, args[0]) for part in text.split(SEPARATOR) if part)
    if option_type is NoneType:
        return None if text.lower() == NONE else _refuse(text)
    if option_type is bool:
        return _TRUTH[text.lower()] if text.lower() in _TRUTH else _refuse(text)
    if option_type is int:
        return _whole_number(text)
    if option_type is float:
        return read_number(text)
    return text if option_type in (str, Any) else _refuse(text)


def _named(text: str, values: tuple[Any, ...]) -> Any:
    for value in values:
        if str(value).lower() == text.lower():
            return value
    return _refuse(text)


def _first_of(text: str, option_types: tuple[Any, ...]) -> Any:
    """Return the value of the first type that the text fits; text itself last, since it always fits."""
    for option_type in sorted(option_types, key=lambda option_type: option_type is str):
        try:
            return value_in_text(text, option_type)
        except ValueError:
            continue
    return _refuse(text)


def _whole_number(text: str) -> int:
    number = read_number(text)
    if number != int(number):
        _refuse(text)
    return int(number) if abs(number) < _LARGEST_EXACT else int(text)


def _refuse(text: str) -> Any:
    raise ValueError(text)


def kind_name(option_type: Any) -> str:
    """Return the name of an option's type: `int`, `Literal['a', 'b']`, `str | None`."""
    if option_type is NoneType:
        return "None"
    if isinstance(option_type, type) and not get_args(option_type):
        return option_type.__name__
    return str(option_type).replace("typing.", "")


_WORDS: Mapping[type, str] = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
_PLURALS: Mapping[type, str] = {int: "whole numbers", float: "numbers", str: "texts"}


def type_in_words(option_type: Any) -> str:
    """Return what may be written for an option's type: `a whole number`, `fast or slow`, `text, or none`."""
    origin, args = get_origin(option_type), get_args(option_type)
    if origin in (Union, UnionType):
        without_none = [type_in_words(arg) for arg in args if arg is not NoneType]
        return " or ".join(without_none) + (f", or {NONE}" if NoneType in args else "")
    if origin is Literal:
        *first, last = map(str, args)
        return f"{', '.join(first)} or {last}" if first else last
    if origin is tuple:
        return f"{_PLURALS.get(args[0]) or f'values ({type_in_words(args[0])})'} separated by {SEPARATOR}"
    return _WORDS.get(option_type, "any value" if option_type is Any else kind_name(option_type))


def _described(field: Field[Any], option_type: Any) -> str:
    words = field.metadata.get(WORDS) or type_in_words(option_type)
    if field.default is MISSING:
        return words
    return f"{words}; {field.metadata.get(DEFAULT_IN_WORDS) or _default_in_words(field.default)} unless given"


def _default_in_words(default: Any) -> str:
    if default is None or default == ():
        return NONE if default is None else "empty"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, str):
        return " ".join(default.split()) or "empty"
    if isinstance(default, float):
        return f"{default:g}"
    return SEPARATOR.join(map(str, default)) if isinstance(default, tuple) else str(default)
