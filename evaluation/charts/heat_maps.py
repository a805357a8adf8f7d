"""The specification of a heat map: values as shades, with their numbers in them."""

from typing import Any

import altair as alt

from evaluation.charts.frame import Text, data_of, fill, framed, label_layers, rows_left_out, x_pixels, y_pixels
from evaluation.charts.grid_chart import HeatCell, HeatMapChart
from evaluation.charts.key import placed_key
from evaluation.charts.layouts import HEAT_NARROW_ROW, HEAT_ROW, LETTERS, heat_columns, layout
from evaluation.charts.paper import MOST_ROWS, clipped
from evaluation.charts.row_labels import label_fields, label_lines
from evaluation.charts.theme import GRID, INK, OPPOSITE_SHADES, PAPER, SHADES
from evaluation.charts.xml_text import xml_line


def heat_map_specification(chart: HeatMapChart, *, narrow: bool = False) -> dict[str, Any]:
    """Return the specification of a heat map."""
    shown = chart.rows[:MOST_ROWS]
    sizes = layout(chart, narrow=narrow)
    margins, height, n_columns = sizes.margins, sizes.height, heat_columns(chart, narrow=narrow)
    width = margins.width / max(1, n_columns)
    key = placed_key(sizes.key, margins)
    letters = [Text(LETTERS[i], width * (i + 0.5), -8, align="center", is_faint=False) for i in range(n_columns)]
    words = [*key.words, *letters, *rows_left_out(len(chart.rows) - len(shown), margins, height - 10)]
    layers = [*_layers(chart, n_columns, width, narrow=narrow), *_labels(chart, narrow=narrow), *key.signs]
    return framed(chart, layers, words, margins=margins, height=height, is_empty=not shown or not n_columns)


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
    return HEAT_NARROW_ROW * place + 28 if narrow else HEAT_ROW * (place + 0.5)


def _labels(chart: HeatMapChart, *, narrow: bool) -> list[alt.Chart]:
    names = label_lines([row.label for row in chart.rows[:MOST_ROWS]])
    rows = [
        {
            "px": 0 if narrow else -10,
            "py": _middle(place, narrow=narrow) - (17 if narrow else 0),
            **(label_fields((clipped(row.label, 44),)) if narrow else label_fields(names[place])),
        }
        for place, row in enumerate(chart.rows[:MOST_ROWS])
    ]
    return label_layers(alt.Chart(data_of(rows)).encode(x=x_pixels(), y=y_pixels()), narrow=narrow)
