"""Axis scales: what numbers an axis covers, where each stands on it, and which of them have a label."""

import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass

WIDE = 25.0
"""Ratio of numbers above which the axis is logarithmic."""
_LARGEST = 1e300
"""Numbers beyond it stand at the end of the axis, so that there is room for a margin."""
_ROOM = 0.06
"""Margin on each side of the outermost numbers, as a share of the width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """An axis that maps numbers from `low` to `high` to pixels."""

    low: float
    high: float
    begin: float
    """Pixel of `low`; greater than `end` if numbers grow upwards."""
    end: float
    is_log: bool = False

    def inside(self, value: float) -> float:
        """Return the number, or the end of the axis that it lies beyond."""
        return min(self.high, max(self.low, value))

    def at(self, value: float) -> float:
        """Return the pixel of a number, inside the axis."""
        low, high, number = self.low, self.high, self.inside(value)
        if self.is_log:
            low, high, number = math.log10(low), math.log10(high), math.log10(number)
        return self.begin + (number - low) / (high - low) * (self.end - self.begin)

    def ticks(self) -> list[float]:
        """Return round numbers along the axis."""
        return _log_ticks(self.low, self.high) if self.is_log else _even_ticks(self.low, self.high)


def scale(
    values: Iterable[float],
    *,
    begin: float,
    end: float,
    floor: float = -math.inf,
    cap: float = math.inf,
    may_be_log: bool = False,
) -> Scale:
    """Return an axis that covers all values.

    Args:
        values: Those that are finite count.
        begin: Pixel of the least.
        end: Pixel of the greatest.
        floor: Below which no value can be, such as 0.
        cap: Above which none can be.
        may_be_log: Use a logarithmic scale where values are far apart.
    """
    finite = [min(_LARGEST, max(-_LARGEST, value)) for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    if may_be_log and low > 0 and high / low > WIDE:
        factor = (high / low) ** _ROOM
        if low / factor >= sys.float_info.min and high * factor <= sys.float_info.max:
            return Scale(low=low / factor, high=high * factor, begin=begin, end=end, is_log=True)
    room = _room(low, high)
    low, high = low - room, high + room
    low, high = max(floor - room / 3, low), min(cap + room / 3, high)
    return Scale(low=low, high=high, begin=begin, end=end)


def _room(low: float, high: float) -> float:
    """Return the margin around the extreme values, large enough that floating point distinguishes the ends."""
    size = max(abs(low), abs(high))
    if high - low <= size * 1e-9:
        return max(size * 0.1, 1e-15) if size else 0.1
    return max((high - low) * _ROOM, size * 1e-6, 1e-15)


def _even_ticks(low: float, high: float, aimed: int = 6) -> list[float]:
    raw = (high - low) / aimed
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
    first, last = math.ceil(low / step), math.floor(high / step)
    multiples = (place * step for place in range(first, last + 1))
    return [value for value in multiples if low <= value <= high]


def _log_ticks(low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1,) if len(powers) > 5 else (1, 3) if len(powers) > 3 else (1, 2, 5)
    numbers = [factor * 10.0**power for power in powers for factor in factors]
    return [value for value in numbers if low <= value <= high] or [low, high]
