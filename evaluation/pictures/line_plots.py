"""Line plots of values from run to run: one line for each candidate, with intervals and marks at changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.pictures.frame import PlottedNumber, upwards
from evaluation.pictures.scales import ANY, Scale, scale
from evaluation.pictures.svg import SERIES, WIDTH, element, line, picture, text

HEIGHT = 300
LEFT, RIGHT, TOP, BOTTOM = 62, WIDTH - 210, 74, HEIGHT - 44
APART_PX = 7
"""Pixels between two candidates of one run, so that their intervals do not overlap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateLine:
    """Line of one candidate across runs."""

    label: str
    values: Mapping[int, PlottedNumber]
    """Values by the index of the run; a run without a value is missing."""
    changed: frozenset[int] = frozenset()
    """Indices of runs from which on the candidate had changed."""


def draw_line_plots(
    lines: Sequence[CandidateLine],
    moments: Sequence[str],
    *,
    title: str,
    y_title: str,
    y_range: tuple[float, float] = ANY,
) -> str:
    """Draw a line for each candidate, as many as there are colours.

    Args:
        lines: At least one, with at least one value each.
        moments: The label below each run, the oldest first.
        title: What it shows.
        y_title: What the values are, with their unit.
        y_range: Bounds that no value can exceed.
    """
    shown = lines[: len(SERIES)]
    floor, cap = y_range
    ends = [end for plotted in shown for value in plotted.values.values() for end in value.ends]
    axis = scale(ends, begin=BOTTOM, end=TOP, floor=floor, cap=cap)
    parts = [*upwards(axis, left=LEFT, right=RIGHT, title=y_title), *_moments(moments)]
    for place, plotted in enumerate(shown):
        shift = (place - (len(shown) - 1) / 2) * APART_PX
        parts += _candidate_line(plotted, axis, len(moments), shift=shift, colour=SERIES[place])
    parts += _names(shown, axis, len(moments))
    if any(plotted.changed for plotted in shown):
        parts += [
            element("rect", x=RIGHT + 14, y=BOTTOM + 4, width=8, height=8, class_="plain"),
            text(RIGHT + 28, BOTTOM + 12, "other weights than before", class_="faint"),
        ]
    return picture(HEIGHT, title, parts)


def _x(place: int, n: int) -> float:
    return LEFT + (RIGHT - LEFT) * (place + 0.5) / n


def _moments(moments: Sequence[str]) -> list[str]:
    """Return the labels of the moments for which there is room."""
    every = -(-len(moments) * 76 // (RIGHT - LEFT))
    places = range(len(moments) - 1, -1, -every)
    return [
        text(_x(place, len(moments)), BOTTOM + 18, moments[place], class_="faint", text_anchor="middle")
        for place in places
    ]


def _candidate_line(plotted: CandidateLine, axis: Scale, n: int, *, shift: float, colour: str) -> list[str]:
    dots = [(_x(place, n) + shift, value, place in plotted.changed) for place, value in sorted(plotted.values.items())]
    way = "".join(f"{'L' if i else 'M'}{x:.1f} {axis.at(value.value):.1f}" for i, (x, value, _) in enumerate(dots))
    parts = [element("path", d=way, fill="none", stroke=colour, stroke_width=1.5)]
    for x, value, is_changed in dots:
        low, high = map(axis.at, value.ends)
        y = axis.at(value.value)
        parts.append(line(x, low, x, high, stroke=colour, stroke_opacity=0.6))
        if is_changed:
            parts.append(
                element("rect", x=x - 5, y=y - 5, width=10, height=10, class_="plain", style=f"stroke:{colour}")
            )
        else:
            parts.append(element("circle", cx=x, cy=y, r=4, fill=colour))
    return parts


def _names(shown: Sequence[CandidateLine], axis: Scale, n: int) -> list[str]:
    """Return the names at the right, each at the height of its last value, without overlaps."""
    lasts = sorted(
        (axis.at(plotted.values[max(plotted.values)].value), place, plotted.label)
        for place, plotted in enumerate(shown)
    )
    parts: list[str] = []
    y = TOP - 16.0
    room = BOTTOM - 2 - 16 * (len(lasts) - 1)
    for rank, (last_y, place, label) in enumerate(lasts):
        y = min(max(last_y, y + 16), room + 16 * rank)
        parts += [
            element("circle", cx=RIGHT + 18, cy=y, r=4, fill=SERIES[place]),
            text(RIGHT + 28, y + 4, label, longest=24),
        ]
    return parts
