"""The specification of a chart of lines: values with intervals along an axis, and what happened on the way."""

from typing import Any

import altair as alt

from evaluation.charts.curve_chart import LabelledLine, LineChart
from evaluation.charts.frame import Layer, Text, axis_of, data_of, fill, framed, longest_title, stroke, x_pixels
from evaluation.charts.key import placed_key
from evaluation.charts.layouts import LINES_HEIGHT, SHAPES, drawn_lines, layout
from evaluation.charts.paper import Margins
from evaluation.charts.scales import Scale, scale
from evaluation.charts.theme import AXIS, BAD, FAINT, PAPER, SERIES

MOST_POINTS = 400
"""Points of a line that are drawn; of more, every so manieth."""
_TICK_PX = 76
_APART_PX = 3


def line_specification(chart: LineChart, *, narrow: bool = False) -> dict[str, Any]:
    """Return the specification of a chart of lines."""
    lines = drawn_lines(chart)
    sizes = layout(chart, narrow=narrow)
    margins = sizes.margins
    points = [point for line in lines for point in line.points]
    floor, cap = chart.x_range
    places = (*(point.x for point in points), *(each.x for each in chart.happenings))
    x = scale(places, begin=0, end=margins.width, floor=floor, cap=cap)
    floor, cap = chart.y_range
    references = [] if chart.reference is None else [chart.reference]
    numbers = (*(end for point in points for end in point.number.ends), *references)
    y = scale(numbers, begin=LINES_HEIGHT, end=0, floor=floor, cap=cap)
    key = placed_key(sizes.key, margins)
    words = [*key.words, Text(chart.y_title, 16 - margins.left, -12, is_faint=False, longest=46 if narrow else 90)]
    if chart.ticks:
        words += _ticks(chart, x, margins)
        longest = longest_title(margins)
        words.append(Text(chart.x_title, margins.width / 2, LINES_HEIGHT + 38, align="center", longest=longest))
    layers = [*_marks(chart, references, x, y), *_layers(chart, lines, x, y, margins), *key.signs]
    return framed(chart, layers, words, margins=margins, height=LINES_HEIGHT, is_empty=not lines)


def _layers(chart: LineChart, lines: list[LabelledLine], x: Scale, y: Scale, margins: Margins) -> list[alt.Chart]:
    axis = axis_of(x, title=chart.x_title, longest=longest_title(margins))
    of_x = alt.X("x:Q", **(axis | {"axis": None} if chart.ticks else axis))
    base = alt.Chart(data_of([row for rank, line in enumerate(lines) for row in _values(rank, line, chart, x, y)]))
    color = stroke("color")
    return [
        base.mark_line(strokeWidth=1.5).encode(
            x=of_x, y=alt.Y("y:Q", **axis_of(y)), detail=alt.Detail("line:O"), stroke=color
        ),
        base.mark_rule(strokeOpacity=0.6).encode(x=of_x, y=alt.Y("low:Q"), y2=alt.Y2("high"), stroke=color),
        *(
            base.transform_filter(f"datum.line == {rank}")
            .mark_point(shape=SHAPES[rank], size=46, opacity=1, strokeWidth=1)
            .encode(x=of_x, y=alt.Y("y:Q"), stroke=color, fill=fill("fill"))
            for rank in range(len(lines))
        ),
    ]


def _values(rank: int, line: LabelledLine, chart: LineChart, x: Scale, y: Scale) -> list[dict[str, Any]]:
    every = -(-len(line.points) // MOST_POINTS)
    least, greatest = chart.x_range
    apart = (rank - (len(drawn_lines(chart)) - 1) / 2) * _APART_PX * (x.high - x.low) / abs(x.end - x.begin)
    return [
        {
            "line": rank,
            "x": x.inside(min(greatest, max(least, point.x + apart))),
            "y": y.inside(point.number.value),
            "low": y.inside(point.number.ends[0]),
            "high": y.inside(point.number.ends[1]),
            "color": SERIES[rank],
            "fill": PAPER if point.is_hollow else SERIES[rank],
        }
        for point in line.points[::-1][::every][::-1]
    ]


def _marks(chart: LineChart, references: list[float], x: Scale, y: Scale) -> list[Layer]:
    """Return what stands behind the lines: what happened, a value to compare with, the diagonal."""
    rows = [
        {"px": x.at(each.x), "kind": each.kind, "color": BAD if each.kind == "alert" else FAINT, "top": y.high}
        for each in chart.happenings
    ]
    happened = alt.Chart(data_of(rows)).encode(x=x_pixels(), stroke=stroke("color"))
    across = alt.Chart(data_of([{"value": y.inside(value)} for value in references]))
    layers: list[Layer] = [
        happened.mark_rule(strokeDash=[3, 3]),
        happened.transform_filter("datum.kind == 'alert'")
        .mark_point(shape="triangle-down", size=60, opacity=1, fill=BAD)
        .encode(y=alt.Y("top:Q")),
        across.mark_rule(color=AXIS, strokeDash=[5, 4]).encode(y=alt.Y("value:Q")),
    ]
    if chart.has_diagonal:
        ends = [{"px": x.at(value), "value": value} for value in (max(x.low, y.low), min(x.high, y.high))]
        diagonal = alt.Chart(data_of(ends)).mark_line(color=AXIS, strokeWidth=1, strokeDash=[5, 4])
        layers.append(diagonal.encode(x=x_pixels(), y=alt.Y("value:Q")))
    return layers


def _ticks(chart: LineChart, x: Scale, margins: Margins) -> list[Text]:
    """Return the labels for which there is room, the last one among them."""
    texts: list[Text] = []
    for tick in reversed(chart.ticks):
        place = x.at(tick.x)
        if not texts or texts[-1].x - place >= _TICK_PX:
            texts.append(Text(tick.label, min(place, margins.width - 8), LINES_HEIGHT + 18, align="center", longest=12))
    return texts
