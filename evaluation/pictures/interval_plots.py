"""Interval plots: one row for each value with its interval, beside a reference value."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.pictures.frame import LABEL_RIGHT, LONGEST_LABEL, MOST_ROWS, ROW, PlottedNumber, across, left_out
from evaluation.pictures.scales import ANY, Scale, scale
from evaluation.pictures.svg import WIDTH, element, line, picture, text

RIGHT = WIDTH - 176


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One value in a plot."""

    label: str
    known: PlottedNumber
    said: str
    """The numbers as text, as in the table."""
    kind: str = "mark"
    """`good`, `bad`, `plain` or `mark`."""


def draw_interval_plots(
    rows: Sequence[Row],
    *,
    title: str,
    x_title: str,
    about: str = "",
    against: float | None = None,
    x_range: tuple[float, float] = ANY,
) -> str:
    """Draw values with their intervals; of very many rows the first ones.

    Args:
        rows: At least one.
        title: What it shows.
        x_title: What the values are, with their unit.
        about: A line below the title.
        against: A value to mark, such as no difference.
        x_range: Bounds that no value can exceed.
    """
    shown = rows[:MOST_ROWS]
    top = 70 if about else 52
    bottom = top + ROW * len(shown)
    floor, cap = x_range
    marked = [] if against is None else [against]
    ends = [end for row in shown for end in row.known.ends]
    axis = scale([*ends, *marked], begin=LABEL_RIGHT, end=RIGHT, floor=floor, cap=cap)
    parts = across(axis, top=top - 6, bottom=bottom, title=x_title)
    parts += [line(axis.at(value), top - 6, axis.at(value), bottom, class_="zero") for value in marked]
    parts += [text(16, 46, about, class_="faint", longest=115)] if about else []
    for place, row in enumerate(shown):
        parts += _row(row, axis, top + ROW * (place + 0.5))
    return picture(bottom + 46, title, [*parts, *left_out(len(rows) - len(shown), bottom + 34)])


def _row(row: Row, axis: Scale, y: float) -> list[str]:
    low, high = map(axis.at, row.known.ends)
    return [
        text(LABEL_RIGHT - 10, y + 4, row.label, text_anchor="end", longest=LONGEST_LABEL),
        line(low, y, high, y, class_="bar" if row.kind == "plain" else row.kind, stroke_width=2),
        line(low, y - 5, low, y + 5, class_="bar" if row.kind == "plain" else row.kind),
        line(high, y - 5, high, y + 5, class_="bar" if row.kind == "plain" else row.kind),
        element("circle", cx=axis.at(row.known.value), cy=y, r=5, class_=row.kind),
        text(RIGHT + 14, y + 4, row.said, class_="faint", longest=26),
    ]
