"""The cost–quality curve of sharing out questions among candidates.

The curve is traced along the multipliers of `selection.budgets.allocation`; points on its upper convex hull can be
reached by mixing two of its points. AIQ, the average improvement in quality, is the hull's mean height between the
costs of the cheapest and of the dearest candidate (RouterBench, arXiv:2403.12031).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from evaluation.errors import ConfigurationError
from selection.budgets.allocation import Choices, Floats, at_multiplier

_MOST_ROWS = 200
_MOST_MULTIPLIERS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """Cost and quality at one multiplier, or with one candidate alone."""

    cost_usd: float
    """Mean per answer."""
    quality: float
    """Mean per answer."""
    multiplier: float | None
    """Quality that a dollar has to buy; None for a single candidate."""
    shares: tuple[tuple[str, float], ...]
    """Labels of the chosen candidates with their shares of the questions, the largest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheapestShare:
    """Lowest cost of a given share of the best single candidate's quality."""

    quality_share: float
    best: str
    """Label of the single candidate with the highest quality."""
    best_quality: float
    best_cost_usd: float
    quality: float
    """Required quality: the given share of the best one's."""
    cost_usd: float | None
    """Mean cost of an answer; None where this quality is not reached."""
    share_of_cost: float | None
    """Share of the best single candidate's cost; None where the quality is not reached, or the best one is free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostQuality:
    """Cost–quality curve of a way to allocate questions."""

    points: tuple[CurvePoint, ...]
    """Points from the cheapest to the best, as the multiplier falls."""
    hull: tuple[CurvePoint, ...]
    """Upper convex hull of the points, up to the highest: concave and never falling."""
    singles: tuple[CurvePoint, ...]
    """Points of each candidate alone, the cheapest first."""
    aiq: float
    """Mean height of the hull between the costs of the cheapest and the dearest single candidate."""
    n_questions: int

    def quality_at(self, cost_usd: float) -> float | None:
        """Return the highest quality at this mean cost; None where every point costs more."""
        if cost_usd < self.hull[0].cost_usd:
            return None
        costs, heights = _axes(self.hull)
        return float(np.interp(cost_usd, costs, heights))

    def cost_of(self, quality: float) -> float | None:
        """Return the lowest mean cost of this quality; None where it is not reached."""
        if quality > self.hull[-1].quality:
            return None
        costs, heights = _axes(self.hull)
        return float(np.interp(quality, heights, costs))

    def cheapest_share(self, quality_share: float = 0.95) -> CheapestShare:
        """At what share of its cost this share of the best single candidate's quality can be had.

        Raises:
            ConfigurationError: the share is not a number above 0 and up to 1.
        """
        if isinstance(quality_share, bool) or not (isinstance(quality_share, int | float) and 0 < quality_share <= 1):
            raise ConfigurationError(f"quality_share is {quality_share!r}", "Give a number over 0 and up to 1.")
        best = max(self.singles, key=lambda single: (single.quality, -single.cost_usd))
        cost = self.cost_of(quality_share * best.quality)
        return CheapestShare(
            quality_share=quality_share,
            best=best.shares[0][0],
            best_quality=best.quality,
            best_cost_usd=best.cost_usd,
            quality=quality_share * best.quality,
            cost_usd=cost,
            share_of_cost=None if cost is None or best.cost_usd == 0 else cost / best.cost_usd,
        )


def cost_quality_curve(
    labels: tuple[str, ...], *, quality: Floats, cost: Floats, true_quality: Floats | None = None
) -> CostQuality:
    """Return the curve of choices made by expected quality and valued by true quality.

    Args:
        labels: Labels of the candidates.
        quality: Expected quality, shape (n_questions, n_candidates).
        cost: US dollars, the same shape.
        true_quality: True quality of each answer, the same shape; None: the expected quality.
    """
    valued = quality if true_quality is None else true_quality
    multipliers = _multipliers(quality, cost)
    points = _distinct(
        _point(labels, valued, cost, at_multiplier(quality, cost, multiplier), multiplier) for multiplier in multipliers
    )
    singles = (
        CurvePoint(
            cost_usd=float(cost[:, j].mean()),
            quality=float(valued[:, j].mean()),
            multiplier=None,
            shares=((labels[j], 1.0),),
        )
        for j in range(len(labels))
    )
    in_order = tuple(sorted(singles, key=lambda single: (single.cost_usd, -single.quality)))
    hull = upper_hull(points)
    return CostQuality(
        points=points,
        hull=hull,
        singles=in_order,
        aiq=_mean_height(hull, in_order[0].cost_usd, in_order[-1].cost_usd),
        n_questions=len(quality),
    )


def _distinct(points: Iterable[CurvePoint]) -> tuple[CurvePoint, ...]:
    """Return each distinct choice once, at the first multiplier that gives it."""
    distinct: dict[object, CurvePoint] = {}
    for point in points:
        distinct.setdefault((point.cost_usd, point.quality, point.shares), point)
    return tuple(distinct.values())


def upper_hull(points: tuple[CurvePoint, ...]) -> tuple[CurvePoint, ...]:
    """Return the points that no mixture of two others beats, from the cheapest to the highest; concave and rising."""
    best_height = -math.inf
    hull: list[CurvePoint] = []
    for point in sorted(points, key=lambda point: (point.cost_usd, -point.quality)):
        if point.quality <= best_height:
            continue
        best_height = point.quality
        while len(hull) > 1 and _is_below(hull[-2], hull[-1], point):
            hull.pop()
        hull.append(point)
    return tuple(hull)


def _is_below(first: CurvePoint, middle: CurvePoint, last: CurvePoint) -> bool:
    rise = (middle.quality - first.quality) * (last.cost_usd - first.cost_usd)
    return rise <= (last.quality - first.quality) * (middle.cost_usd - first.cost_usd)


def _point(labels: tuple[str, ...], quality: Floats, cost: Floats, choices: Choices, multiplier: float) -> CurvePoint:
    rows = np.arange(len(choices))
    share = np.bincount(choices, minlength=len(labels)) / len(choices)
    return CurvePoint(
        cost_usd=float(cost[rows, choices].mean()),
        quality=float(quality[rows, choices].mean()),
        multiplier=multiplier,
        shares=tuple((labels[j], float(share[j])) for j in np.argsort(-share, kind="stable") if share[j] > 0),
    )


def _multipliers(quality: Floats, cost: Floats) -> tuple[float, ...]:
    """Return multipliers from infinity to 0: slopes between candidates, where choices change, or enough of them."""
    rows = np.linspace(0, len(quality) - 1, min(len(quality), _MOST_ROWS)).astype(int)
    more = cost[rows][:, :, None] - cost[rows][:, None, :]
    better = quality[rows][:, :, None] - quality[rows][:, None, :]
    useful = (more > 0) & (better > 0)
    slopes = np.unique(better[useful] / more[useful])
    if len(slopes) > _MOST_MULTIPLIERS:
        slopes = np.quantile(slopes, np.linspace(0, 1, _MOST_MULTIPLIERS))
    # Beside a slope and not on it: there two are equal, and rounding would choose.
    return (math.inf, *(float(slope) * (1 - 1e-6) for slope in slopes[::-1]), 0.0)


def _axes(hull: tuple[CurvePoint, ...]) -> tuple[list[float], list[float]]:
    return [point.cost_usd for point in hull], [point.quality for point in hull]


def _mean_height(hull: tuple[CurvePoint, ...], low: float, high: float) -> float:
    costs, heights = _axes(hull)
    if high <= low:
        return float(np.interp(low, costs, heights))
    inside = [low, *(cost for cost in costs if low < cost < high), high]
    return float(np.trapezoid(np.interp(inside, costs, heights), inside)) / (high - low)
