"""Kinds of values in a request's fields: which values fit, and in words what is allowed."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from evaluation.chat_protocols.fields import wrong

MOST_WHOLE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field may be; null always stands for a field that is left out."""

    allowed: str
    """In words, after "Give"."""
    fits: Callable[[Any], bool]


Kinds: TypeAlias = Mapping[str, Kind]


def check_fields(body: Mapping[str, Any], kinds: Kinds, within: str = "") -> None:
    """Check the fields that are known; others go on as they are.

    Args:
        body: The request, or an object in it.
        kinds: Kinds of its fields.
        within: What stands before a field's name in messages.

    Raises:
        ConfigurationError: a field of another kind; names it, its value and what is allowed.
    """
    for name, kind in kinds.items():
        value = body.get(name)
        if value is not None and not kind.fits(value):
            raise wrong(within + name, value, kind.allowed)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MOST_WHOLE


def number(low: float = -math.inf, high: float = math.inf) -> Kind:
    """Return the kind of numbers within bounds."""
    return Kind(f"a number{_bounds(low, high)}", lambda value: _is_number(value) and low <= value <= high)


def whole(low: float = -math.inf, high: float = math.inf, *, note: str = "", may_be_float: bool = False) -> Kind:
    """Return the kind of whole numbers within bounds.

    Args:
        low: The least.
        high: The most.
        note: What a special value means.
        may_be_float: Whether 3.0 is one too, as for Ollama's options.
    """

    def fits(value: Any) -> bool:
        if may_be_float and isinstance(value, float) and value.is_integer():
            value = int(value)
        return _is_whole(value) and low <= value <= high

    return Kind(f"a whole number{_bounds(low, high)}{note}", fits)


def _bounds(low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return ""
    return f", {low:g} or more" if math.isinf(high) else f" from {low:g} to {high:g}"


def is_list_of(value: Any, fits: Callable[[Any], bool]) -> bool:
    """Check that a value is a list of values that fit."""
    return isinstance(value, list) and all(map(fits, value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_tokens(value: Any) -> bool:
    return is_list_of(value, _is_whole)


FLAG = Kind("true or false", lambda value: isinstance(value, bool))
TEXT = Kind("a text", _is_text)
OBJECT = Kind("an object", lambda value: isinstance(value, Mapping))
OBJECTS = Kind("a list of objects", lambda value: is_list_of(value, OBJECT.fits))
TEXTS = Kind("a list of texts", lambda value: is_list_of(value, _is_text))
TEXT_OR_TEXTS = Kind("a text or a list of texts", lambda value: _is_text(value) or TEXTS.fits(value))
TEXT_OR_OBJECT = Kind("a text or an object", lambda value: _is_text(value) or OBJECT.fits(value))
TEXT_OR_FLAG = Kind("true, false or a text", lambda value: isinstance(value, bool | str))
TEXT_OR_NUMBER = Kind("a text or a number", lambda value: _is_text(value) or _is_number(value))
NUMBERS = Kind("an object of numbers", lambda value: OBJECT.fits(value) and all(map(_is_number, value.values())))
TOKENS = Kind("a list of whole numbers", _are_tokens)
TEXTS_OR_TOKENS = Kind(
    "a text, a list of texts, or tokens as whole numbers",
    lambda value: TEXT_OR_TEXTS.fits(value) or _are_tokens(value) or is_list_of(value, _are_tokens),
)
JSON_OR_SCHEMA = Kind('"json" or a JSON schema', lambda value: value in ("", "json") or OBJECT.fits(value))
