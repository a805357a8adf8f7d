"""Bootstrap intervals of values computed over many rows, resampling the cases."""

from collections.abc import Callable, Hashable, Sequence
from statistics import NormalDist
from typing import TypeVar

import numpy as np

from evaluation.errors import ConfigurationError
from evaluation.scores import Estimate, Measurement
from evaluation.stats.intervals import MIN_UNITS_FOR_PERCENTILES, Interval, checked_confidence_level, estimate_of
from evaluation.stats.vectors import Vector, grouped, is_constant

T = TypeVar("T")
_DRAWN_AT_ONCE = 1_000_000


def resampled_interval(
    units: Sequence[Sequence[T]],
    aggregate: Callable[[Sequence[T]], float],
    *,
    rng: "np.random.Generator",
    n_resamples: int,
    accelerated: bool,
    confidence_level: float,
) -> Interval | None:
    """Return the bootstrap interval of `aggregate` over units that are drawn whole.

    None where every resample says the same.

    Args:
        units: Groups of rows that belong together; at least two.
        aggregate: The value over rows.
        rng: Seed it to reproduce a report.
        n_resamples: How often the units are drawn again, with replacement.
        accelerated: Correct bias and skewness (Efron 1987), rather than take the percentiles as they are.
        confidence_level: Of the interval.
    """
    draws = rng.integers(len(units), size=(n_resamples, len(units)))
    values = np.sort([aggregate(_rows(units, draw)) for draw in draws.tolist()])
    if is_constant(values):
        return None
    tail = (1 - confidence_level) / 2
    tails = (tail, 1 - tail)
    if accelerated:
        observed = aggregate([row for unit in units for row in unit])
        tails = accelerated_tails(values, observed=observed, left_out=_left_out(units, aggregate), tails=tails)
    low, high = np.quantile(values, tails)
    return Interval(float(low), float(high))


def accelerated_mean_interval(
    vector: Vector, *, rng: "np.random.Generator", n_resamples: int = 10_000, confidence_level: float = 0.95
) -> Interval | None:
    """Bias-corrected and accelerated bootstrap interval of a mean (Efron 1987); None where the values are all equal.

    Args:
        vector: Shape (n,), at least two values. Their order does not matter.
        rng: Seed it to reproduce a report.
        n_resamples: How often the values are drawn again, with replacement.
        confidence_level: Of the interval.
    """
    if is_constant(vector):
        return None
    ordered, n = np.sort(vector), vector.size
    at_once = max(1, _DRAWN_AT_ONCE // n)
    means = np.concatenate(
        [
            ordered[rng.integers(n, size=(min(at_once, n_resamples - done), n), dtype=np.int32)].mean(axis=1)
            for done in range(0, n_resamples, at_once)
        ]
    )
    tail = (1 - confidence_level) / 2
    left_out = (ordered.sum() - ordered) / (n - 1)
    tails = accelerated_tails(means, observed=float(ordered.mean()), left_out=left_out, tails=(tail, 1 - tail))
    low, high = np.quantile(means, tails)
    return Interval(float(low), float(high))


def _rows(units: Sequence[Sequence[T]], draw: Sequence[int]) -> list[T]:
    return [row for index in draw for row in units[index]]


def accelerated_tails(
    values: Vector, *, observed: float, left_out: Vector, tails: tuple[float, float]
) -> tuple[float, float]:
    """Return the two tail probabilities, adjusted for the bias and skewness of the resampled values (Efron 1987).

    Args:
        values: The statistic on each resample.
        observed: The statistic on all units.
        left_out: The leave-one-out values of the statistic, shape (n_units,).
        tails: The probabilities below the lower and the upper limit, as asked for.
    """
    normal = NormalDist()
    below = (np.sum(values < observed) + np.sum(values <= observed)) / (2 * len(values))
    edge = 0.5 / len(values)
    bias = normal.inv_cdf(min(1 - edge, max(edge, float(below))))
    acceleration = _acceleration(left_out)

    def moved(tail: float) -> float:
        z = bias + normal.inv_cdf(tail)
        stretch = 1 - acceleration * z
        # Beyond the pole of Efron's formula lies the outermost resample.
        return normal.cdf(bias + z / stretch) if stretch > 0 else float(z > 0)

    return moved(tails[0]), moved(tails[1])


def _acceleration(left_out: Vector) -> float:
    """Return a sixth of the skewness of the leave-one-out values."""
    if is_constant(left_out):
        return 0.0
    deviations = left_out.mean() - left_out
    spread: float = (deviations**2).sum() ** 1.5
    return float((deviations**3).sum()) / (6 * spread)


def _left_out(units: Sequence[Sequence[T]], aggregate: Callable[[Sequence[T]], float]) -> Vector:
    return np.array(
        [aggregate([row for j, unit in enumerate(units) if j != i for row in unit]) for i in range(len(units))]
    )


MIN_UNITS_TO_RESAMPLE = 5


def corpus_estimate(
    rows: Sequence[Measurement],
    aggregate: Callable[[Sequence[Measurement]], float],
    *,
    rng: "np.random.Generator",
    n_resamples: int = 1000,
    clusters: Sequence[Hashable | None] | None = None,
    confidence_level: float = 0.95,
) -> Estimate:
    """Return a corpus metric's value over all rows, with a bootstrap interval over the cases.

    From 100 cases on by percentiles (`bootstrap`); below, where percentiles are too short, bias-corrected and
    accelerated (`bootstrap_bca`; Efron 1987, doi:10.1080/01621459.1987.10478410). None under 5 cases, and where every
    resample gives the same value. With clusters (or repeats of a case), whole clusters are resampled and counted.
    """
    level = checked_confidence_level(confidence_level)
    if not rows:
        raise ConfigurationError("there are no scores to compute with", "An empty run has no value; it is not 0")
    units = grouped(rows, clusters) if clusters is not None else [[row] for row in rows]
    by_percentiles = len(units) >= MIN_UNITS_FOR_PERCENTILES
    interval = None
    if len(units) >= MIN_UNITS_TO_RESAMPLE:
        interval = resampled_interval(
            units, aggregate, rng=rng, n_resamples=n_resamples, accelerated=not by_percentiles, confidence_level=level
        )
    method = "bootstrap" if by_percentiles else "bootstrap_bca"
    return estimate_of(float(aggregate(rows)), interval, len(rows), method, level)
