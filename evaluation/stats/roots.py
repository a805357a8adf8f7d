"""Where does a falling or rising function cross zero?"""

from collections.abc import Callable


def crossing(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the point between `low` and `high` where a monotone function changes its sign, to the last bit.

    Where it does not change sign between them, the end at which it is nearer to zero, or the lower one.
    """
    at_low, at_high = function(low), function(high)
    if at_low * at_high > 0:
        return low if abs(at_low) <= abs(at_high) else high
    middle = (low + high) / 2
    while low < middle < high:
        if (function(middle) > 0) == (at_low > 0):
            low = middle
        else:
            high = middle
        middle = (low + high) / 2
    return middle
