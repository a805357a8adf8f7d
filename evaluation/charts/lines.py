"""The specification of a chart of lines: values with intervals along an axis, and what happened on the way."""

from typing import Any

import altair as alt

from evaluation.charts.curve_chart import LabelledLine, LineChart
from evaluation.charts.frame import (
    Layer,
    Margins,
    Text,
    axis_of,
    data_of,
    fill,
    framed,
    longest_title,
    stroke,
    x_pixels,
)
from evaluation.charts.key import LINE, KeyPart, key_lines, placed_key
from evaluation.charts.scales import Scale, scale
from evaluation.charts.theme import AXIS, BAD, FAINT, NARROW, PAPER, SERIES, WIDTH

HEIGHT = 240
MOST_POINTS = 400
"""Points of a line that are drawn; of more, every so manieth."""
SHAPES = ("circle", "square", "diamond", "triangle-up", "triangle-down", "triangle-right", "triangle-left", "cross")
"""A shape for each colour, so that lines are told apart without it."""
_TICK_PX = 64
_APART_PX = 3


def line_specification(chart: LineChart, *, narrow: bool = False) -> dict[str, Any]:
    """Return the specification of a chart of lines."""
    lines = [line for line in chart.lines if line.points][: len(SERIES)]
    paper = NARROW if narrow else WIDTH
    parts = _key(chart, lines)
    top = 68 + LINE * max(1, key_lines(parts, paper))
    margins = Margins(left=46 if narrow else 62, right=24, top=top, bottom=46, paper=paper)
    points = [point for line in lines for point in line.points]
    x = scale((*(point.x for point in points), *(each.x for each in chart.happenings)), begin=0, end=margins.width)
    floor, cap = chart.y_range
    references = [] if chart.reference is None else [chart.reference]
    numbers = (*(end for point in points for end in point.number.ends), *references)
    y = scale(numbers, begin=HEIGHT, end=0, floor=floor, cap=cap)
    key = placed_key(parts, margins)
    words = [*key.words, Text(chart.y_title, 16 - margins.left, -12, is_faint=False, longest=46 if narrow else 90)]
    if chart.ticks:
        words += _ticks(chart, x, margins)
        longest = longest_title(margins)
        words.append(Text(chart.x_title, margins.width / 2, HEIGHT + 38, align="center", longest=longest))
    layers = [*_marks(chart, references, x, y), *_layers(chart, lines, x, y, margins), *key.signs]
    return framed(chart, layers, words, margins=margins, height=HEIGHT, is_empty=not lines)


def _key(chart: LineChart, lines: list[LabelledLine]) -> list[KeyPart]:
    parts = [
        KeyPart(words=line.label, shape=SHAPES[rank], inside=SERIES[rank], stroke=SERIES[rank])
        for rank, line in enumerate(lines)
    ]
    if chart.hollow_words:
        parts.append(KeyPart(words=chart.hollow_words, shape="circle", inside=PAPER, stroke=AXIS))
    kinds = {each.kind for each in chart.happenings}
    if "change" in kinds:
        parts.append(KeyPart(words="other weights or another server", shape="stroke", stroke=FAINT, size=140, angle=90))
    if "alert" in kinds:
        parts.append(KeyPart(words="alert", shape="triangle-down", inside=BAD, stroke=BAD))
    if chart.has_diagonal:
        parts.append(KeyPart(words="as sure as right", shape="stroke", stroke=AXIS, size=140))
    if left := len(chart.lines) - len(lines):
        parts.append(KeyPart(words=f"and {left:,} more in the table", shape="…"))
    return parts


def _layers(chart: LineChart, lines: list[LabelledLine], x: Scale, y: Scale, margins: Margins) -> list[alt.Chart]:
    axis = axis_of(x, title=chart.x_title, longest=longest_title(margins))
    of_x = alt.X("x:Q", **(axis | {"axis": None} if chart.ticks else axis))
    base = alt.Chart(data_of([row for rank, line in enumerate(lines) for row in _values(rank, line, lines, x, y)]))
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


def _values(rank: int, line: LabelledLine, lines: list[LabelledLine], x: Scale, y: Scale) -> list[dict[str, Any]]:
    every = -(-len(line.points) // MOST_POINTS)
    apart = (rank - (len(lines) - 1) / 2) * _APART_PX * (x.high - x.low) / abs(x.end - x.begin)
    return [
        {
            "line": rank,
            "x": x.inside(point.x + apart),
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
            texts.append(Text(tick.label, min(place, margins.width - 8), HEIGHT + 18, align="center", longest=12))
    return texts
