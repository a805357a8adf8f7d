"""Plots of a cascade: quality against cost along its threshold, beside the larger model alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.pictures.frame import PlottedNumber, across, upwards
from evaluation.pictures.scales import ANY, scale
from evaluation.pictures.svg import WIDTH, element, line, picture, text

HEIGHT = 380
LEFT, RIGHT, TOP, BOTTOM = 62, WIDTH - 24, 88, HEIGHT - 64
_MOST_BARS = 25
"""Points above which intervals would hide the curve: only that of the run's own threshold is drawn then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """A cascade at one threshold."""

    x: float
    """Cost: less is better."""
    y: PlottedNumber
    is_of_run: bool


def draw_cascade_curve(
    points: Sequence[CurvePoint],
    *,
    alone: CurvePoint | None,
    title: str,
    x_title: str,
    y_title: str,
    y_range: tuple[float, float] = ANY,
) -> str:
    """Draw quality against cost.

    Args:
        points: By rising threshold; at least one.
        alone: The larger model without the small one, if it is known.
        title: What it shows.
        x_title: The cost, with its unit.
        y_title: The metric of quality.
        y_range: Bounds that no value can exceed.
    """
    shown = [*points, *([] if alone is None else [alone])]
    x_axis = scale((point.x for point in shown), begin=LEFT, end=RIGHT, floor=0.0)
    floor, cap = y_range
    y_axis = scale((end for point in shown for end in point.y.ends), begin=BOTTOM, end=TOP, floor=floor, cap=cap)
    places = [(x_axis.at(point.x), y_axis.at(point.y.value)) for point in points]
    way = "".join(f"{'L' if place else 'M'}{x:.1f} {y:.1f}" for place, (x, y) in enumerate(places))
    parts = [
        *across(x_axis, top=TOP, bottom=BOTTOM, title=x_title),
        *upwards(y_axis, left=LEFT, right=RIGHT, title=y_title),
        element("path", d=way, class_="front"),
    ]
    for point, (x, y) in zip(points, places, strict=True):
        if point.is_of_run or len(points) <= _MOST_BARS:
            low, high = map(y_axis.at, point.y.ends)
            parts.append(line(x, low, x, high, class_="mark" if point.is_of_run else "bar"))
        parts.append(element("circle", cx=x, cy=y, r=5 if point.is_of_run else 3.5, class_=_kind(point)))
    if alone is not None:
        x, y = x_axis.at(alone.x), y_axis.at(alone.y.value)
        parts.append(element("rect", x=x - 5, y=y - 5, width=10, height=10, class_="bad"))
    return picture(HEIGHT, title, [*parts, *_key(has_alone=alone is not None)])


def _kind(point: CurvePoint) -> str:
    return "mark" if point.is_of_run else "plain"


def _key(*, has_alone: bool) -> list[str]:
    y = 46
    parts = [
        element("circle", cx=22, cy=y - 4, r=3.5, class_="plain"),
        text(32, y, "a threshold, rising along the line", class_="faint"),
        element("circle", cx=242, cy=y - 4, r=5, class_="mark"),
        text(252, y, "that of the run", class_="faint"),
        line(352, y - 10, 352, y + 2, class_="bar"),
        text(360, y, "95 % interval over cases", class_="faint"),
    ]
    if has_alone:
        parts += [
            element("rect", x=522, y=y - 9, width=10, height=10, class_="bad"),
            text(538, y, "the larger model alone", class_="faint"),
        ]
    return parts
