"""Inter-rater agreement beyond chance, for judges and people.

Krippendorff's alpha = 1 - observed disagreement / disagreement expected by chance, for any number of raters and with
missing ratings; weighted kappa, the same idea for two raters, each with their own marginal distribution; and the raw
share of agreement.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.errors import ConfigurationError
from evaluation.stats.intervals import SHARES, Interval, checked_confidence_level, mean_estimate
from evaluation.stats.reweighting import Matrix, reweighted_interval
from evaluation.stats.vectors import Vector
from evaluation.stats.weighted_agreement import alpha_statistic, kappa_statistic

N_RESAMPLES = 1000
_FEW_OR_ALIKE = "too few cases, or too much alike, for an interval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Degree of agreement between raters."""

    coefficient: str
    """`krippendorff_alpha_ordinal`, `weighted_kappa_quadratic` or `raw_agreement`."""
    value: float | None
    """1 for perfect agreement. For alpha and kappa, 0 is agreement by chance and below 0 less. None if undefined."""
    low: float | None
    high: float | None
    n_cases: int
    """Cases that were to be rated."""
    n_pairable: int
    """Cases that at least two raters rated; the others carry no information."""
    reason: str | None = None
    """Why the value or the interval is missing."""
    confidence_level: float = 0.95


def krippendorff_alpha(
    ratings: ArrayLike,
    *,
    rng: "np.random.Generator",
    clusters: Sequence[Hashable] | None = None,
    n_resamples: int = N_RESAMPLES,
    confidence_level: float = 0.95,
) -> Agreement:
    """Return Krippendorff's ordinal alpha, cases resampled.

    Source: Krippendorff 2011, "Computing Krippendorff's alpha-reliability".

    Args:
        ratings: Shape (n_raters, n_cases), NaN where a rater gave none. Categories as numbers, too.
        rng: Seed it to reproduce a report.
        clusters: What each column belongs to, of which several are no independent evidence: drawn whole.
        n_resamples: How often the cases are drawn again for the interval.
        confidence_level: Of the interval.

    Raises:
        ConfigurationError: not a table of numbers, or a rating that is infinite.
    """
    checked_level = checked_confidence_level(confidence_level)
    table = _table(ratings)
    pairable = _pairable(table)
    coefficient = "krippendorff_alpha_ordinal"
    problem = _problem(table, pairable)
    if problem is not None:
        return _agreement(coefficient, table, pairable, checked_level, reason=problem)
    n_pairable = pairable.shape[1]
    statistic = alpha_statistic(pairable)
    interval = reweighted_interval(
        statistic,
        n_pairable,
        rng=rng,
        n_resamples=n_resamples,
        confidence_level=checked_level,
        n_numbers_a_row=int((~np.isnan(pairable)).sum()),
        clusters=_kept(clusters, table),
    )
    value = float(statistic(np.ones((1, n_pairable)))[0])
    return _agreement(coefficient, table, pairable, checked_level, value=value, interval=interval)


def weighted_kappa(
    a: Sequence[float] | Vector,
    b: Sequence[float] | Vector,
    *,
    rng: "np.random.Generator",
    clusters: Sequence[Hashable] | None = None,
    n_resamples: int = N_RESAMPLES,
    confidence_level: float = 0.95,
) -> Agreement:
    """Return Cohen's weighted kappa of two raters (Cohen 1968, doi:10.1037/h0026256), cases resampled.

    A disagreement counts by the squared distance of the two ratings as numbers: that of a 1 and a 5 sixteen times that
    of a 1 and a 2, whether or not anybody gave a 3.

    Args:
        a: Shape (n_cases,), NaN where there is no rating.
        b: The same cases in the same order.
        rng: Seed it to reproduce a report.
        clusters: What each column belongs to, of which several are no independent evidence: drawn whole.
        n_resamples: How often the cases are drawn again for the interval.
        confidence_level: Of the interval.

    Raises:
        ConfigurationError: not two rows of one length, or a rating that is infinite.
    """
    checked_level = checked_confidence_level(confidence_level)
    table = _table([list(a), list(b)])
    pairable = _pairable(table)
    coefficient = "weighted_kappa_quadratic"
    problem = _problem(table, pairable)
    if problem is not None:
        return _agreement(coefficient, table, pairable, checked_level, reason=problem)
    statistic = kappa_statistic(pairable[0], pairable[1])
    interval = reweighted_interval(
        statistic,
        pairable.shape[1],
        rng=rng,
        n_resamples=n_resamples,
        confidence_level=checked_level,
        clusters=_kept(clusters, table),
    )
    value = float(statistic(np.ones((1, pairable.shape[1])))[0])
    return _agreement(coefficient, table, pairable, checked_level, value=value, interval=interval)


