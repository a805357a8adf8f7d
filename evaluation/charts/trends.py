"""The specification of a trend chart: values from run to run, a line for each candidate, and marks at changes."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from evaluation.charts.chart import TrendChart, TrendLine
from evaluation.charts.frame import Text, axis_of, data_of, fill, framed, sign, stroke, x_pixels
from evaluation.charts.key import PlacedKey, placed_key
from evaluation.charts.layouts import OTHER_WEIGHTS, TRENDS, drawn_trends, layout
from evaluation.charts.paper import Margins, clipped
from evaluation.charts.scales import Scale, scale
from evaluation.charts.theme import AXIS, LETTER_PX, PAPER, SERIES

HEIGHT = TRENDS.height
APART_PX = 7
"""Pixels between two candidates of one run, so that their intervals do not overlap; fewer where runs are close."""
NAME_PX = 16
"""Pixels from a name to the next one below it."""
MOMENT_PX = 76
"""Pixels for the label of a run."""
_NAMES_X = TRENDS.margins.width + 18


def trend_specification(chart: TrendChart, *, narrow: bool = False) -> dict[str, Any]:
    """Return the specification of a trend chart; on a narrow screen the names stand above the lines."""
    lines = drawn_trends(chart)
    sizes = layout(chart, narrow=narrow)
    margins = sizes.margins
    floor, cap = chart.y_range
    ends = [end for line in lines for point in line.points for end in point.number.ends]
    axis = scale(ends, begin=HEIGHT, end=0, floor=floor, cap=cap)
    key = placed_key(sizes.key, margins) if narrow else _names_beside(chart, lines, axis)
    layers = [*_layers(_values(lines, chart.moments, axis, margins.width), axis), *key.signs]
    words = [
        *_moments(chart.moments, margins),
        *key.words,
        Text(chart.y_title, 16 - margins.left, -12, is_faint=False, longest=46 if narrow else 80),
    ]
    return framed(chart, layers, words, margins=margins, height=HEIGHT, is_empty=not lines)


def _names_beside(chart: TrendChart, lines: Sequence[TrendLine], axis: Scale) -> PlacedKey:
    """Return the names at the ends of the lines, and what else is to be known."""
    names_y = _names_y(lines, axis)
    signs = [sign("circle", _NAMES_X, y, size=50, inside=SERIES[rank], stroke=SERIES[rank]) for rank, y in names_y]
    words = [Text(lines[rank].label, _NAMES_X + 10, y + 4, is_faint=False, longest=24) for rank, y in names_y]
    if any(point.is_changed for line in lines for point in line.points):
        signs.append(sign("square", _NAMES_X, HEIGHT + 8, size=64, inside=PAPER, stroke=AXIS))
        words.append(Text(OTHER_WEIGHTS, _NAMES_X + 10, HEIGHT + 12))
    if left := sum(bool(line.points) for line in chart.lines) - len(lines):
        words.append(Text(f"and {left:,} more in the table", _NAMES_X, HEIGHT + 30))
    return PlacedKey(words, signs)


def _layers(rows: list[dict[str, Any]], axis: Scale) -> list[alt.Chart]:
    base = alt.Chart(data_of(rows)).encode(x=x_pixels(), stroke=stroke("color"))
    dots = base.encode(y=alt.Y("y:Q", **axis_of(axis)))
    return [
        base.mark_line(strokeWidth=1.5).encode(y=alt.Y("y:Q"), detail=alt.Detail("line:O")),
        base.mark_rule(strokeOpacity=0.6).encode(y=alt.Y("low:Q"), y2=alt.Y2("high")),
        dots.transform_filter("!datum.is_changed").mark_circle(size=50, opacity=1).encode(fill=fill("color")),
        dots.transform_filter("datum.is_changed").mark_square(size=100, opacity=1, fill=PAPER, strokeWidth=1),
    ]


def _moment_x(run: int, n_runs: int, width: int) -> float:
    return width * (run + 0.5) / n_runs


def _values(lines: Sequence[TrendLine], moments: Sequence[str], axis: Scale, width: int) -> list[dict[str, Any]]:
    apart_px = min(APART_PX, 0.8 * width / max(1, len(moments) * len(lines)))
    return [
        {
            "line": rank,
            "label": clipped(line.label, 200),
            "moment": clipped(moments[point.run], 40),
            "px": _moment_x(point.run, len(moments), width) + (rank - (len(lines) - 1) / 2) * apart_px,
            "y": axis.inside(point.number.value),
            "low": axis.inside(point.number.ends[0]),
            "high": axis.inside(point.number.ends[1]),
            "is_changed": point.is_changed,
            "color": SERIES[rank],
        }
        for rank, line in enumerate(lines)
        for point in line.points
    ]


def _moments(moments: Sequence[str], margins: Margins) -> list[Text]:
    """Return the labels of the runs for which there is room; that of the last run ends on the paper."""
    every = -(-len(moments) * MOMENT_PX // margins.width) or 1
    labels: list[Text] = []
    for run in range(len(moments) - 1, -1, -every):
        half = LETTER_PX * len(moments[run]) / 2
        x = min(_moment_x(run, len(moments), margins.width), margins.width + margins.right - half)
        if not labels or labels[-1].x - x >= MOMENT_PX:
            labels.append(Text(moments[run], x, HEIGHT + 18, align="center"))
    return labels


def _names_y(lines: Sequence[TrendLine], axis: Scale) -> list[tuple[int, float]]:
    """Return each line's rank and the height of its name: that of its last value, without overlaps."""
    lasts = sorted((axis.at(line.points[-1].number.value), rank) for rank, line in enumerate(lines))
    places = []
    y, lowest = -float(NAME_PX), HEIGHT - 2 - NAME_PX * (len(lasts) - 1)
    for place, (last_y, rank) in enumerate(lasts):
        y = min(max(last_y, y + NAME_PX), lowest + NAME_PX * place)
        places.append((rank, y))
    return places
