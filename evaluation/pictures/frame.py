"""The part of the paper on which things are drawn: its edges, its grid, and the words at its axes."""

from evaluation.pictures.scales import Scale
from evaluation.pictures.svg import line, text


def across(axis: Scale, *, top: float, bottom: float, title: str) -> list[str]:
    """Upright grid lines at the ticks of an axis from left to right, with their words below, and its title."""
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
    """Return the level grid lines at the ticks of an axis that grows upwards, with their words at the left.

    And its title.
    """
    parts = [line(left, axis.begin, left, axis.end, class_="axis")]
    for value, label in axis.ticks():
        y = axis.at(value)
        parts += [
            line(left, y, right, y, class_="grid"),
            text(left - 6, y + 4, label, class_="faint", text_anchor="end"),
        ]
    return [*parts, text(16, axis.end - 12, title, longest=80)]