def raw_agreement(ratings: ArrayLike, *, confidence_level: float = 0.95) -> Agreement:
    """Return the share of pairs of ratings of one case that agree, averaged over the cases.

    Not corrected for chance.

    Args:
        ratings: Shape (n_raters, n_cases), NaN where a rater gave none.
        confidence_level: Of the interval, which is Wilson's for two raters and Student's for more.

    Raises:
        ConfigurationError: not a table of numbers, or a rating that is infinite.
    """
    checked_level = checked_confidence_level(confidence_level)
    table = _table(ratings)
    pairable = _pairable(table)
    if pairable.shape[1] == 0:
        return _agreement("raw_agreement", table, pairable, checked_level, reason=_nobody_twice(table))
    shares = [_equal_pairs(column[~np.isnan(column)]) for column in pairable.T]
    estimate = mean_estimate(shares, confidence_level=checked_level, value_range=SHARES)
    interval = None if estimate.low is None or estimate.high is None else Interval(estimate.low, estimate.high)
    return _agreement("raw_agreement", table, pairable, checked_level, value=estimate.value, interval=interval)


def _table(ratings: ArrayLike) -> Matrix:
    try:
        table = np.asarray(ratings, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"the ratings are not a table of numbers: {error}", "Give each rater one rating a case, NaN for none"
        ) from error
    if table.ndim != 2:
        raise ConfigurationError(
            f"the ratings have {table.ndim} dimensions, not 2", "Give one row a rater and one column a case"
        )
    if np.isinf(table).any():
        raise ConfigurationError("a rating is infinite", "Leave missing ratings out as NaN")
    return table


def _pairable(table: Matrix) -> Matrix:
    """Return the cases with two ratings or more."""
    pairable: Matrix = table[:, _is_pairable(table)]
    return pairable


def _is_pairable(table: Matrix) -> NDArray[np.bool_]:
    twice: NDArray[np.bool_] = (~np.isnan(table)).sum(axis=0) >= 2
    return twice


def _kept(clusters: Sequence[Hashable] | None, table: Matrix) -> list[Hashable] | None:
    """Return the clusters of the cases with two ratings or more."""
    if clusters is None:
        return None
    if len(clusters) != table.shape[1]:
        raise ConfigurationError(
            f"{table.shape[1]} cases, but {len(clusters)} clusters", "Name one cluster for each case"
        )
    return [cluster for cluster, kept in zip(clusters, _is_pairable(table), strict=True) if kept]


def _problem(table: Matrix, pairable: Matrix) -> str | None:
    """Return why agreement beyond chance is not defined; None where it is."""
    if pairable.shape[1] == 0:
        return _nobody_twice(table)
    values = np.unique(pairable[~np.isnan(pairable)])
    if values.size == 1:
        return f"every rating is {values[0]:g}: agreement beyond chance is not defined"
    return None


def _nobody_twice(table: Matrix) -> str:
    return f"no case of {table.shape[1]} was rated twice"


def _equal_pairs(ratings: Vector) -> float:
    """Return the share of the pairs of these ratings that are equal."""
    _, counts = np.unique(ratings, return_counts=True)
    return float((counts * (counts - 1)).sum()) / (ratings.size * (ratings.size - 1))


def _agreement(
    coefficient: str,
    table: Matrix,
    pairable: Matrix,
    confidence_level: float,
    *,
    value: float | None = None,
    interval: Interval | None = None,
    reason: str = _FEW_OR_ALIKE,
) -> Agreement:
    return Agreement(
        coefficient=coefficient,
        value=value,
        low=None if interval is None else interval.low,
        high=None if interval is None else interval.high,
        n_cases=table.shape[1],
        n_pairable=pairable.shape[1],
        reason=None if interval is not None else reason,
        confidence_level=confidence_level,
    )
