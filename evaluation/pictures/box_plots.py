"""Box plots of each candidate's numbers: the middle half, the median and the tail, one row each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.formatting import quantity
from evaluation.pictures.frame import LABEL_RIGHT, LONGEST_LABEL, MOST_ROWS, ROW, across, left_out
from evaluation.pictures.scales import Scale, scale
from evaluation.pictures.svg import WIDTH, element, line, picture, text

TOP = 70
RIGHT = WIDTH - 214


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Values of one candidate."""

    label: str
    values: Sequence[float]
    """One value for each case; at least one."""


def draw_box_plots(spreads: Sequence[Spread], *, title: str, x_title: str) -> str:
    """Draw box plots; of very many candidates the first ones.

    Args:
        spreads: At least one.
        title: What it shows.
        x_title: What the numbers are, with their unit.
    """
    shown = spreads[:MOST_ROWS]
    bottom = TOP + ROW * len(shown)
    quantiles = [
        np.quantile(np.asarray(spread.values), (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)).tolist() for spread in shown
    ]
    axis = scale(
        (number for row_quantiles in quantiles for number in row_quantiles),
        begin=LABEL_RIGHT,
        end=RIGHT,
        floor=0.0,
        may_be_log=True,
    )
    unit = x_title + (" (logarithmic)" if axis.is_log else "")
    parts = across(axis, top=TOP - 6, bottom=bottom, title=unit)
    for place, (spread, row_quantiles) in enumerate(zip(shown, quantiles, strict=True)):
        parts += _row(spread, row_quantiles, axis, TOP + ROW * (place + 0.5))
    return picture(bottom + 46, title, [*parts, *_key(), *left_out(len(spreads) - len(shown), bottom + 34)])


def _row(spread: Spread, quantiles: Sequence[float], axis: Scale, y: float) -> list[str]:
    low, lower, median, upper, high, tail = map(axis.at, quantiles)
    p50, p95, p99 = (quantity(quantiles[place]) for place in (2, 4, 5))
    numbers = f"{p50} · {p95} · {p99} ({len(spread.values):,})"
    return [
        text(LABEL_RIGHT - 10, y + 4, spread.label, text_anchor="end", longest=LONGEST_LABEL),
        line(low, y, high, y, class_="bar"),
        line(low, y - 4, low, y + 4, class_="bar"),
        line(high, y - 6, high, y + 6, class_="bar"),
        element("rect", x=lower, y=y - 8, width=max(1.0, upper - lower), height=16, class_="box"),
        line(median, y - 8, median, y + 8, class_="mark", stroke_width=2),
        element("circle", cx=tail, cy=y, r=3, class_="plain"),
        text(RIGHT + 14, y + 4, numbers, class_="faint"),
    ]


def _key() -> list[str]:
    y = 46
    return [
        element("rect", x=16, y=y - 10, width=26, height=12, class_="box"),
        line(30, y - 10, 30, y + 2, class_="mark", stroke_width=2),
        text(50, y, "middle half and median", class_="faint"),
        line(190, y - 4, 214, y - 4, class_="bar"),
        text(220, y, "from p5 to p95", class_="faint"),
        element("circle", cx=322, cy=y - 4, r=3, class_="plain"),
        text(330, y, "p99", class_="faint"),
        text(RIGHT + 14, y, "p50 · p95 · p99 (cases)", class_="faint"),
    ]
