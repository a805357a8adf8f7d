"""Strict JSON parsing: duplicate keys are errors and long decimals stay exact.

Python's own reader drops duplicate keys and rounds long decimals.
"""

import json
from decimal import Decimal
from typing import Any

from evaluation.files.names import repeated_key
from evaluation.formatting import excerpt


class TwiceError(ValueError):
    """A key occurs twice in one object, so that its value is ambiguous."""

    def __init__(self, key: str, how: str = "") -> None:
        super().__init__(key, how)
        self.key = key
        self.how = how

    def __str__(self) -> str:
        return f"the key {excerpt(self.key, 60)!r} appears twice in one object{self.how}"


def read_json(text: str) -> Any:
    """Parse JSON; a decimal that a float would round becomes a `Decimal`.

    Raises:
        TwiceError: a key occurs twice in one object.
        ValueError: it is not JSON, or holds a number of more digits than Python reads.
        RecursionError: it is nested too deep.
    """
    return json.loads(text, object_pairs_hook=without_doubles, parse_float=exact_number)


def exact_number(text: str) -> float | Decimal:
    """Return the number as a float where that keeps all its digits, else as a decimal.

    Raises:
        ValueError: it is so small that a float would be zero.
    """
    number = float(text)
    exact = Decimal(text)
    if number == 0 and exact != 0:
        raise ValueError(f"the number {text[:40]} is too small to be read")
    return number if number in (float("inf"), float("-inf")) or Decimal(repr(number)) == exact else exact


def without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these pairs.

    Raises:
        TwiceError: a key occurs twice.
    """
    values = dict(pairs)
    is_plain = len(values) == len(pairs) and all(map(str.isascii, values))
    if not is_plain and (twice := repeated_key(name for name, _ in pairs)):
        raise TwiceError(*twice)
    return values
