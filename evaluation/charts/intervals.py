"""The specification of an interval chart: one row for each value with its interval, beside a reference value."""

from typing import Any

import altair as alt

from evaluation.charts.chart import IntervalChart, IntervalRow
from evaluation.charts.frame import (
    Text,
    axis_of,
    data_of,
    fill,
    framed,
    longest_title,
    row_texts,
    row_y,
    rows_left_out,
    stroke,
    y_pixels,
)
from evaluation.charts.layouts import SUBTITLE_LINE, layout, subtitle_lines
from evaluation.charts.paper import MOST_ROWS, Margins, clipped
from evaluation.charts.row_labels import label_fields, label_lines
from evaluation.charts.scales import Scale, scale
from evaluation.charts.theme import AXIS, BAD, GOOD, INK, MARK, PAPER

COLORS = {"good": (GOOD, GOOD), "bad": (BAD, BAD), "plain": (AXIS, PAPER), "mark": (MARK, MARK)}
"""Line and filling of each kind of row."""


def interval_specification(chart: IntervalChart, *, narrow: bool = False) -> dict[str, Any]:
    """Return the specification of an interval chart."""
    shown = chart.rows[:MOST_ROWS]
    subtitle = subtitle_lines(chart, narrow=narrow)
    sizes = layout(chart, narrow=narrow)
    margins, height = sizes.margins, sizes.height
    references = [] if chart.reference is None else [chart.reference]
    floor, cap = chart.x_range
    ends = [end for row in shown for end in row.number.ends]
    axis = scale([*ends, *references], begin=0, end=margins.width, floor=floor, cap=cap)
    words = [
        Text(line, 16 - margins.left, 46 + SUBTITLE_LINE * place - margins.top) for place, line in enumerate(subtitle)
    ]
    words += rows_left_out(len(chart.rows) - len(shown), margins, height)
    layers = _layers(shown, references, axis, chart.x_title, margins)
    return framed(chart, layers, words, margins=margins, height=height, is_empty=not shown)


def _layers(
    rows: tuple[IntervalRow, ...], references: list[float], axis: Scale, x_title: str, margins: Margins
) -> list[alt.Chart]:
    names = label_lines([row.label for row in rows], narrow=margins.is_narrow)
    values = [_values(row, axis, place, names[place], margins) for place, row in enumerate(rows)]
    base = alt.Chart(data_of(values)).encode(y=y_pixels())
    x = alt.X("value:Q", **axis_of(axis, title=x_title, longest=longest_title(margins)))
    edge = stroke("edge")
    reference = alt.Chart(data_of([{"value": value} for value in references]))
    caps = base.mark_tick(thickness=1, size=10, orient="vertical", opacity=1)
    return [
        reference.mark_rule(color=INK).encode(x=alt.X("value:Q")),
        base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2=alt.X2("high"), stroke=edge),
        *(caps.encode(x=alt.X(f"{end}:Q"), stroke=edge) for end in ("low", "high")),
        base.mark_circle(size=100, opacity=1, strokeWidth=1).encode(x=x, stroke=edge, fill=fill("fill")),
        *row_texts(base, margins),
    ]


def _values(row: IntervalRow, axis: Scale, place: int, lines: tuple[str, ...], margins: Margins) -> dict[str, Any]:
    low, high = map(axis.inside, row.number.ends)
    edge, fill = COLORS[row.kind]
    return {
        "py": row_y(place, narrow=margins.is_narrow),
        **label_fields(lines),
        "shown": clipped(row.shown, 26),
        "value": axis.inside(row.number.value),
        "low": low,
        "high": high,
        "edge": edge,
        "fill": fill,
    }
