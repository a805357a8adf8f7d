"""The specification of a box chart: the middle half, the median and the tail of each candidate, one row each."""

from typing import Any

import altair as alt

from evaluation.charts.chart import BoxChart, BoxRow
from evaluation.charts.frame import (
    KEY_Y,
    LABEL_PX,
    LONGEST_LABEL,
    MOST_ROWS,
    Margins,
    Text,
    axis_of,
    clipped,
    data_of,
    framed,
    row_y,
    rows_height,
    rows_left_out,
    sign,
    x_pixel,
    y_pixels,
)
from evaluation.charts.scales import Scale, scale
from evaluation.charts.theme import AXIS, BOX, FAINT, MARK, PAPER
from evaluation.formatting import quantity

MARGINS = Margins(left=LABEL_PX, right=214, top=64, bottom=46)
_QUANTILES = ("p5", "p25", "p50", "p75", "p95", "p99")


def box_specification(chart: BoxChart) -> dict[str, Any]:
    """Return the specification of a box chart."""
    shown = chart.rows[:MOST_ROWS]
    height = rows_height(len(shown))
    numbers = (getattr(row, name) for row in shown for name in _QUANTILES)
    axis = scale(numbers, begin=0, end=MARGINS.width, floor=0.0, may_be_log=True)
    words = [*_key_words(), *rows_left_out(len(chart.rows) - len(shown), MARGINS, height)]
    layers = [*_layers(shown, axis, chart.x_title), *_key_signs()]
    return framed(chart, layers, words, margins=MARGINS, height=height, is_empty=not shown)


def _layers(rows: tuple[BoxRow, ...], axis: Scale, x_title: str) -> list[alt.Chart]:
    base = alt.Chart(data_of([_values(row, axis, place) for place, row in enumerate(rows)])).encode(y=y_pixels())
    x = alt.X("p50:Q", **axis_of(axis, title=x_title + (" (logarithmic)" if axis.is_log else "")))
    upright: dict[str, Any] = {"orient": "vertical", "opacity": 1}
    return [
        base.mark_rule(color=AXIS).encode(x=alt.X("p5:Q"), x2=alt.X2("p95")),
        base.mark_tick(color=AXIS, thickness=1, size=8, **upright).encode(x=alt.X("p5:Q")),
        base.mark_tick(color=AXIS, thickness=1, size=12, **upright).encode(x=alt.X("p95:Q")),
        base.mark_bar(fill=BOX, stroke=MARK, strokeWidth=1, height=16).encode(x=alt.X("p25:Q"), x2=alt.X2("p75")),
        base.mark_tick(color=MARK, thickness=2, size=16, **upright).encode(x=x),
        base.mark_circle(size=36, fill=PAPER, stroke=AXIS, strokeWidth=1, opacity=1).encode(x=alt.X("p99:Q")),
        base.mark_text(align="right").encode(text=alt.Text("label:N"), x=x_pixel(-10)),
        base.mark_text(align="left", fontSize=11, color=FAINT).encode(
            text=alt.Text("shown:N"), x=x_pixel(axis.end + 14)
        ),
    ]


def _values(row: BoxRow, axis: Scale, place: int) -> dict[str, Any]:
    return {
        "py": row_y(place),
        "label": clipped(row.label, LONGEST_LABEL),
        "shown": f"{quantity(row.p50)} · {quantity(row.p95)} · {quantity(row.p99)} ({row.n_cases:,})",
        **{name: axis.inside(getattr(row, name)) for name in _QUANTILES},
    }


def _key_words() -> list[Text]:
    x, y = -MARGINS.left, KEY_Y + 4 - MARGINS.top
    return [
        Text("middle half and median", x + 50, y),
        Text("from p5 to p95", x + 220, y),
        Text("p99", x + 330, y),
        Text("p50 · p95 · p99 (cases)", MARGINS.width + 14, y),
    ]


def _key_signs() -> list[alt.Chart]:
    x, y = -MARGINS.left, KEY_Y - MARGINS.top
    return [
        sign("M-1,-.45H1V.45H-1Z", x + 30, y, size=680, inside=BOX, stroke=MARK),
        sign("stroke", x + 30, y, size=144, stroke=MARK, strokeWidth=2, angle=90),
        sign("stroke", x + 202, y, size=560, stroke=AXIS),
        sign("circle", x + 322, y, size=36, inside=PAPER, stroke=AXIS),
    ]
