"""What all charts have in common: the paper, the title, axes, keys, and texts at a place.

A label is a value in the data of a chart, never the name of a field, part of an expression or Markdown: Vega interprets
the first two, and draws values as they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

import altair as alt

from evaluation.charts.kinds import Chart
from evaluation.charts.paper import NARROW_ROW, ROW, Margins, clipped
from evaluation.charts.scales import Scale
from evaluation.charts.theme import CONFIG, FAINT, INK
from evaluation.charts.xml_text import xml_line

_TITLE_LETTER_PX = 8.4
Align = Literal["left", "right", "center"]
Layer = alt.Chart | alt.LayerChart


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text at a place in pixels, from the upper left corner of the plotted area."""

    words: str
    x: float
    y: float
    """Its base line."""
    align: Align = "left"
    is_faint: bool = True
    longest: int = 115
    """Characters; a longer one loses its middle."""


def data_of(rows: Sequence[Mapping[str, Any]]) -> alt.InlineData:
    """Return data that is written in the chart itself, once for all layers that show it."""
    return alt.InlineData(values=[dict(row) for row in rows])


def longest_title(margins: Margins) -> int:
    """Return the characters of an axis' title for which there is room."""
    return 48 if margins.is_narrow else 90


def axis_of(scale: Scale, *, title: str | None = None, longest: int = 90) -> dict[str, Any]:
    """Return what the encoding of a quantitative axis takes, with a number at each of its ticks."""
    of_kind: dict[str, Any] = {"type": "log"} if scale.is_log else {"zero": False}
    return {
        "scale": alt.Scale(domain=[scale.low, scale.high], nice=False, **of_kind),
        "axis": alt.Axis(
            title=None if title is None else clipped(title, longest),
            values=scale.ticks(),
            format=",.6~g",
            labelOverlap=False,
        ),
    }


def x_pixels() -> alt.X:
    """Return the encoding of the field `px`, which holds a place in pixels."""
    return alt.X("px:Q", scale=None, axis=None)


def y_pixels() -> alt.Y:
    """Return the encoding of the field `py`, which holds a place in pixels."""
    return alt.Y("py:Q", scale=None, axis=None)


def x_pixel(x: float) -> alt.XValue:
    """Return the encoding of one place in pixels for all marks."""
    return alt.XValue(x)  # type: ignore[no-untyped-call]


def texts(parts: Sequence[Text]) -> Iterator[alt.Chart]:
    """Return a layer for all texts of one kind."""

    def kind(part: Text) -> tuple[bool, Align]:
        return part.is_faint, part.align

    for (is_faint, align), group in groupby(sorted(parts, key=kind), key=kind):
        rows = [{"words": clipped(part.words, part.longest), "px": part.x, "py": part.y} for part in group]
        size, color = (11, FAINT) if is_faint else (12, INK)
        mark = alt.Chart(data_of(rows)).mark_text(align=align, fontSize=size, color=color, baseline="alphabetic")
        yield mark.encode(text=alt.Text("words:N"), x=x_pixels(), y=y_pixels())


def sign(shape: str, x: float, y: float, *, size: float, inside: str | None = None, **look: Any) -> alt.Chart:
    """Return one sign of a key at a place in pixels, such as a `circle`, a `square` or a `stroke`.

    Args:
        shape: A shape of Vega's.
        x: Its middle, in pixels from the left edge of the plotted area.
        y: Its middle, in pixels from the upper edge.
        size: Square of its width in pixels.
        inside: Its colour inside; None: no filling.
        look: Other properties of the mark.
    """
    mark: dict[str, Any] = {"shape": shape, "size": size, "opacity": 1, "strokeWidth": 1, **look}
    filling: dict[str, Any] = {"filled": False} if inside is None else {"fill": inside}
    row = {"px": x, "py": y}
    point: alt.Chart = alt.Chart(data_of([row])).mark_point(**mark, **filling).encode(x=x_pixels(), y=y_pixels())
    return point


def fill(field: str) -> alt.Fill:
    """Return the encoding of a field that holds the colour of an area."""
    return alt.Fill(f"{field}:N", scale=None)


def stroke(field: str) -> alt.Stroke:
    """Return the encoding of a field that holds the colour of a line."""
    return alt.Stroke(f"{field}:N", scale=None)


def row_y(place: int, *, narrow: bool = False) -> float:
    """Return the pixel of the middle of what is drawn of a row."""
    return 6 + NARROW_ROW * place + 32 if narrow else 6 + ROW * (place + 0.5)


def row_texts(base: alt.Chart, margins: Margins) -> list[alt.Chart]:
    """Return the layers of what stands beside a row, or above it: the fields of its name, and `shown`."""
    narrow = margins.is_narrow
    place: dict[str, Any] = {"dy": -20} if narrow else {}
    label_x, shown_x = (0, margins.width) if narrow else (-10, margins.width + 14)
    return [
        *label_layers(base.encode(x=x_pixel(label_x)), narrow=narrow, dy=-20 if narrow else 0),
        base.mark_text(align="right" if narrow else "left", fontSize=11, color=FAINT, **place).encode(
            text=alt.Text("shown:N"), x=x_pixel(shown_x)
        ),
    ]


def label_layers(base: alt.Chart, *, narrow: bool, dy: float = 0) -> list[alt.Chart]:
    """Return the layers of the names beside rows, or above them on a narrow screen: see `label_fields`.

    Args:
        base: The rows at their places.
        narrow: Whether names stand above what is drawn.
        dy: Pixels from the place of a row down to the middle of its name.
    """
    align: Align = "left" if narrow else "right"
    return [
        base.mark_text(align=align, dy=dy + offset, fontSize=size, baseline="middle").encode(
            text=alt.Text(f"{field}:N")
        )
        for field, offset, size in (("label", 0, 12), ("upper", -6.5, 11), ("lower", 5.5, 11))
    ]


def rows_left_out(n: int, margins: Margins, height: int) -> list[Text]:
    """Return a line with the number of rows that are left out for want of room; empty where none is."""
    if n <= 0:
        return []
    return [Text(f"and {n:,} more in the table", margins.paper - 16 - margins.left, height + 34, align="right")]


def framed(
    chart: Chart, layers: Sequence[Layer], words: Sequence[Text], *, margins: Margins, height: int, is_empty: bool
) -> dict[str, Any]:
    """Return the specification of a chart on its paper.

    Args:
        chart: What it shows.
        layers: The lowest first.
        words: Texts above all layers.
        margins: Pixels around the plotted area.
        height: Pixels of the plotted area.
        is_empty: Whether there is nothing to show, which the chart then says.
    """
    title = {
        "words": clipped(chart.title, int((margins.paper - 32) / _TITLE_LETTER_PX)),
        "px": 16 - margins.left,
        "py": 26 - margins.top,
    }
    heading = (
        alt.Chart(data_of([title]))
        .mark_text(align="left", fontSize=14, fontWeight=600, color=INK, baseline="alphabetic")
        .encode(text=alt.Text("words:N"), x=x_pixels(), y=y_pixels())
    )
    nothing = [Text("nothing to show", margins.width / 2, height / 2 + 4, align="center")] if is_empty else []
    specification: dict[str, Any] = (
        alt.layer(heading, *layers, *texts([*words, *nothing]))
        .properties(
            description=xml_line(chart.description),
            width=margins.width,
            height=height,
            autosize=alt.AutoSizeParams(type="none"),
            padding={"left": margins.left, "right": margins.right, "top": margins.top, "bottom": margins.bottom},
        )
        .to_dict(validate=False)
    )
    return {**specification, "config": dict(CONFIG)}
