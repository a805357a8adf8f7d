"""Strict reading of a server's JSON, with a bound on its depth.

What measures an answer (counts, durations, texts) has to be right, and raises `OddRecordError` where it cannot be. What
only describes a model is left out where it cannot be read.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from evaluation.generation import MOST_TOKENS

MAX_DEPTH = 100
"""Nesting depth of lists and objects. Servers' own answers have about ten."""
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)', re.DOTALL)
_AS_ROUND = bytes.maketrans(b"[{]}", b"(())")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[{]}")


class OddRecordError(ValueError):
    """Raised for a record that no honest server sends: too large, too deep, or of an impossible type.

    The connection turns it into a `ProviderError` that names the server.
    """


def parse_json(data: bytes) -> Any:
    """Parse a JSON text.

    Raises:
        OddRecordError: it is nested too deeply, has NaN or an infinity, or a number of thousands of digits.
        ValueError: it is not JSON, or not UTF-8.
    """
    # Counting is quick, and nearly every record has few of them.
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _is_too_deep(data):
        raise OddRecordError(f"it is nested more than {MAX_DEPTH} levels deep")
    text = data.decode("utf-8-sig", "surrogatepass")
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError:
        raise
    except OddRecordError:
        raise
    except ValueError as error:
        raise OddRecordError("it contains a number with thousands of digits") from error


def _is_too_deep(data: bytes) -> bool:
    """Return True where brackets outside of strings are nested too deeply; pairs are removed from the inside out."""
    brackets = _STRING.sub(b"", data).translate(_AS_ROUND, _NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"()", b"")
    return brackets.count(b"(") > MAX_DEPTH or b"()" in brackets


def _refuse(constant: str) -> Any:
    raise OddRecordError(f"it holds {constant}, which is no JSON")


MAX_DURATION_NS = 365 * 24 * 3600 * 10**9
"""Largest accepted duration, one year in nanoseconds."""
MAX_WHOLE = 2**63 - 1
"""Largest accepted whole number, such as a model's size in bytes: the limit of databases."""
MAX_NAME = 1_000
"""Characters of a name, a digest, a reason or a version."""
_SHOWN = 60


def count_of(record: Mapping[str, Any], key: str) -> int | None:
    """Return a number of tokens; None where the record does not say.

    Raises:
        OddRecordError: the value is not such a number.
    """
    return _measured(record, key, at_most=MOST_TOKENS)


def seconds_of(record: Mapping[str, Any], key: str) -> float | None:
    """Return a duration in seconds, which the record gives in nanoseconds; None where it does not say.

    Raises:
        OddRecordError: the value is not a duration.
    """
    nanoseconds = _measured(record, key, at_most=MAX_DURATION_NS)
    return None if nanoseconds is None else nanoseconds / 1e9


def text_of(record: Mapping[str, Any], key: str) -> str:
    """Return a text of any length; empty where the record has none.

    Raises:
        OddRecordError: the value is not a text.
    """
    value = record.get(key)
    if value is not None and not isinstance(value, str):
        raise OddRecordError(f"the record's {key!r} is {_shown(value)}; expected a text")
    return value or ""


def name_of(record: Mapping[str, Any], key: str) -> str | None:
    """Return a short descriptive text; None where there is none."""
    value = record.get(key)
    return value if isinstance(value, str) and 0 < len(value) <= MAX_NAME else None


def number_of(record: Mapping[str, Any], key: str) -> int | None:
    """Return a descriptive integer of at least 0; None where there is none that a database can hold."""
    value = _whole(record.get(key))
    return value if value is not None and 0 <= value <= MAX_WHOLE else None


def _measured(record: Mapping[str, Any], key: str, *, at_most: int) -> int | None:
    value = record.get(key)
    if value is None:
        return None
    number = _whole(value)
    if number is None or not 0 <= number <= at_most:
        expected = f"a whole number from 0 to {at_most}"
        raise OddRecordError(f"the record's {key!r} is {_shown(value)}; expected {expected}")
    return number


def _whole(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)  # some servers write 12.0
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _shown(value: Any) -> str:
    """Return any value in a few characters."""
    if isinstance(value, Mapping | list):
        return f"{'an object' if isinstance(value, Mapping) else 'a list'} of {len(value)}"
    words = repr(value)
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}… ({len(words)} characters)"
