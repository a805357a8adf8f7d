"""What charts of lines show: values with intervals along an axis of numbers or of time, and what happened then."""

from dataclasses import dataclass
from typing import Literal

from evaluation.charts.chart import ANY, PlottedNumber, Titled


@dataclass(frozen=True, slots=True, kw_only=True)
class PointOnLine:
    """A value at a place."""

    x: float
    number: PlottedNumber
    is_hollow: bool = False
    """Whether something is different with it, which the chart's `hollow_words` say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledLine:
    """Points that belong together."""

    label: str
    points: tuple[PointOnLine, ...]
    """By rising place, at least one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened at a place, as a line from top to bottom."""

    x: float
    kind: Literal["alert", "change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A label at a place of the axis."""

    x: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChart(Titled):
    """Lines through values with intervals; of very many the first ones, as many as there are colours."""

    lines: tuple[LabelledLine, ...]
    x_title: str
    y_title: str
    y_range: tuple[float, float] = ANY
    """Bounds that no value can exceed."""
    x_range: tuple[float, float] = ANY
    """Bounds that no place can exceed."""
    ticks: tuple[Tick, ...] = ()
    """Labels of the axis; empty: numbers."""
    happenings: tuple[Happening, ...] = ()
    hollow_words: str = ""
    """What a hollow point means; empty: there is none."""
    reference: float | None = None
    """A value to mark with a line across."""
    has_diagonal: bool = False
    """Whether the line is marked on which both axes have the same value."""
