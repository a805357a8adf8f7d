"""Mean scores of each combination, and of each value of a parameter averaged over all others.

One is left out where another is shown to be better, one-sided, at the level divided by the number of others: whichever
is truly the best, the chance that it is left out is at most the level (Gupta 1965, doi:10.1080/00401706.1965.10490251,
with Bonferroni's bound in place of equal variances).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from evaluation.fingerprint import canonical_json
from evaluation.scores import Estimate
from evaluation.stats.intervals import mean_estimate
from evaluation.stats.vectors import Vector, is_binary
from evaluation.sweeps.contrasts import Matrix
from evaluation.sweeps.findings import CombinationScore, Level
from evaluation.sweeps.space import Combination, Parameter

MIN_PAIRS = 6
_ALIKE = 1e-12
_AT_ONCE = 64


def may_be_best(scores: Matrix, *, confidence_level: float, independent: bool = False) -> list[bool]:
    """Return, for each row of scores, whether it may be the one with the highest mean.

    Args:
        scores: Shape (n_rows, n_units), higher is better, NaN where there is none.
        confidence_level: Probability that the best one is among those returned.
        independent: The columns are not cases that all rows share, but answers of their own.
    """
    better = _welch_p if independent else one_sided_p
    level = (1 - confidence_level) / max(1, len(scores) - 1)
    means = _means(scores)
    order = np.argsort(-means, kind="stable")
    possible = []
    for row in scores:
        has_scores = not bool(np.isnan(row).all())
        # The likeliest to be better come first, and mostly the first few settle it.
        possible.append(
            has_scores
            and not any(
                bool((better(scores[order[start : start + _AT_ONCE]], row) < level).any())
                for start in range(0, len(order), _AT_ONCE)
            )
        )
    return possible


def _means(scores: Matrix) -> Vector:
    is_scored = ~np.isnan(scores)
    return np.where(is_scored.any(axis=1), np.nansum(scores, axis=1) / np.maximum(is_scored.sum(axis=1), 1), -np.inf)


def one_sided_p(first: Matrix, second: Vector) -> Vector:
    """Return the one-sided p of "this row is better", over the units that both have.

    The sign test for scores of 0 and 1, else Student's.

    Args:
        first: Shape (n_rows, n_units), NaN where there is no score.
        second: The values to compare each row with, shape (n_units,).
    """
    from scipy.special import bdtrc, stdtr

    gains = first - second
    is_paired = ~np.isnan(gains)
    n = is_paired.sum(axis=1)
    gains = np.where(is_paired, gains, 0.0)
    mean = gains.sum(axis=1) / np.maximum(n, 1)
    squares = (np.where(is_paired, gains - mean[:, None], 0.0) ** 2).sum(axis=1)
    error = np.sqrt(squares / np.maximum(n - 1, 1) / np.maximum(n, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        by_student = stdtr(np.maximum(n - 1, 1), -mean / error)
    p_values = np.where(error <= _ALIKE * np.abs(mean), 0.5**n, by_student)
    if is_binary(second[~np.isnan(second)]):
        binary = (np.isnan(first) | (first == 0) | (first == 1)).all(axis=1)
        more, less = (gains > 0).sum(axis=1), (gains < 0).sum(axis=1)
        # P(at least `more` of the pairs that differ).
        p_values = np.where(binary, bdtrc(np.maximum(more - 1, 0), np.maximum(more + less, 1), 0.5), p_values)
    one_sided: Vector = np.where((n < MIN_PAIRS) | (mean <= 0), 1.0, p_values)
    return one_sided


def _welch_p(first: Matrix, second: Vector) -> Vector:
    """Return the one-sided p of "this row is better" for unpaired answers (Welch 1947); shapes as above."""
    from scipy.special import stdtr

    n_a, mean_a, part_a = _of_rows(first)
    n_b, mean_b, part_b = _of_rows(second[None, :])
    gain, parts = mean_a - mean_b, part_a + part_b
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = parts**2 / (part_a**2 / (n_a - 1) + part_b**2 / (n_b - 1))
        by_welch = stdtr(freedom, -gain / np.sqrt(parts))
    p_values = np.where(parts <= _ALIKE * gain**2, 0.5 ** np.minimum(n_a, n_b), by_welch)
    too_few = (n_a < 2) | (n_b < 2) | (n_a + n_b < MIN_PAIRS)
    one_sided: Vector = np.where(too_few | ~(gain > 0), 1.0, p_values)
    return one_sided


def _of_rows(values: Matrix) -> tuple[Vector, Vector, Vector]:
    """Return, for each row, the number of values, their mean, and the variance of that mean."""
    is_scored = ~np.isnan(values)
    n = is_scored.sum(axis=1).astype(np.float64)
    mean = np.where(is_scored, values, 0.0).sum(axis=1) / np.maximum(n, 1)
    squares = (np.where(is_scored, values - mean[:, None], 0.0) ** 2).sum(axis=1)
    return n, mean, squares / np.maximum(n - 1, 1) / np.maximum(n, 1)


N_PIECES = 4
"""Pieces of a range if every combination has its own value."""


@dataclass(frozen=True, kw_only=True)
class LevelSettings:
    """Settings of the whole analysis."""

    independent: bool
    """True if the columns are answers to a single prompt instead of cases."""
    higher_is_better: bool
    confidence_level: float
    value_range: tuple[float, float] = (-inf, inf)
    """Range of the scores, to which every interval is limited."""


def mean_known(values: Matrix) -> Vector:
    """Return the mean of each row's known values; NaN where there is none."""
    n_known = (~np.isnan(values)).sum(axis=1)
    sums = np.nansum(values, axis=1)
    return np.where(n_known > 0, sums / np.maximum(n_known, 1), np.nan)


