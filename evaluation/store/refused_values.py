"""Which values does no database take? Named before they are sent, so that they cannot spoil a whole transaction."""

import math
from collections.abc import Mapping
from typing import Any

from evaluation.errors import RefusedValueError

LEAST, MOST = -(2**63), 2**63 - 1
_SHOWN = 40


def refuse_unstorable(values: Mapping[str, Any], subject: str) -> None:
    """Check that every value can be stored: texts of any content, numbers of 64 bits that are finite.

    Args:
        values: By column.
        subject: Whose they are, in words.

    Raises:
        RefusedValueError: one cannot; names its column.
    """
    for name, value in values.items():
        problem = _problem(value)
        if problem:
            raise RefusedValueError(
                f"{subject}: {name} is {_shown(value)}, {problem}",
                "Check what the server sends; the answer was not stored.",
            )


def _problem(value: Any) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return "which is not a finite number"
    if isinstance(value, int) and not LEAST <= value <= MOST:
        return "which does not fit into 64 bits"
    return None


def _shown(value: float) -> str:
    try:
        words = repr(value)
    except ValueError:  # thousands of digits
        return f"a number of {value.bit_length() if isinstance(value, int) else 64} bits"
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}… ({len(words)} digits)"
