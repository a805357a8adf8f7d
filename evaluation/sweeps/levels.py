"""How good is each combination, and each value of a parameter averaged over all else?"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from evaluation.fingerprint import canonical_json
from evaluation.stats.intervals import mean_estimate
from evaluation.stats.vectors import Vector
from evaluation.sweeps.best_set import may_be_best
from evaluation.sweeps.contrasts import Matrix
from evaluation.sweeps.findings import CombinationScore, Level
from evaluation.sweeps.space import Combination, Parameter

N_PIECES = 4
"""Into how many pieces a range is cut whose every combination has a value of its own."""


@dataclass(frozen=True, kw_only=True)
class LevelSettings:
    """What holds for the whole analysis."""

    independent: bool
    """The columns are answers to a single prompt, and no cases."""
    higher_is_better: bool
    confidence_level: float
    value_range: tuple[float, float] = (-inf, inf)
    """Of the scores: no interval reaches beyond it."""


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
        estimate = mean_estimate(values.tolist(), confidence_level=terms.confidence_level).within(terms.value_range)
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

    Of a range without repeated values, of its pieces.
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
        estimate = mean_estimate(values.tolist(), confidence_level=terms.confidence_level).within(terms.value_range)
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
    """Return a row a level: its mean on each case, or all its answers, NaN after the last one."""
    if not independent:
        return np.vstack([mean_known(units[list(rows)].T) for rows in rows_of])
    answers = [units[list(rows)].ravel() for rows in rows_of]
    longest = max(map(len, answers))
    return np.vstack([np.pad(row, (0, longest - len(row)), constant_values=np.nan) for row in answers])


def _pieces(parameter: Parameter, tried: Sequence[Combination]) -> list[tuple[Any, Any, list[int]]]:
    """(least value, greatest value, the combinations) of each level."""
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
