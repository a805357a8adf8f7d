"""Checked reading of a request's fields: the wrong type is an error that names the field."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.errors import ConfigurationError


def read_body(content: bytes) -> dict[str, Any]:
    """Return the JSON object that a request's body is.

    Raises:
        ConfigurationError: it is none.
    """
    try:
        body = json.loads(content, parse_constant=_no_number, parse_float=_finite)
    except _TooLargeError as error:
        raise ConfigurationError(
            f"the body of the request holds the number {error}, which is too large", "Give one below 1e308."
        ) from None
    except (ValueError, RecursionError):
        raise ConfigurationError("the body of the request is not JSON", "Send a JSON object.") from None
    if not isinstance(body, dict):
        raise ConfigurationError("the body of the request is not a JSON object", "Send a JSON object.")
    return body


class _TooLargeError(Exception):
    """A number beyond what a float can hold."""


def _finite(digits: str) -> float:
    """Return a number; Python reads 1e999 as an infinity, which no JSON can say to a server."""
    value = float(digits)
    if math.isinf(value):
        raise _TooLargeError(digits[:40])
    return value


def _no_number(constant: str) -> None:
    """Refuse `NaN` and `Infinity`, which are no JSON and which other readers refuse."""
    raise ValueError(constant)


def parse_object(line: bytes | str) -> dict[str, Any] | None:
    """Return the JSON object in a line of an answer; None where it holds anything else."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def text_of(body: Mapping[str, Any], name: str) -> str:
    """Return a text; empty where it is missing or null."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise wrong(name, value, "a text")
    return value


def model_of(body: Mapping[str, Any]) -> str:
    """Return the name of the model, which every request must have."""
    name = text_of(body, "model")
    if not name.strip():
        raise ConfigurationError("the request names no model", "Give `model`: a name, `auto` or `auto:TASK`.")
    return name


def flag_of(body: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    """Return true or false."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise wrong(name, value, "true or false")
    return value


def object_of(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object; empty where it is missing or null."""
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise wrong(name, value, "an object")
    return value


def objects_of(body: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    """Return a list of objects; empty where it is missing or null."""
    value = body.get(name)
    if value is None:
        return ()
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(x, Mapping) for x in value):
        raise wrong(name, value, "a list of objects")
    return tuple(value)


def texts_of(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return a text or a list of texts as a list."""
    value = body.get(name)
    if isinstance(value, str):
        return (value,)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise wrong(name, value, "a text or a list of texts")
    return tuple(value)


def text_list_of(body: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    """Return a list of texts; None where it is missing or null."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise wrong(name, value, "a list of texts")
    return tuple(value)


def whole_number_of(body: Mapping[str, Any], name: str) -> int | None:
    """Return a whole number; None where it is missing or null."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong(name, value, "a whole number")
    return value


def wrong(name: str, value: Any, allowed: str) -> ConfigurationError:
    """Return the error for a field that holds a value of another kind than allowed."""
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:60] + "…"
    return ConfigurationError(f"the field {name!r} of the request is {shown}", f"Give {allowed}, or leave it out.")
