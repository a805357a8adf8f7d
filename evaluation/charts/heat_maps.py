"""The specification of a heat map: values as shades, with their numbers in them."""

from typing import Any

import altair as alt

from evaluation.charts.frame import (
    LABEL_PX,
    MOST_ROWS,
    Margins,
    Text,
    clipped,
    data_of,
    fill,
    framed,
    rows_left_out,
    x_pixels,
    y_pixels,
)
from evaluation.charts.grid_chart import HeatCell, HeatMapChart
from evaluation.charts.key import LINE, KeyPart, key_lines, placed_key
from evaluation.charts.theme import GRID, INK, NARROW, OPPOSITE_SHADES, PAPER, SHADES, WIDTH
from evaluation.charts.xml_text import xml_line

LETTERS = "ABCDEFGHIJ"
"""Stand for the columns, whose names are too long to stand above them."""
MOST_NARROW_COLUMNS = 6
_ROW, _NARROW_ROW = 26, 40


def heat_map_specification(chart: HeatMapChart, *, narrow: bool = False) -> dict[str, Any]:
    """Return the specification of a heat map."""
    shown = chart.rows[:MOST_ROWS]
    n_columns = min(len(chart.columns), MOST_NARROW_COLUMNS if narrow else len(LETTERS))
    parts = _key(chart, n_columns)
    paper = NARROW if narrow else WIDTH
    top = 68 + LINE * key_lines(parts, paper)
    margins = Margins(left=16 if narrow else LABEL_PX, right=16, top=top, bottom=36, paper=paper)
    height = (_NARROW_ROW if narrow else _ROW) * max(1, len(shown))
    width = margins.width / max(1, n_columns)
    key = placed_key(parts, margins)
    letters = [Text(LETTERS[i], width * (i + 0.5), -8, align="center", is_faint=False) for i in range(n_columns)]
    words = [*key.words, *letters, *rows_left_out(len(chart.rows) - len(shown), margins, height - 10)]
    layers = [*_layers(chart, n_columns, width, narrow=narrow), *_labels(chart, narrow=narrow), *key.signs]
    return framed(chart, layers, words, margins=margins, height=height, is_empty=not shown or not n_columns)


def _key(chart: HeatMapChart, n_columns: int) -> list[KeyPart]:
    parts = [
        KeyPart(words=name, shape=letter) for letter, name in zip(LETTERS, chart.columns[:n_columns], strict=False)
    ]
    parts.append(KeyPart(words=chart.shade_words, shape="square", inside=SHADES[-1], stroke=SHADES[-1]))
    if any(cell is not None and cell.shade < 0 for row in chart.rows for cell in row.cells):
        parts.append(
            KeyPart(words="below zero", shape="square", inside=OPPOSITE_SHADES[-1], stroke=OPPOSITE_SHADES[-1])
        )
    if left := len(chart.columns) - n_columns:
        parts.append(KeyPart(words=f"and {left:,} more in the table", shape="…"))
    return parts


def _layers(chart: HeatMapChart, n_columns: int, width: float, *, narrow: bool) -> list[alt.Chart]:
    letters = int((width - 6) / 6.4)
    rows = [
        {
            "px": width * (column + 0.5),
            "py": _middle(place, narrow=narrow),
            "fill": PAPER if cell is None else _shade(cell),
            "words": "–" if cell is None else _whole(cell.shown, letters),
        }
        for place, row in enumerate(chart.rows[:MOST_ROWS])
        for column, cell in enumerate(row.cells[:n_columns])
    ]
    base = alt.Chart(data_of(rows)).encode(x=x_pixels(), y=y_pixels())
    half = round(width / 2) - 1
    shape = f"M{-half},-11H{half}V11H{-half}Z"
    return [
        base.mark_point(shape=shape, size=4, opacity=1, stroke=GRID, strokeWidth=1).encode(fill=fill("fill")),
        base.mark_text(align="center", baseline="middle", fontSize=11, color=INK).encode(text=alt.Text("words:N")),
    ]


def _whole(shown: str, letters: int) -> str:
    """Return a number on one line; nothing where it has no room, since a part of it would be another number."""
    line = xml_line(shown)
    return line if len(line) <= letters else ""


def _shade(cell: HeatCell) -> str:
    shades = OPPOSITE_SHADES if cell.shade < 0 else SHADES
    return shades[min(len(shades) - 1, int(abs(cell.shade) * len(shades)))]


def _middle(place: int, *, narrow: bool) -> float:
    return _NARROW_ROW * place + 28 if narrow else _ROW * (place + 0.5)


def _labels(chart: HeatMapChart, *, narrow: bool) -> list[alt.Chart]:
    rows = [
        {
            "px": 0 if narrow else -10,
            "py": _middle(place, narrow=narrow) - (17 if narrow else 0),
            "label": clipped(row.label, 44 if narrow else 27),
        }
        for place, row in enumerate(chart.rows[:MOST_ROWS])
    ]
    base = alt.Chart(data_of(rows)).mark_text(align="left" if narrow else "right", baseline="middle", fontSize=12)
    return [base.encode(text=alt.Text("label:N"), x=x_pixels(), y=y_pixels())]
