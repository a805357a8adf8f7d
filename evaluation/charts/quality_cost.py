"""The specification of a quality-cost chart: one point for each candidate, and the Pareto frontier."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from evaluation.charts.chart import QualityCostChart, QualityCostPoint, frontier
from evaluation.charts.frame import Text, axis_of, data_of, fill, framed, longest_title, sign, stroke
from evaluation.charts.label_places import Box, label_places
from evaluation.charts.layouts import KEY_LINE, QUALITY_HEIGHT, layout
from evaluation.charts.paper import KEY_Y, Margins, clipped
from evaluation.charts.scales import Scale, scale
from evaluation.charts.theme import AXIS, MARK, PAPER

LONGEST_LABEL = 42
"""Characters of a label; the table has the full name."""
_DASH = [5, 4]


def quality_cost_specification(chart: QualityCostChart, *, narrow: bool = False) -> dict[str, Any]:
    """Return the specification of a quality-cost chart."""
    margins = layout(chart, narrow=narrow).margins
    costs = (end for point in chart.points for end in point.cost.ends)
    x = scale(costs, begin=0, end=margins.width, floor=0.0, may_be_log=True)
    qualities = (end for point in chart.points for end in point.quality.ends)
    floor, cap = chart.quality_range
    y = scale(qualities, begin=QUALITY_HEIGHT, end=0, floor=floor, cap=cap)
    best = frontier(chart.points, higher_is_better=chart.higher_is_better)
    x_title = clipped(chart.cost_title + (" (logarithmic)" if x.is_log else ""), longest_title(margins))
    layers = [
        _front(best, x, y),
        *_crosses(chart.points, best, x, y, x_title),
        *_key_signs(margins),
    ]
    words = [
        *_labels([*best, *(point for point in chart.points if point not in best)], x, y, margins),
        Text(chart.quality_title, 16 - margins.left, -12, is_faint=False, longest=46 if narrow else 80),
        *_key_words(margins),
    ]
    return framed(chart, layers, words, margins=margins, height=QUALITY_HEIGHT, is_empty=not chart.points)


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


def _labels(points: Sequence[QualityCostPoint], x: Scale, y: Scale, margins: Margins) -> list[Text]:
    """Return the names of the dots that have room for one; earlier ones choose first."""
    room = Box(left=0, top=-14, right=margins.width + margins.right - 6, bottom=QUALITY_HEIGHT)
    labels = [clipped(point.label, LONGEST_LABEL) for point in points]
    dots = [(x.at(point.cost.value), y.at(point.quality.value)) for point in points]
    places = label_places(dots, [len(label) for label in labels], room)
    return [
        Text(label, place[1], place[2], align=place[0].align, is_faint=False)
        for label, place in zip(labels, places, strict=True)
        if place is not None
    ]


def _key_places(margins: Margins) -> list[tuple[float, float]]:
    """Return where the three parts of the key begin: in a line, or below each other where there is no room."""
    x, y = -margins.left, KEY_Y - margins.top
    if margins.is_narrow:
        return [(x, y + KEY_LINE * place) for place in range(3)]
    return [(x, y), (x + 250, y), (x + 342, y)]


def _key_words(margins: Margins) -> list[Text]:
    words = (("no candidate is better and cheaper", 58), ("somebody is", 32), ("95 % interval over cases", 46))
    return [Text(text, x + dx, y + 4) for (text, dx), (x, y) in zip(words, _key_places(margins), strict=True)]


def _key_signs(margins: Margins) -> list[alt.Chart]:
    (x, y), (x_other, y_other), (x_bar, y_bar) = _key_places(margins)
    return [
        sign("circle", x + 22, y, size=100, inside=MARK, stroke=MARK),
        sign("stroke", x + 41, y, size=480, stroke=MARK, strokeDash=_DASH),
        sign("circle", x_other + 22, y_other, size=100, inside=PAPER, stroke=AXIS),
        sign("stroke", x_bar + 29, y_bar, size=480, stroke=AXIS),
    ]
