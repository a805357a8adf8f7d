"""The specification of histograms above each other: how the values of each candidate are distributed."""

from typing import Any

import altair as alt

from evaluation.charts.frame import (
    axis_of,
    data_of,
    framed,
    label_layers,
    longest_title,
    rows_left_out,
    x_pixels,
    y_pixels,
)
from evaluation.charts.grid_chart import HistogramChart, HistogramRow
from evaluation.charts.layouts import HISTOGRAM_NARROW_ROW, HISTOGRAM_ROW, MOST_HISTOGRAMS, layout
from evaluation.charts.paper import Margins, clipped
from evaluation.charts.row_labels import label_fields, label_lines
from evaluation.charts.scales import Scale, scale
from evaluation.charts.theme import AXIS, FAINT, MARK

_BAR = 34


def histogram_specification(chart: HistogramChart, *, narrow: bool = False) -> dict[str, Any]:
    """Return the specification of histograms above each other."""
    shown = chart.rows[:MOST_HISTOGRAMS]
    sizes = layout(chart, narrow=narrow)
    margins, height = sizes.margins, sizes.height
    axis = scale(chart.edges, begin=0, end=margins.width)
    layers = [*_bars(chart, shown, axis, margins), *_labels(shown, margins)]
    words = rows_left_out(len(chart.rows) - len(shown), margins, height)
    return framed(chart, layers, words, margins=margins, height=height, is_empty=not shown)


def _base(place: int, margins: Margins) -> float:
    """Return the pixel on which the bars of a row stand."""
    return (HISTOGRAM_NARROW_ROW if margins.is_narrow else HISTOGRAM_ROW) * (place + 1)


def _bars(chart: HistogramChart, rows: tuple[HistogramRow, ...], axis: Scale, margins: Margins) -> list[alt.Chart]:
    most = max((count / sum(row.counts) for row in rows for count in row.counts if count), default=1.0)
    bars = [
        {
            "px": axis.at(left) + 1,
            "right": axis.at(right) - 1,
            "py": _base(place, margins) - _BAR * count / sum(row.counts) / most,
            "base": _base(place, margins),
        }
        for place, row in enumerate(rows)
        for left, right, count in zip(chart.edges, chart.edges[1:], row.counts, strict=False)
        if count
    ]
    lines = [{"px": 0, "right": margins.width, "py": _base(place, margins)} for place in range(len(rows))]
    ends = alt.Chart(data_of([{"value": axis.low}, {"value": axis.high}]))
    title = axis_of(axis, title=chart.x_title, longest=longest_title(margins))
    pixels = {"y2": alt.Y2("base"), "x2": alt.X2("right")}
    return [
        ends.mark_rule(opacity=0, strokeOpacity=0).encode(x=alt.X("value:Q", **title)),
        alt.Chart(data_of(lines)).mark_rule(color=AXIS).encode(x=x_pixels(), x2=pixels["x2"], y=y_pixels()),
        alt.Chart(data_of(bars)).mark_bar(fill=MARK).encode(x=x_pixels(), y=y_pixels(), **pixels),
    ]


def _labels(rows: tuple[HistogramRow, ...], margins: Margins) -> list[alt.Chart]:
    narrow = margins.is_narrow
    names = label_lines([row.label for row in rows], narrow=narrow)
    values = [
        {
            "py": _base(place, margins) - (_BAR + 10 if narrow else 10),
            **label_fields(names[place]),
            "shown": clipped(row.shown, 20),
        }
        for place, row in enumerate(rows)
    ]
    base = alt.Chart(data_of(values)).encode(y=y_pixels())
    x_label, x_shown = (alt.XValue(x) for x in ((0, margins.width) if narrow else (-10, margins.width + 14)))  # type: ignore[no-untyped-call]
    return [
        *label_layers(base.encode(x=x_label), narrow=narrow),
        base.mark_text(align="right" if narrow else "left", fontSize=11, color=FAINT).encode(
            text=alt.Text("shown:N"), x=x_shown
        ),
    ]
