"""Strict number parsing: accepts only the forms that people and other programs write.

Python's own `int` and `float` also accept `1_000`, digits of every script and blanks within a cell: `0_1` would be 1.
"""

import re
from typing import Final

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,6})?")


def read_number(value: object) -> float:
    """Return `value` as a number: a number, or text such as `3`, `-0.5`, `1e-3`.

    Raises:
        ValueError: it is not a number; neither are infinity and NaN.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("not a number")
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        raise ValueError("not a number")
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("not a finite number")
    return number
