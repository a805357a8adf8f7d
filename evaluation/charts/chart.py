"""What charts show, as plain data: labels, values with their intervals, and titles.

Light to import, and able to go through a pipe as JSON: charts are drawn in a process of their own (`drawing`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evaluation.results.estimates import HasInterval

ANY = (-math.inf, math.inf)
"""Bounds of a value that has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlottedNumber:
    """A value with its interval, if it has one."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """The interval; the value itself where there is none."""
        return (self.value, self.value) if self.low is None or self.high is None else (self.low, self.high)


def plotted_number(numbers: HasInterval | Mapping[str, Any] | None) -> PlottedNumber | None:
    """Return the number of an estimate, or of stored `{"value", "low", "high"}`; None where there is none."""
    if isinstance(numbers, Mapping):
        value, low, high = (numbers.get(name) for name in ("value", "low", "high"))
    elif numbers is not None:
        value, low, high = numbers.value, numbers.low, numbers.high
    else:
        return None
    return None if value is None else PlottedNumber(value=value, low=low, high=high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Titled:
    """What every chart has."""

    title: str
    """What the chart shows, at its top."""
    description: str
    """What can be seen, for whoever cannot see it."""


RowKind = Literal["good", "bad", "plain", "mark"]
"""`good` and `bad` are filled in colours of their own, `plain` is hollow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalRow:
    """A value with its interval."""

    label: str
    number: PlottedNumber
    shown: str
    """The numbers as text, as in the table."""
    kind: RowKind = "mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalChart(Titled):
    """Values with their intervals, a row each; of very many the first ones are drawn."""

    rows: tuple[IntervalRow, ...]
    x_title: str
    """What the values are, with their unit."""
    subtitle: str = ""
    reference: float | None = None
    """A value to mark, such as no difference."""
    x_range: tuple[float, float] = ANY
    """Bounds that no value can exceed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxRow:
    """Quantiles of one candidate's numbers."""

    label: str
    p5: float
    p25: float
    p50: float
    p75: float
    p95: float
    p99: float
    n_cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxChart(Titled):
    """The middle half, the median and the tail of each candidate's numbers, a row each; of very many the first ones."""

    rows: tuple[BoxRow, ...]
    x_title: str
    """What the numbers are, with their unit; none is negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityCostPoint:
    """A candidate's quality and cost."""

    label: str
    cost: PlottedNumber
    """Less is better."""
    quality: PlottedNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityCostChart(Titled):
    """Quality against cost, a point for each candidate, and the Pareto frontier."""

    points: tuple[QualityCostPoint, ...]
    cost_title: str
    quality_title: str
    higher_is_better: bool = True
    """For the quality."""
    quality_range: tuple[float, float] = ANY
    """Bounds that no quality can exceed."""


def frontier(points: Sequence[QualityCostPoint], *, higher_is_better: bool = True) -> list[QualityCostPoint]:
    """Return the Pareto frontier: the points that no other is both better and cheaper than, cheapest first.

    By their values alone, without intervals.
    """
    sign = 1 if higher_is_better else -1
    front: list[QualityCostPoint] = []
    for point in sorted(points, key=lambda point: (point.cost.value, -sign * point.quality.value)):
        if not front or sign * point.quality.value > sign * front[-1].quality.value:
            front.append(point)
    return front


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """A candidate's value in one run."""

    run: int
    """Index of the run, from the oldest on."""
    number: PlottedNumber
    is_changed: bool = False
    """Whether the candidate has other weights than in the run before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendLine:
    """A candidate across runs."""

    label: str
    points: tuple[TrendPoint, ...]
    """By rising run, at least one; a run without a value has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendChart(Titled):
    """Values from run to run, a line for each candidate, as many as there are colours."""

    lines: tuple[TrendLine, ...]
    moments: tuple[str, ...]
    """The label below each run, the oldest first."""
    y_title: str
    y_range: tuple[float, float] = ANY
    """Bounds that no value can exceed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """A cascade at one threshold, or a model alone."""

    cost: float
    """Less is better."""
    quality: PlottedNumber
    is_of_run: bool = False
    """Whether the run used this threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeChart(Titled):
    """Quality against cost of a cascade over its threshold, beside the larger model alone."""

    points: tuple[CurvePoint, ...]
    """By rising threshold."""
    alone: CurvePoint | None
    """The larger model without the small one, where it was measured."""
    cost_title: str
    quality_title: str
    quality_range: tuple[float, float] = ANY
    """Bounds that no quality can exceed."""
