"""Scatter plots of quality against cost: one point for each candidate, and the Pareto frontier."""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.pictures.frame import PlottedNumber, across, upwards
from evaluation.pictures.scales import ANY, Scale, scale
from evaluation.pictures.svg import LETTER_PX, WIDTH, element, line, picture, text

HEIGHT = 410
LEFT, RIGHT, TOP, BOTTOM = 62, WIDTH - 24, 88, HEIGHT - 64
LONGEST_LABEL = 34
"""Characters of a label; the table has the full name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A candidate at two numbers."""

    label: str
    x: PlottedNumber
    """Cost of the candidate: less is better."""
    y: PlottedNumber
    """Benefit of the candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other: "_Box") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    @property
    def is_on_paper(self) -> bool:
        return self.left >= LEFT and self.right <= WIDTH - 6 and self.top >= TOP - 14 and self.bottom <= BOTTOM


def frontier(points: Sequence[Point], *, higher_is_better: bool = True) -> list[Point]:
    """Return the Pareto frontier: the points that no other is both better and cheaper than, cheapest first.

    By their values alone, without intervals.
    """
    sign = 1 if higher_is_better else -1
    front: list[Point] = []
    for point in sorted(points, key=lambda point: (point.x.value, -sign * point.y.value)):
        if not front or sign * point.y.value > sign * front[-1].y.value:
            front.append(point)
    return front


def draw_scatter_plot(
    points: Sequence[Point],
    *,
    title: str,
    x_title: str,
    y_title: str,
    higher_is_better: bool = True,
    y_range: tuple[float, float] = ANY,
) -> str:
    """Draw value against cost.

    Args:
        points: At least one.
        title: What it shows.
        x_title: The cost of a candidate, with its unit.
        y_title: Its value, with its unit.
        higher_is_better: For the value.
        y_range: Bounds that no value can exceed.
    """
    x_axis = scale((end for point in points for end in point.x.ends), begin=LEFT, end=RIGHT, floor=0.0, may_be_log=True)
    floor, cap = y_range
    y_axis = scale((end for point in points for end in point.y.ends), begin=BOTTOM, end=TOP, floor=floor, cap=cap)
    best = frontier(points, higher_is_better=higher_is_better)
    parts = [
        *across(x_axis, top=TOP, bottom=BOTTOM, title=x_title + (" (logarithmic)" if x_axis.is_log else "")),
        *upwards(y_axis, left=LEFT, right=RIGHT, title=y_title),
        _front(best, x_axis, y_axis),
        *(part for point in points for part in _cross(point, x_axis, y_axis, is_best=point in best)),
        *_labels([*best, *(point for point in points if point not in best)], x_axis, y_axis),
        *_key(),
    ]
    return picture(HEIGHT, title, parts)


def _front(best: Sequence[Point], x_axis: Scale, y_axis: Scale) -> str:
    """Return the frontier as steps: between two points, none is known to be better than the cheaper one."""
    steps: list[str] = []
    for point in best:
        x, y = x_axis.at(point.x.value), y_axis.at(point.y.value)
        steps += [f"H{x:.1f}V{y:.1f}" if steps else f"M{x:.1f} {y:.1f}"]
    return element("path", d="".join([*steps, f"H{RIGHT}"]), class_="front")


def _cross(point: Point, x_axis: Scale, y_axis: Scale, *, is_best: bool) -> list[str]:
    """Return a dot with error bars in both directions."""
    x, y = x_axis.at(point.x.value), y_axis.at(point.y.value)
    (left, right), (low, high) = map(x_axis.at, point.x.ends), map(y_axis.at, point.y.ends)
    kind = "mark" if is_best else "bar"
    return [
        line(left, y, right, y, class_=kind),
        line(x, low, x, high, class_=kind),
        element("circle", cx=x, cy=y, r=5, class_="mark" if is_best else "plain"),
    ]


def _labels(points: Sequence[Point], x_axis: Scale, y_axis: Scale) -> list[str]:
    """Return a name at each dot that has room for one; earlier ones choose first."""
    dots = [(x_axis.at(point.x.value), y_axis.at(point.y.value)) for point in points]
    taken = [_Box(left=x - 6, top=y - 6, right=x + 6, bottom=y + 6) for x, y in dots]
    parts: list[str] = []
    for point, (x, y) in zip(points, dots, strict=True):
        width = min(len(point.label), LONGEST_LABEL) * LETTER_PX
        for left, base in _places(x, y, width):
            box = _Box(left=left, top=base - 11, right=left + width, bottom=base + 3)
            if box.is_on_paper and not any(box.touches(other) for other in taken):
                taken.append(box)
                parts.append(text(left, base, point.label, longest=LONGEST_LABEL))
                break
    return parts


def _places(x: float, y: float, width: float) -> list[tuple[float, float]]:
    """Return the candidate positions of a name, best first."""
    return [
        (x + 9, y - 6),
        (x + 9, y + 15),
        (x - 9 - width, y - 6),
        (x - 9 - width, y + 15),
        (x - width / 2, y - 14),
        (x - width / 2, y + 24),
        (x + 9, y - 22),
        (x + 9, y + 31),
        (x - 9 - width, y - 22),
        (x - 9 - width, y + 31),
    ]


def _key() -> list[str]:
    y = 46
    return [
        element("circle", cx=22, cy=y - 4, r=5, class_="mark"),
        line(30, y - 4, 52, y - 4, class_="front"),
        text(58, y, "no candidate is better and cheaper", class_="faint"),
        element("circle", cx=232, cy=y - 4, r=5, class_="plain"),
        text(242, y, "somebody is", class_="faint"),
        line(320, y - 4, 342, y - 4, class_="bar"),
        text(348, y, "95 % interval over cases", class_="faint"),
    ]
