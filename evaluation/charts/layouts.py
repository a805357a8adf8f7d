"""How large a chart will be: its margins, its height and its key, which pages leave room for before it is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import singledispatch
from textwrap import wrap
from typing import Protocol

from evaluation.charts.chart import BoxChart, CascadeChart, IntervalChart, QualityCostChart, TrendChart, TrendLine
from evaluation.charts.curve_chart import LabelledLine, LineChart
from evaluation.charts.grid_chart import HeatMapChart, HistogramChart, ParallelChart
from evaluation.charts.key_parts import LINE, KeyPart, key_lines
from evaluation.charts.kinds import Chart
from evaluation.charts.paper import MOST_ROWS, Margins, row_margins, rows_height
from evaluation.charts.row_labels import label_px
from evaluation.charts.theme import AXIS, BAD, FAINT, MARK, NARROW, OPPOSITE_SHADES, PAPER, SERIES, SHADES, WIDTH
from evaluation.escaping import one_line

LINES_HEIGHT, PARALLEL_HEIGHT, QUALITY_HEIGHT = 240, 250, 258
SHAPES = ("circle", "square", "diamond", "triangle-up", "triangle-down", "triangle-right", "triangle-left", "cross")
"""A shape for each colour, so that lines are told apart without it."""
LETTERS = "ABCDEFGHIJ"
"""Stand for the columns, whose names are too long to stand above them."""
MOST_NARROW_COLUMNS = 6
HEAT_ROW, HEAT_NARROW_ROW = 26, 40
MOST_LINES = 300
MOST_AXES, MOST_NARROW_AXES = 7, 3
MOST_HISTOGRAMS = 12
HISTOGRAM_ROW, HISTOGRAM_NARROW_ROW = 46, 66
NARROW_LEFT = 56
"""Pixels for the numbers of a vertical axis on a narrow screen, as long as `1.25e+6`."""
SUBTITLE_LINE, NARROW_LETTERS = 18, 50
"""Pixels of a line of the subtitle, and its letters on a narrow screen."""
OTHER_WEIGHTS = "other weights than before"
"""What the mark of a changed digest means."""
KEY_LINE = 18
"""Pixels of a line of the key of a quality-cost chart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The geometry of a chart."""

    margins: Margins
    height: int
    """Pixels of the plotted area."""
    key: tuple[KeyPart, ...] = ()
    """The parts of a key that flows."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the whole picture in pixels."""
        return self.margins.paper, self.margins.top + self.height + self.margins.bottom


TRENDS = Layout(margins=Margins(left=62, right=210, top=74, bottom=44), height=182)
CASCADE = Layout(margins=Margins(left=62, right=24, top=88, bottom=64), height=228)


@singledispatch
def _layout(chart: object, *, narrow: bool) -> Layout:
    raise TypeError(f"a {type(chart).__name__} is no chart")


def layout(chart: Chart, *, narrow: bool = False) -> Layout:
    """Return the geometry of a chart.

    Args:
        chart: What to show.
        narrow: For a narrow screen.
    """
    return _layout(chart, narrow=narrow)


@_layout.register
def _(chart: IntervalChart, *, narrow: bool) -> Layout:
    top = 46 + SUBTITLE_LINE * len(subtitle_lines(chart, narrow=narrow))
    return Layout(
        margins=row_margins(Margins(left=_label_px(chart.rows), right=176, top=top, bottom=46), narrow=narrow),
        height=rows_height(len(chart.rows[:MOST_ROWS]), narrow=narrow),
    )


@_layout.register
def _(chart: BoxChart, *, narrow: bool) -> Layout:
    top = 84 if narrow else 64
    return Layout(
        margins=row_margins(Margins(left=_label_px(chart.rows), right=214, top=top, bottom=46), narrow=narrow),
        height=rows_height(len(chart.rows[:MOST_ROWS]), narrow=narrow),
    )


@_layout.register
def _(chart: QualityCostChart, *, narrow: bool) -> Layout:
    margins = Margins(left=62, right=24, top=88, bottom=64)
    if narrow:
        margins = replace(margins, left=NARROW_LEFT, right=16, top=margins.top + 2 * KEY_LINE, paper=NARROW)
    return Layout(margins=margins, height=QUALITY_HEIGHT)