def rank_combinations(
    tried: Sequence[Combination], units: Matrix, terms: LevelSettings
) -> tuple[CombinationScore, ...]:
    """Return the combinations, best first."""
    sign = 1 if terms.higher_is_better else -1
    possible = may_be_best(sign * units, confidence_level=terms.confidence_level, independent=terms.independent)
    scores = []
    for combination, row, is_possible in zip(tried, units, possible, strict=True):
        values = row[~np.isnan(row)]
        if values.size == 0:
            scores.append(
                CombinationScore(
                    combination=combination, value=None, low=None, high=None, n_units=0, may_be_best=is_possible
                )
            )
            continue
        estimate = _mean(values, terms)
        scores.append(
            CombinationScore(
                combination=combination,
                value=estimate.value,
                low=estimate.low,
                high=estimate.high,
                n_units=values.size,
                may_be_best=is_possible,
            )
        )
    return tuple(sorted(scores, key=lambda score: float("inf") if score.value is None else -sign * score.value))


def levels_of(
    parameter: Parameter, tried: Sequence[Combination], units: Matrix, terms: LevelSettings
) -> tuple[Level, ...]:
    """Return the means over all combinations of each value, by case.

    For a range without repeated values, of its pieces.
    """
    pieces = _pieces(parameter, tried)
    by_level = _by_level(units, [rows for _, _, rows in pieces], independent=terms.independent)
    sign = 1 if terms.higher_is_better else -1
    possible = may_be_best(sign * by_level, confidence_level=terms.confidence_level, independent=terms.independent)
    levels = []
    for (low, high, rows), means, is_possible in zip(pieces, by_level, possible, strict=True):
        values = means[~np.isnan(means)]
        if values.size == 0:
            continue
        estimate = _mean(values, terms)
        levels.append(
            Level(
                low=low,
                high=high,
                value=estimate.value,
                value_low=estimate.low,
                value_high=estimate.high,
                n_combinations=len(rows),
                may_be_best=is_possible,
            )
        )
    return tuple(levels)


def _by_level(units: Matrix, rows_of: Sequence[Sequence[int]], *, independent: bool) -> Matrix:
    """Return one row for each level: its mean on each case, or all its answers, padded with NaN."""
    if not independent:
        return np.vstack([mean_known(units[list(rows)].T) for rows in rows_of])
    answers = [units[list(rows)].ravel() for rows in rows_of]
    longest = max(map(len, answers))
    return np.vstack([np.pad(row, (0, longest - len(row)), constant_values=np.nan) for row in answers])


def _pieces(parameter: Parameter, tried: Sequence[Combination]) -> list[tuple[Any, Any, list[int]]]:
    """Return (least value, greatest value, the combinations) of each level."""
    values = [combination[parameter.name] for combination in tried]
    by_value: dict[str, list[int]] = {}
    for place, value in enumerate(values):
        by_value.setdefault(canonical_json(value), []).append(place)
    if not parameter.is_numeric:
        return [(values[rows[0]], values[rows[0]], rows) for rows in by_value.values()]
    ordered = sorted(by_value.values(), key=lambda rows: float(values[rows[0]]))
    if len(ordered) <= max(2 * N_PIECES, len(parameter.values)):
        return [(values[rows[0]], values[rows[0]], rows) for rows in ordered]
    cuts = np.array_split(np.arange(len(ordered)), N_PIECES)
    return [
        (values[ordered[cut[0]][0]], values[ordered[cut[-1]][0]], [row for place in cut for row in ordered[place]])
        for cut in cuts
    ]


def _mean(values: Vector, terms: LevelSettings) -> Estimate:
    """Return the mean of a unit's values, within what is possible."""
    return mean_estimate(values.tolist(), confidence_level=terms.confidence_level, value_range=terms.value_range)
