"""How good is each candidate on one task, from that task's data alone?"""

from dataclasses import dataclass

import numpy as np

from selection.scoreboards.contrasts import Contrasts, paired_contrasts
from selection.scoreboards.task_table import Integers, TaskTable
from selection.scoreboards.two_way import Mask, Matrix, TwoWayFit, Vector, fit_two_way

PRIOR_FREEDOM = 4.0
"""A candidate's own variance is moved towards the pooled one as by so many families (Smyth 2004)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaskQuality:
    """Of those candidates that were measured on the task; shape (n_measured,)."""

    mean: Vector
    """On all of the task's families, those that a candidate was not asked filled in."""
    variance: Vector
    effect: Vector
    """`mean` less the level of the field."""
    effect_variance: Vector
    """Without what all share: that the cases happened to be easy."""
    n_cases: Integers
    contrasts: Contrasts


def task_quality(table: TaskTable) -> TaskQuality:
    """Return the additive fit of the table with standard errors by family."""
    fit = fit_two_way(table.values, table.measured, table.case_weights)
    counts = table.by_family(table.measured.astype(np.float64))
    measured = counts > 0
    n_families = measured.sum(axis=1).astype(np.float64)
    own = _corrected((table.by_family(fit.effect_influence) ** 2).sum(axis=1), n_families)
    effect_variance = _moderated(own, fit, n_families)
    variance = _corrected((table.by_family(fit.mean_influence) ** 2).sum(axis=1), n_families)
    variance = variance + np.maximum(effect_variance - own, 0.0) + _unlinked(fit)
    means = table.by_family(table.values * table.measured) / np.maximum(counts, 1)
    return TaskQuality(
        mean=fit.mean,
        variance=np.maximum(variance, _least_variance(means, measured)),
        effect=fit.effect,
        effect_variance=effect_variance,
        n_cases=table.measured.sum(axis=1),
        contrasts=paired_contrasts(table.values, table.measured, table.family_starts),
    )


def _corrected(squares: Vector, n_families: Vector) -> Vector:
    """For the mean that was taken from the same families; a single family is left as it is."""
    return squares * n_families / np.maximum(n_families - 1, 1)


def _moderated(own: Vector, fit: TwoWayFit, n_families: Vector) -> Vector:
    """Return the variance of each effect; few families are helped out by what the others' residuals say."""
    if not np.isfinite(fit.pooled_variance):
        return own
    freedom = n_families - 1
    return (freedom * own + PRIOR_FREEDOM * fit.pooled_variance * fit.unit_variance) / (freedom + PRIOR_FREEDOM)


def _unlinked(fit: TwoWayFit) -> Vector:
    """Return what is not known of the questions that neither a candidate nor anyone it is linked to was asked."""
    missing = 1.0 - fit.reach
    if not (missing > 1e-9).any():
        return np.zeros(len(missing))
    return np.asarray(2 * missing**2 * np.var(fit.mean, ddof=1), dtype=np.float64)


def _least_variance(means: Matrix, measured: Mask) -> Vector:
    """Return what four more families, two at either end, would leave (Agresti & Coull 1998, doi:10.2307/2685469).

    So ten right answers of ten are no certainty. The ends are 0 and 1 where nothing else occurs, else the 2.5th and
    97.5th percentile of what the candidates reached.
    """
    reached = means[measured]
    ends = np.array([0.0, 1.0]) if np.isin(reached, (0.0, 1.0)).all() else np.quantile(reached, (0.025, 0.975))
    n = measured.sum(axis=1)
    sums, squares = (means * measured).sum(axis=1), (means**2 * measured).sum(axis=1)
    sums, squares = sums + 2 * ends.sum(), squares + 2 * (ends**2).sum()
    return np.asarray(np.maximum(squares - sums**2 / (n + 4), 0.0) / (n + 4) ** 2, dtype=np.float64)
