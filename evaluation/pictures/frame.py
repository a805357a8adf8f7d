"""What all plots have in common: the frame, the rows, and the numbers on the axes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.pictures.scales import Scale
from evaluation.pictures.svg import WIDTH, line, text
from evaluation.results.estimates import HasInterval


def across(axis: Scale, *, top: float, bottom: float, title: str) -> list[str]:
    """Return vertical grid lines at the ticks of a horizontal axis, with labels below, and the axis title."""
    parts = [line(axis.begin, bottom, axis.end, bottom, class_="axis")]
    for value, label in axis.ticks():
        x = axis.at(value)
        parts += [
            line(x, top, x, bottom, class_="grid"),
            text(x, bottom + 16, label, class_="faint", text_anchor="middle"),
        ]
    middle = (axis.begin + axis.end) / 2
    return [*parts, text(middle, bottom + 34, title, text_anchor="middle", longest=90)]


def upwards(axis: Scale, *, left: float, right: float, title: str) -> list[str]:
    """Return horizontal grid lines at the ticks of a vertical axis, with labels at the left, and the axis title."""
    parts = [line(left, axis.begin, left, axis.end, class_="axis")]
    for value, label in axis.ticks():
        y = axis.at(value)
        parts += [
            line(left, y, right, y, class_="grid"),
            text(left - 6, y + 4, label, class_="faint", text_anchor="end"),
        ]
    return [*parts, text(16, axis.end - 12, title, longest=80)]


ROW = 30
"""Height of a row in pixels."""
LABEL_RIGHT = 220
LONGEST_LABEL = 28
"""Characters of a label; the table has the full name."""
MOST_ROWS = 30


def left_out(n: int, y: float) -> list[str]:
    """Return a line with the number of rows that are left out for want of room; empty where none is."""
    return [text(WIDTH - 16, y, f"and {n:,} more in the table", class_="faint", text_anchor="end")] if n > 0 else []


@dataclass(frozen=True, slots=True, kw_only=True)
class PlottedNumber:
    """A value with its interval, if it has one."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """The interval; the value itself where there is none."""
        return (self.value, self.value) if self.low is None or self.high is None else (self.low, self.high)


def plotted_number(numbers: HasInterval | Mapping[str, Any] | None) -> PlottedNumber | None:
    """Return the number of an estimate, or of stored `{"value", "low", "high"}`; None where there is none."""
    if isinstance(numbers, Mapping):
        value, low, high = (numbers.get(name) for name in ("value", "low", "high"))
    elif numbers is not None:
        value, low, high = numbers.value, numbers.low, numbers.high
    else:
        return None
    return None if value is None else PlottedNumber(value=value, low=low, high=high)
