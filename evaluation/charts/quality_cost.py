"""The specification of a quality-cost chart: one point for each candidate, and the Pareto frontier."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from evaluation.charts.chart import QualityCostChart, QualityCostPoint, frontier
from evaluation.charts.frame import KEY_Y, Margins, Text, axis_of, clipped, data_of, fill, framed, sign, stroke
from evaluation.charts.label_places import Box, label_places
from evaluation.charts.scales import Scale, scale
from evaluation.charts.theme import AXIS, MARK, PAPER

MARGINS = Margins(left=62, right=24, top=88, bottom=64)
HEIGHT = 258
LONGEST_LABEL = 34
"""Characters of a label; the table has the full name."""
ROOM = Box(left=0, top=-14, right=MARGINS.width + 18, bottom=HEIGHT)
_DASH = [5, 4]


def quality_cost_specification(chart: QualityCostChart) -> dict[str, Any]:
    """Return the specification of a quality-cost chart."""
    costs = (end for point in chart.points for end in point.cost.ends)
    x = scale(costs, begin=0, end=MARGINS.width, floor=0.0, may_be_log=True)
    qualities = (end for point in chart.points for end in point.quality.ends)
    floor, cap = chart.quality_range
    y = scale(qualities, begin=HEIGHT, end=0, floor=floor, cap=cap)
    best = frontier(chart.points, higher_is_better=chart.higher_is_better)
    x_title = chart.cost_title + (" (logarithmic)" if x.is_log else "")
    layers = [_front(best, x, y), *_crosses(chart.points, best, x, y, x_title), *_key_signs()]
    words = [
        *_labels([*best, *(point for point in chart.points if point not in best)], x, y),
        Text(chart.quality_title, 16 - MARGINS.left, -12, is_faint=False, longest=80),
        *_key_words(),
    ]
    return framed(chart, layers, words, margins=MARGINS, height=HEIGHT, is_empty=not chart.points)


def _front(best: Sequence[QualityCostPoint], x: Scale, y: Scale) -> alt.Chart:
    """Return the frontier as steps: between two points, none is known to be better than the cheaper one."""
    steps = [{"x": x.inside(point.cost.value), "y": y.inside(point.quality.value)} for point in best]
    if steps:
        steps.append({"x": x.high, "y": steps[-1]["y"]})
    line = alt.Chart(data_of(steps)).mark_line(color=MARK, strokeWidth=1, strokeDash=_DASH, interpolate="step-after")
    front: alt.Chart = line.encode(x=alt.X("x:Q"), y=alt.Y("y:Q"))
    return front


def _crosses(
    points: Sequence[QualityCostPoint], best: Sequence[QualityCostPoint], x: Scale, y: Scale, x_title: str
) -> list[alt.Chart]:
    """Return dots with error bars in both directions, those of the frontier above the others."""
    upwards = [*(point for point in points if point not in best), *best]
    base = alt.Chart(data_of([_values(point, x, y, is_best=point in best) for point in upwards]))
    edge = stroke("edge")
    dots = base.mark_circle(size=100, opacity=1, strokeWidth=1).encode(
        x=alt.X("x:Q", **axis_of(x, title=x_title)),
        y=alt.Y("y:Q", **axis_of(y)),
        stroke=edge,
        fill=fill("fill"),
    )
    return [
        base.mark_rule().encode(x=alt.X("x_low:Q"), x2=alt.X2("x_high"), y=alt.Y("y:Q"), stroke=edge),
        base.mark_rule().encode(x=alt.X("x:Q"), y=alt.Y("y_low:Q"), y2=alt.Y2("y_high"), stroke=edge),
        dots,
    ]


def _values(point: QualityCostPoint, x: Scale, y: Scale, *, is_best: bool) -> dict[str, Any]:
    (left, right), (low, high) = map(x.inside, point.cost.ends), map(y.inside, point.quality.ends)
    return {
        "x": x.inside(point.cost.value),
        "x_low": left,
        "x_high": right,
        "y": y.inside(point.quality.value),
        "y_low": low,
        "y_high": high,
        "edge": MARK if is_best else AXIS,
        "fill": MARK if is_best else PAPER,
    }


def _labels(points: Sequence[QualityCostPoint], x: Scale, y: Scale) -> list[Text]:
    """Return the names of the dots that have room for one; earlier ones choose first."""
    labels = [clipped(point.label, LONGEST_LABEL) for point in points]
    dots = [(x.at(point.cost.value), y.at(point.quality.value)) for point in points]
    places = label_places(dots, [len(label) for label in labels], ROOM)
    return [
        Text(label, place[1], place[2], align=place[0].align, is_faint=False)
        for label, place in zip(labels, places, strict=True)
        if place is not None
    ]


def _key_words() -> list[Text]:
    x, y = -MARGINS.left, KEY_Y + 4 - MARGINS.top
    return [
        Text("no candidate is better and cheaper", x + 58, y),
        Text("somebody is", x + 282, y),
        Text("95 % interval over cases", x + 388, y),
    ]


def _key_signs() -> list[alt.Chart]:
    x, y = -MARGINS.left, KEY_Y - MARGINS.top
    return [
        sign("circle", x + 22, y, size=100, inside=MARK, stroke=MARK),
        sign("stroke", x + 41, y, size=480, stroke=MARK, strokeDash=_DASH),
        sign("circle", x + 272, y, size=100, inside=PAPER, stroke=AXIS),
        sign("stroke", x + 371, y, size=480, stroke=AXIS),
    ]