@_layout.register
def _(chart: TrendChart, *, narrow: bool) -> Layout:
    return _below_key(TRENDS, _trend_key(chart), narrow=True) if narrow else TRENDS


@_layout.register
def _(chart: CascadeChart, *, narrow: bool) -> Layout:
    return _below_key(CASCADE, _cascade_key(chart), narrow=narrow)


def _below_key(usual: Layout, key: Sequence[KeyPart], *, narrow: bool) -> Layout:
    """Return the geometry with a key that flows above what is plotted."""
    margins = replace(usual.margins, left=NARROW_LEFT, right=16, paper=NARROW) if narrow else usual.margins
    top = 70 + LINE * max(1, key_lines(key, margins.paper))
    return Layout(margins=replace(margins, top=top), height=usual.height, key=tuple(key))


@_layout.register
def _(chart: LineChart, *, narrow: bool) -> Layout:
    paper, key = _paper(narrow=narrow), _line_key(chart, drawn_lines(chart))
    top = 68 + LINE * max(1, key_lines(key, paper))
    margins = Margins(left=NARROW_LEFT if narrow else 62, right=24, top=top, bottom=46, paper=paper)
    return Layout(margins=margins, height=LINES_HEIGHT, key=tuple(key))


@_layout.register
def _(chart: HeatMapChart, *, narrow: bool) -> Layout:
    paper, key = _paper(narrow=narrow), _heat_key(chart, heat_columns(chart, narrow=narrow))
    margins = Margins(
        left=16 if narrow else _label_px(chart.rows),
        right=16,
        top=68 + LINE * key_lines(key, paper),
        bottom=36,
        paper=paper,
    )
    height = (HEAT_NARROW_ROW if narrow else HEAT_ROW) * max(1, len(chart.rows[:MOST_ROWS]))
    return Layout(margins=margins, height=height, key=tuple(key))


@_layout.register
def _(chart: HistogramChart, *, narrow: bool) -> Layout:
    left, right = (16, 16) if narrow else (_label_px(chart.rows[:MOST_HISTOGRAMS]), 130)
    row = HISTOGRAM_NARROW_ROW if narrow else HISTOGRAM_ROW
    return Layout(
        margins=Margins(left=left, right=right, top=46, bottom=46, paper=_paper(narrow=narrow)),
        height=row * max(1, len(chart.rows[:MOST_HISTOGRAMS])) + 6,
    )


@_layout.register
def _(chart: ParallelChart, *, narrow: bool) -> Layout:
    n_axes, n_lines = len(chart.axes[: most_axes(narrow=narrow)]), len(chart.lines[:MOST_LINES])
    paper, key = _paper(narrow=narrow), _parallel_key(chart, n_axes, n_lines)
    margins = Margins(left=24, right=66, top=90 + LINE * key_lines(key, paper), bottom=24, paper=paper)
    return Layout(margins=margins, height=PARALLEL_HEIGHT, key=tuple(key))


class _Labelled(Protocol):
    @property
    def label(self) -> str: ...


def _label_px(rows: Sequence[_Labelled]) -> int:
    return label_px([row.label for row in rows[:MOST_ROWS]])


def _paper(*, narrow: bool) -> int:
    return NARROW if narrow else WIDTH


def drawn_lines(chart: LineChart) -> list[LabelledLine]:
    """Return the lines for which there are colours."""
    return [line for line in chart.lines if line.points][: len(SERIES)]


def drawn_trends(chart: TrendChart) -> list[TrendLine]:
    """Return the candidates' lines for which there are colours."""
    return [line for line in chart.lines if line.points][: len(SERIES)]


def heat_columns(chart: HeatMapChart, *, narrow: bool) -> int:
    """Return how many columns a heat map shows."""
    return min(len(chart.columns), MOST_NARROW_COLUMNS if narrow else len(LETTERS))


