"""The specification of parallel coordinates: combinations of parameters as lines, the last axis being the score."""

from typing import Any

import altair as alt

from evaluation.charts.frame import Text, data_of, framed, stroke, x_pixels, y_pixels
from evaluation.charts.grid_chart import ParallelAxis, ParallelChart, ParallelLine
from evaluation.charts.key import placed_key
from evaluation.charts.layouts import MOST_LINES, PARALLEL_HEIGHT, layout, most_axes
from evaluation.charts.scales import Scale, scale
from evaluation.charts.theme import AXIS, GRID, MARK
from evaluation.formatting import quantity

MOST_VALUES = 14
"""Values of an axis that have a label."""


def parallel_specification(chart: ParallelChart, *, narrow: bool = False) -> dict[str, Any]:
    """Return the specification of parallel coordinates."""
    sizes = layout(chart, narrow=narrow)
    margins, axes = sizes.margins, chart.axes[: most_axes(narrow=narrow)]
    lines = chart.lines[:MOST_LINES]
    score = scale((line.score.value for line in lines), begin=PARALLEL_HEIGHT, end=0)
    width = margins.width / max(1, len(axes))
    key = placed_key(sizes.key, margins)
    words = [*key.words, *_words(chart, axes, score, width)]
    layers = [*_layers(axes, lines, score, width), *key.signs]
    return framed(chart, layers, words, margins=margins, height=PARALLEL_HEIGHT, is_empty=not lines)


def _value_y(place: int, axis: ParallelAxis) -> float:
    n = len(axis.values)
    return PARALLEL_HEIGHT / 2 if n == 1 else PARALLEL_HEIGHT * (1 - place / (n - 1))


def _layers(
    axes: tuple[ParallelAxis, ...], lines: tuple[ParallelLine, ...], score: Scale, width: float
) -> list[alt.Chart]:
    posts = [{"px": width * i, "py": 0, "base": PARALLEL_HEIGHT} for i in range(len(axes) + 1)]
    ways = [
        {
            "line": rank,
            "px": width * i,
            "py": y,
            "color": MARK if line.is_marked else AXIS,
            "opacity": 0.9 if line.is_marked else 0.45,
        }
        for rank, line in reversed(list(enumerate(lines)))
        for i, y in enumerate([*map(_value_y, line.places, axes), score.at(line.score.value)])
    ]
    order = alt.Order("px:Q")
    base = alt.Chart(data_of(ways)).encode(x=x_pixels(), y=y_pixels(), stroke=stroke("color"))
    return [
        alt.Chart(data_of(posts))
        .mark_rule(color=GRID, strokeWidth=2)
        .encode(x=x_pixels(), y=y_pixels(), y2=alt.Y2("base")),
        *(
            base.transform_filter(f"datum.color == '{color}'")
            .mark_line(strokeWidth=1.5 if color == MARK else 1, strokeOpacity=0.9 if color == MARK else 0.5)
            .encode(detail=alt.Detail("line:O"), order=order)
            for color in (AXIS, MARK)
        ),
    ]


def _words(chart: ParallelChart, axes: tuple[ParallelAxis, ...], score: Scale, width: float) -> list[Text]:
    letters = max(6, int(width / 7) - 1)
    texts = [Text(axis.name, width * i, -24, is_faint=False, longest=letters) for i, axis in enumerate(axes)]
    for i, axis in enumerate(axes):
        every = -(-len(axis.values) // MOST_VALUES)
        texts += [
            Text(value, width * i + 5, _value_y(place, axis) - 5, longest=letters)
            for place, value in enumerate(axis.values)
            if place % every == 0
        ]
    end = width * len(axes)
    texts.append(Text(chart.score_title, end + 58, -24, align="right", is_faint=False, longest=max(12, letters)))
    texts += [Text(quantity(value), end + 8, score.at(value) + 4) for value in score.ticks()]
    return texts
