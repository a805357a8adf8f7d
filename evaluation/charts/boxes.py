"""The specification of a box chart: the middle half, the median and the tail of each candidate, one row each."""

from typing import Any

import altair as alt

from evaluation.charts.chart import BoxChart, BoxRow
from evaluation.charts.frame import (
    Text,
    axis_of,
    data_of,
    framed,
    longest_title,
    row_texts,
    row_y,
    rows_left_out,
    sign,
    y_pixels,
)
from evaluation.charts.layouts import layout
from evaluation.charts.paper import KEY_Y, MOST_ROWS, Margins
from evaluation.charts.row_labels import label_fields, label_lines
from evaluation.charts.scales import Scale, scale
from evaluation.charts.theme import AXIS, BOX, MARK, PAPER
from evaluation.formatting import measured

_QUANTILES = ("p5", "p25", "p50", "p75", "p95", "p99")


def box_specification(chart: BoxChart, *, narrow: bool = False) -> dict[str, Any]:
    """Return the specification of a box chart."""
    shown = chart.rows[:MOST_ROWS]
    sizes = layout(chart, narrow=narrow)
    margins, height = sizes.margins, sizes.height
    numbers = (getattr(row, name) for row in shown for name in _QUANTILES)
    axis = scale(numbers, begin=0, end=margins.width, floor=0.0, may_be_log=True)
    words = [*_key_words(margins), *rows_left_out(len(chart.rows) - len(shown), margins, height)]
    layers = [*_layers(shown, axis, chart.x_title, margins), *_key_signs(margins)]
    return framed(chart, layers, words, margins=margins, height=height, is_empty=not shown)


def _layers(rows: tuple[BoxRow, ...], axis: Scale, x_title: str, margins: Margins) -> list[alt.Chart]:
    names = label_lines([row.label for row in rows], narrow=margins.is_narrow)
    values = [_values(row, axis, place, names[place], margins) for place, row in enumerate(rows)]
    base = alt.Chart(data_of(values)).encode(y=y_pixels())
    title = x_title + (" (logarithmic)" if axis.is_log else "")
    x = alt.X("p50:Q", **axis_of(axis, title=title, longest=longest_title(margins)))
    upright: dict[str, Any] = {"orient": "vertical", "opacity": 1}
    return [
        base.mark_rule(color=AXIS).encode(x=alt.X("p5:Q"), x2=alt.X2("p95")),
        base.mark_tick(color=AXIS, thickness=1, size=8, **upright).encode(x=alt.X("p5:Q")),
        base.mark_tick(color=AXIS, thickness=1, size=12, **upright).encode(x=alt.X("p95:Q")),
        base.mark_bar(fill=BOX, stroke=MARK, strokeWidth=1, height=16).encode(x=alt.X("p25:Q"), x2=alt.X2("p75")),
        base.mark_tick(color=MARK, thickness=2, size=16, **upright).encode(x=x),
        base.mark_circle(size=36, fill=PAPER, stroke=AXIS, strokeWidth=1, opacity=1).encode(x=alt.X("p99:Q")),
        *row_texts(base, margins),
    ]


def _values(row: BoxRow, axis: Scale, place: int, lines: tuple[str, ...], margins: Margins) -> dict[str, Any]:
    return {
        "py": row_y(place, narrow=margins.is_narrow),
        **label_fields(lines),
        "shown": f"{measured(row.p50)} · {measured(row.p95)} · {measured(row.p99)} ({row.n_cases:,})",
        **{name: axis.inside(getattr(row, name)) for name in _QUANTILES},
    }


def _key_words(margins: Margins) -> list[Text]:
    x, y = -margins.left, KEY_Y + 4 - margins.top
    return [
        Text("middle half and median", x + 50, y),
        Text("from p5 to p95", x + 220, y),
        Text("p99", x + 330, y),
        Text("p50 · p95 · p99 (cases)", margins.width, y + 20, align="right")
        if margins.is_narrow
        else Text("p50 · p95 · p99 (cases)", margins.width + 14, y),
    ]


def _key_signs(margins: Margins) -> list[alt.Chart]:
    x, y = -margins.left, KEY_Y - margins.top
    return [
        sign("M-1,-.45H1V.45H-1Z", x + 30, y, size=680, inside=BOX, stroke=MARK),
        sign("stroke", x + 30, y, size=144, stroke=MARK, strokeWidth=2, angle=90),
        sign("stroke", x + 202, y, size=560, stroke=AXIS),
        sign("circle", x + 322, y, size=36, inside=PAPER, stroke=AXIS),
    ]
