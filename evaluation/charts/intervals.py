"""The specification of an interval chart: one row for each value with its interval, beside a reference value."""

from typing import Any

import altair as alt

from evaluation.charts.chart import IntervalChart, IntervalRow
from evaluation.charts.frame import (
    LABEL_PX,
    LONGEST_LABEL,
    MOST_ROWS,
    Margins,
    Text,
    axis_of,
    clipped,
    data_of,
    fill,
    framed,
    row_y,
    rows_height,
    rows_left_out,
    stroke,
    x_pixel,
    y_pixels,
)
from evaluation.charts.scales import Scale, scale
from evaluation.charts.theme import AXIS, BAD, FAINT, GOOD, INK, MARK, PAPER

COLORS = {"good": (GOOD, GOOD), "bad": (BAD, BAD), "plain": (AXIS, PAPER), "mark": (MARK, MARK)}
"""Line and filling of each kind of row."""


def interval_specification(chart: IntervalChart) -> dict[str, Any]:
    """Return the specification of an interval chart."""
    shown = chart.rows[:MOST_ROWS]
    margins = Margins(left=LABEL_PX, right=176, top=64 if chart.subtitle else 46, bottom=46)
    height = rows_height(len(shown))
    references = [] if chart.reference is None else [chart.reference]
    floor, cap = chart.x_range
    ends = [end for row in shown for end in row.number.ends]
    axis = scale([*ends, *references], begin=0, end=margins.width, floor=floor, cap=cap)
    words = [Text(chart.subtitle, 16 - margins.left, 46 - margins.top)] if chart.subtitle else []
    words += rows_left_out(len(chart.rows) - len(shown), margins, height)
    layers = _layers(shown, references, axis, chart.x_title)
    return framed(chart, layers, words, margins=margins, height=height, is_empty=not shown)


def _layers(rows: tuple[IntervalRow, ...], references: list[float], axis: Scale, x_title: str) -> list[alt.Chart]:
    base = alt.Chart(data_of([_values(row, axis, place) for place, row in enumerate(rows)])).encode(y=y_pixels())
    x = alt.X("value:Q", **axis_of(axis, title=x_title))
    edge = stroke("edge")
    reference = alt.Chart(data_of([{"value": value} for value in references]))
    caps = base.mark_tick(thickness=1, size=10, orient="vertical", opacity=1)
    return [
        reference.mark_rule(color=INK).encode(x=alt.X("value:Q")),
        base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2=alt.X2("high"), stroke=edge),
        *(caps.encode(x=alt.X(f"{end}:Q"), stroke=edge) for end in ("low", "high")),
        base.mark_circle(size=100, opacity=1, strokeWidth=1).encode(x=x, stroke=edge, fill=fill("fill")),
        base.mark_text(align="right").encode(text=alt.Text("label:N"), x=x_pixel(-10)),
        base.mark_text(align="left", fontSize=11, color=FAINT).encode(
            text=alt.Text("shown:N"), x=x_pixel(axis.end + 14)
        ),
    ]


def _values(row: IntervalRow, axis: Scale, place: int) -> dict[str, Any]:
    low, high = map(axis.inside, row.number.ends)
    edge, fill = COLORS[row.kind]
    return {
        "py": row_y(place),
        "label": clipped(row.label, LONGEST_LABEL),
        "shown": clipped(row.shown, 26),
        "value": axis.inside(row.number.value),
        "low": low,
        "high": high,
        "edge": edge,
        "fill": fill,
    }
