"""The specification of a cascade's chart: quality against cost along its threshold, beside the larger model alone."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from evaluation.charts.chart import CascadeChart, CurvePoint
from evaluation.charts.frame import Text, axis_of, data_of, fill, framed, longest_title, stroke
from evaluation.charts.key import placed_key
from evaluation.charts.layouts import CASCADE, layout
from evaluation.charts.scales import Scale, scale
from evaluation.charts.theme import AXIS, BAD, MARK, PAPER

HEIGHT = CASCADE.height
MOST_BARS = 25
"""Points above which intervals would hide the curve: only that of the run's own threshold is drawn then."""


def cascade_specification(chart: CascadeChart, *, narrow: bool = False) -> dict[str, Any]:
    """Return the specification of a cascade's chart."""
    sizes = layout(chart, narrow=narrow)
    margins = sizes.margins
    shown = [*chart.points, *([] if chart.alone is None else [chart.alone])]
    x = scale((point.cost for point in shown), begin=0, end=margins.width, floor=0.0)
    floor, cap = chart.quality_range
    y = scale((end for point in shown for end in point.quality.ends), begin=HEIGHT, end=0, floor=floor, cap=cap)
    layers = _curve(chart.points, x, y, axis_of(x, title=chart.cost_title, longest=longest_title(margins)))
    if chart.alone is not None:
        square = alt.Chart(data_of([_values(chart.alone, 0, x, y)])).mark_square(
            size=100, opacity=1, fill=BAD, stroke=BAD, strokeWidth=1
        )
        layers.append(square.encode(x=alt.X("x:Q"), y=alt.Y("y:Q")))
    key = placed_key(sizes.key, margins)
    title = Text(chart.quality_title, 16 - margins.left, -12, is_faint=False, longest=46 if narrow else 80)
    return framed(chart, [*layers, *key.signs], [title, *key.words], margins=margins, height=HEIGHT, is_empty=not shown)


def _curve(points: Sequence[CurvePoint], x: Scale, y: Scale, x_axis: dict[str, Any]) -> list[alt.Chart]:
    base = alt.Chart(data_of([_values(point, place, x, y) for place, point in enumerate(points)]))
    barred = base.transform_filter("datum.is_of_run") if len(points) > MOST_BARS else base
    edge = stroke("edge")
    return [
        base.mark_line(color=MARK, strokeWidth=1, strokeDash=[5, 4]).encode(
            x=alt.X("x:Q", **x_axis), y=alt.Y("y:Q", **axis_of(y)), order=alt.Order("place:Q")
        ),
        barred.mark_rule().encode(x=alt.X("x:Q"), y=alt.Y("low:Q"), y2=alt.Y2("high"), stroke=edge),
        base.mark_circle(opacity=1, strokeWidth=1).encode(
            x=alt.X("x:Q"), y=alt.Y("y:Q"), stroke=edge, fill=fill("fill"), size=alt.Size("size:Q", scale=None)
        ),
    ]


def _values(point: CurvePoint, place: int, x: Scale, y: Scale) -> dict[str, Any]:
    low, high = map(y.inside, point.quality.ends)
    return {
        "place": place,
        "x": x.inside(point.cost),
        "y": y.inside(point.quality.value),
        "low": low,
        "high": high,
        "is_of_run": point.is_of_run,
        "edge": MARK if point.is_of_run else AXIS,
        "fill": MARK if point.is_of_run else PAPER,
        "size": 100 if point.is_of_run else 49,
    }
