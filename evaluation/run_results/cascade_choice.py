"""The threshold of a cascade with the best mean quality, and what choosing it in this way gives on other cases.

The best of many thresholds looks better on the cases on which it was chosen than it is. The cases are therefore split
into folds: the threshold is chosen on all folds but one and measured on that one, fold by fold (Stone 1974).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.results.cascade_curves import CascadeChoice
from evaluation.results.estimates import MetricEstimate
from evaluation.stats.intervals import mean_estimate

N_FOLDS = 5
LEAST_UNITS = 20
"""Cases, or clusters, below which no threshold is named: a fold would hold fewer than four."""
_TIE = 1e-12
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveTable:
    """A curve, case by case."""

    thresholds: tuple[float | None, ...]
    """By rising share escalated."""
    quality: Numbers
    """Shape (n_thresholds, n_cases); without NaN."""
    escalated: Numbers
    """Share of each case's answers that are escalated; the same shape."""
    units: tuple[str, ...]
    """Cluster of each case, or its id: what a fold never splits."""
    has_clusters: bool
    higher_is_better: bool
    value_range: tuple[float, float]


def chosen_threshold(table: CurveTable, *, seed: int) -> CascadeChoice | None:
    """Return the threshold of the best mean; None with fewer than two thresholds, or too few cases.

    Args:
        table: The curve.
        seed: Of the split into folds.
    """
    names = sorted(set(table.units))
    if len(table.thresholds) < 2 or len(names) < LEAST_UNITS:
        return None
    shuffled = np.random.default_rng(seed).permutation(len(names))
    fold_of = {name: int(place) % N_FOLDS for name, place in zip(names, shuffled, strict=True)}
    folds = np.array([fold_of[unit] for unit in table.units])
    held_out, shares = np.zeros(len(table.units)), np.zeros(len(table.units))
    for fold in range(N_FOLDS):
        here = folds == fold
        place = _best(table, ~here)
        held_out[here], shares[here] = table.quality[place][here], table.escalated[place][here]
    place = _best(table, np.ones(len(folds), dtype=bool))
    return CascadeChoice(
        threshold=table.thresholds[place],
        quality=_estimate(table, table.quality[place]),
        validated_quality=_estimate(table, held_out),
        validated_share_escalated=float(shares.mean()),
        n_folds=N_FOLDS,
    )


def _best(table: CurveTable, cases: NDArray[np.bool_]) -> int:
    """Return the place of the best mean over some cases; among equal ones the first, which escalates least."""
    weights = _weights([unit for unit, is_in in zip(table.units, cases, strict=True) if is_in])
    means = table.quality[:, cases] @ weights
    gains = means if table.higher_is_better else -means
    return int(np.flatnonzero(gains >= gains.max() - _TIE)[0])


def _weights(units: Sequence[str]) -> Numbers:
    """Return the weight of each case: clusters count alike, as in the estimates of a run."""
    sizes = {unit: units.count(unit) for unit in set(units)} if len(set(units)) < len(units) else {}
    weights = [1 / sizes.get(unit, 1) for unit in units]
    return np.array(weights) / sum(weights)


def _estimate(table: CurveTable, values: Numbers) -> MetricEstimate:
    clusters = table.units if table.has_clusters else None
    return MetricEstimate.of(mean_estimate(values.tolist(), clusters=clusters, value_range=table.value_range))
