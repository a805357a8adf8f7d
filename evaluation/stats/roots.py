"""Where does a falling or rising function cross zero?"""

from collections.abc import Callable

_HALVINGS = 200


def crossing(function: Callable[[float], float], low: float, high: float) -> float:
    """The point between `low` and `high` where a monotone function changes its sign, to the last bit.

    Where it does not change sign between them, the end at which it is nearer to zero, or the lower one.
    """
    at_low, at_high = function(low), function(high)
    if at_low * at_high > 0:
        return low if abs(at_low) <= abs(at_high) else high
    for _ in range(_HALVINGS):
        middle = low + (high - low) / 2
        if middle in (low, high):
            break
        if (function(middle) > 0) == (at_low > 0):
            low = middle
        else:
            high = middle
    return low + (high - low) / 2
