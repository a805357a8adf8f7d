"""What charts of cells, bars and parallel axes show."""

from dataclasses import dataclass

from evaluation.charts.chart import PlottedNumber, Titled


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatCell:
    """A value as a shade."""

    shown: str
    """The value as text."""
    shade: float
    """How much it is: from 0 to 1, below zero to -1 in the opposite colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatRow:
    """A row of cells."""

    label: str
    cells: tuple[HeatCell | None, ...]
    """One for each column; None: there is no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMapChart(Titled):
    """Values as shades, rows by columns; of very many the first ones."""

    columns: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    shade_words: str
    """What a dark shade means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramRow:
    """How many values of one candidate lie in each bin."""

    label: str
    counts: tuple[int, ...]
    """One for each bin."""
    shown: str
    """The numbers in short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramChart(Titled):
    """Distributions above each other, on one axis; of very many the first ones."""

    rows: tuple[HistogramRow, ...]
    edges: tuple[float, ...]
    """Ends of the bins, one more than there are bins."""
    x_title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelAxis:
    """A parameter with its values in their order."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelLine:
    """A combination of values with its score."""

    places: tuple[int, ...]
    """Place of its value on each axis."""
    score: PlottedNumber
    is_marked: bool
    """Whether it may be the best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelChart(Titled):
    """Combinations of parameters as lines across an axis for each, the last axis being the score."""

    axes: tuple[ParallelAxis, ...]
    lines: tuple[ParallelLine, ...]
    """Best first."""
    score_title: str
