"""Trend detection: whether a figure rises or falls over time, and with what certainty.

The slope is the median of the slopes between all pairs of points (Theil 1950, Sen 1968), which is robust to a few
outliers; the test is Kendall's, exact for few points, of whether later figures tend to be higher (Mann 1945). Many
series are tested, so a trend counts as clear after Benjamini and Hochberg's adjustment among all of one pass.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from statistics import median
from typing import Literal

from evaluation.generation import PromptState
from evaluation.monitoring.values import QUANTITIES, Point, Quantity, Series
from evaluation.results.monitoring import TrendResult
from evaluation.stats.multiplicity import benjamini_hochberg

MIN_POINTS = 5
CLEAR = 0.05
_SECONDS_A_WEEK = 7 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Trend of a figure over time."""

    series: Series
    quantity: Quantity
    n_points: int
    direction: Literal["rising", "falling", "steady"]
    """Direction of the trend; steady if as many pairs rise as fall."""
    per_week: float
    """Change in a week, in the figure's unit."""
    relative_per_week: float | None
    """Change in a week as a share of the median; None if the median is 0."""
    p_value: float
    """Two-sided p-value."""
    p_adjusted: float | None = None

    @property
    def confidence(self) -> float:
        """1 - p: how seldom chance alone orders points so much."""
        return 1 - self.p_value

    @property
    def is_clear(self) -> bool:
        """True where chance does not explain it, adjusted for all figures that were tested."""
        return self.direction != "steady" and self.p_adjusted is not None and self.p_adjusted <= CLEAR

    @property
    def result(self) -> TrendResult:
        """The result shown to the user."""
        return TrendResult(**{each.name: getattr(self, each.name) for each in fields(TrendResult)})


def trends(series: Iterable[Series]) -> tuple[Trend, ...]:
    """Return a trend for each figure of each series with enough points."""
    tested = [
        trend
        for candidate_series in series
        for name in QUANTITIES
        if (trend := _trend(candidate_series, name)) is not None
    ]
    if not tested:
        return ()
    adjusted = benjamini_hochberg([trend.p_value for trend in tested])
    return tuple(replace(trend, p_adjusted=p) for trend, p in zip(tested, adjusted, strict=True))


def comparable(series: Series, quantity: Quantity) -> list[Point]:
    """Return the points that have the figure, measured like the newest one.

    That is on the same cases, by the same judge, with as many requests at once and prompts as fresh.

    Where it is not known whether prompts were cached, seconds and joules of two points are not comparable.
    """
    cases = series.points[-1].setting.cases
    points = [point for point in series.points if point.setting.cases == cases and point.value(quantity) is not None]
    if quantity == "quality" and points:
        points = [point for point in points if point.setting.judge == points[-1].setting.judge]
    if quantity in ("duration_s", "tokens_per_s", "call_tokens_per_s") and points:
        points = [point for point in points if point.setting.slots == points[-1].setting.slots]
    if quantity in ("duration_s", "energy_j") and points:
        points = [point for point in points if point.setting.prompts == points[-1].setting.prompts]
        points = [] if points[-1].setting.prompts == PromptState.UNKNOWN else points
    return points


def _trend(series: Series, quantity: Quantity) -> Trend | None:
    points = comparable(series, quantity)
    if len(points) < MIN_POINTS:
        return None
    times = [point.at.timestamp() for point in points]
    values = [point.value(quantity) or 0.0 for point in points]
    slope, usual = _slope(times, values), median(values)
    n_rises, p_value = _kendall(times, values)
    return Trend(
        series=series,
        quantity=quantity,
        n_points=len(points),
        direction="rising" if n_rises > 0 else "falling" if n_rises < 0 else "steady",
        per_week=slope * _SECONDS_A_WEEK,
        relative_per_week=slope * _SECONDS_A_WEEK / usual if usual else None,
        p_value=p_value,
    )


def _slope(times: Sequence[float], values: Sequence[float]) -> float:
    slopes = [
        (values[j] - values[i]) / (times[j] - times[i])
        for i in range(len(times))
        for j in range(i + 1, len(times))
        if times[j] > times[i]
    ]
    return median(slopes) if slopes else 0.0


def _kendall(times: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Return Kendall's tau, by how much rising pairs outnumber falling ones, and its p."""
    from scipy.stats import kendalltau

    if min(values) == max(values) or min(times) == max(times):
        return 0.0, 1.0
    correlation = kendalltau(times, values)
    return float(correlation.statistic), min(1.0, float(correlation.pvalue))