def most_axes(*, narrow: bool) -> int:
    """Return how many axes parallel coordinates have beside the score."""
    return MOST_NARROW_AXES if narrow else MOST_AXES


def subtitle_lines(chart: IntervalChart, *, narrow: bool) -> list[str]:
    """Return the lines of the subtitle: on a narrow screen two at most."""
    if not chart.subtitle:
        return []
    return wrap(one_line(chart.subtitle), NARROW_LETTERS)[:2] if narrow else [chart.subtitle]


def _line_key(chart: LineChart, lines: list[LabelledLine]) -> list[KeyPart]:
    parts = [
        KeyPart(words=line.label, shape=SHAPES[rank], inside=SERIES[rank], stroke=SERIES[rank])
        for rank, line in enumerate(lines)
    ]
    if chart.hollow_words:
        parts.append(KeyPart(words=chart.hollow_words, shape="circle", inside=PAPER, stroke=AXIS))
    kinds = {each.kind for each in chart.happenings}
    if "change" in kinds:
        parts.append(KeyPart(words="other weights or another server", shape="stroke", stroke=FAINT, size=140, angle=90))
    if "alert" in kinds:
        parts.append(KeyPart(words="alert", shape="triangle-down", inside=BAD, stroke=BAD))
    if chart.has_diagonal:
        parts.append(KeyPart(words="as sure as right", shape="stroke", stroke=AXIS, size=140))
    return parts + _rest(len(chart.lines) - len(lines))


def _trend_key(chart: TrendChart) -> list[KeyPart]:
    lines = drawn_trends(chart)
    parts = [
        KeyPart(words=line.label, shape="circle", inside=SERIES[rank], stroke=SERIES[rank], size=50)
        for rank, line in enumerate(lines)
    ]
    if any(point.is_changed for line in lines for point in line.points):
        parts.append(KeyPart(words=OTHER_WEIGHTS, shape="square", inside=PAPER, stroke=AXIS, size=64))
    return parts + _rest(sum(bool(line.points) for line in chart.lines) - len(lines))


def _rest(n: int) -> list[KeyPart]:
    """Return the part that counts what is not drawn; none where all is."""
    return [KeyPart(words=f"and {n:,} more in the table", shape="…")] if n else []


def _cascade_key(chart: CascadeChart) -> list[KeyPart]:
    parts = [
        KeyPart(words="a threshold, rising on the line", shape="circle", inside=PAPER, stroke=AXIS, size=49),
        KeyPart(words="that of the run", shape="circle", inside=MARK, stroke=MARK, size=100),
        KeyPart(words="95 % interval over cases", shape="stroke", stroke=AXIS, size=144, angle=90),
    ]
    alone = KeyPart(words="the larger model alone", shape="square", inside=BAD, stroke=BAD, size=100)
    return parts if chart.alone is None else [*parts, alone]


def _heat_key(chart: HeatMapChart, n_columns: int) -> list[KeyPart]:
    parts = [
        KeyPart(words=name, shape=letter) for letter, name in zip(LETTERS, chart.columns[:n_columns], strict=False)
    ]
    parts.append(KeyPart(words=chart.shade_words, shape="square", inside=SHADES[-1], stroke=SHADES[-1]))
    if any(cell is not None and cell.shade < 0 for row in chart.rows for cell in row.cells):
        parts.append(
            KeyPart(words="below zero", shape="square", inside=OPPOSITE_SHADES[-1], stroke=OPPOSITE_SHADES[-1])
        )
    return parts + _rest(len(chart.columns) - n_columns)


def _parallel_key(chart: ParallelChart, n_axes: int, n_lines: int) -> list[KeyPart]:
    parts = [
        KeyPart(words="may be the best", shape="stroke", stroke=MARK, size=140),
        KeyPart(words="another one is better", shape="stroke", stroke=AXIS, size=140),
    ]
    if left := len(chart.axes) - n_axes:
        parts.append(KeyPart(words=f"{left:,} more parameters in the table", shape="…"))
    if left := len(chart.lines) - n_lines:
        parts.append(KeyPart(words=f"{left:,} more combinations in the table", shape="…"))
    return parts
