"""Quality of each candidate on one task, from that task's data alone.

Empirical Bayes: effect of candidate c on task t ~ N(overall of c, tau² + se²), pulled towards the overall by
`se² / (se² + tau²)`. tau² by adjusted density maximisation (Morris & Tang 2011, doi:10.1214/10-STS344): the restricted
likelihood times tau², so that it is never estimated as zero and no task is ever pulled all the way. And no effect is
pulled by more than 1.5 of its standard errors (Efron & Morris 1972, doi:10.1080/01621459.1972.10481215): where one
candidate shines at one task and all else is alike, that is kept, at a twentieth of what the pull saves.
"""

from dataclasses import dataclass

import numpy as np

from selection.scoreboards.contrasts import Contrasts, paired_contrasts
from selection.scoreboards.task_table import TaskTable
from selection.scoreboards.two_way import Integers, Mask, Matrix, TwoWayFit, Vector, fit_two_way

LONGEST_PULL = 1.5
"""Maximum shift in standard errors."""
_GRID = np.geomspace(1e-4, 1e2, 121)
"""Grid of tau² as multiples of the median se²."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shrunk:
    """Effects after shrinkage; shape (n_candidates, n_tasks) unless stated otherwise."""

    pull: Matrix
    """0: the task's own data alone; 1: the overall alone. 0 where nothing was measured."""
    towards: Matrix
    """Overall of the candidate on the task's level."""
    towards_variance: Vector
    """Variance of each candidate's overall as an estimate, shape (n_candidates,)."""
    tau2: float
    """Variance of candidates' true effects between tasks; 0 where no candidate has two tasks."""

    def variance_change(self, variance: Matrix) -> Matrix:
        """Return what shrinkage adds to an effect's variance, mostly less than zero."""
        return self.pull**2 * self.towards_variance[:, None] - self.pull * variance


def shrink(effects: Matrix, variances: Matrix, measured: Mask) -> Shrunk:
    """Return how far to shrink each effect, and towards what.

    Args:
        effects: Difference to the task's level, shape (n_candidates, n_tasks).
        variances: Variances of the effects as estimates.
        measured: Where there is an effect.
    """
    usable = measured & np.isfinite(variances) & (variances > 0)
    several = usable & (usable.sum(axis=1, keepdims=True) > 1)
    if not several.any():
        return _unmoved(effects, np.where(usable, variances, np.nan))
    tasks, rows = several.any(axis=0), several.any(axis=1)
    level = np.zeros(effects.shape[1])
    level[tasks] = _task_levels(effects[rows][:, tasks], several[rows][:, tasks])
    centred = np.where(several, effects - level, 0.0)
    tau2 = _between_variance(centred, variances, several)
    weight = np.where(several, 1 / (np.where(several, variances, 1.0) + tau2), 0.0)
    total = weight.sum(axis=1)
    overall = np.divide((weight * centred).sum(axis=1), total, out=np.zeros(len(total)), where=total > 0)
    pull = np.where(several, variances / (np.where(several, variances, 1.0) + tau2), 0.0)
    towards_variance = np.divide(1.0, total, out=np.zeros(len(total)), where=total > 0)
    distance = np.abs(centred - overall[:, None])
    allowed = LONGEST_PULL * np.sqrt(np.where(several, variances, 0.0))
    pull = np.where(pull * distance > allowed, np.divide(allowed, distance, where=distance > 0, out=pull.copy()), pull)
    return Shrunk(pull=pull, towards=overall[:, None] + level, towards_variance=towards_variance, tau2=tau2)


def _unmoved(effects: Matrix, variances: Matrix) -> Shrunk:
    nothing = np.zeros(effects.shape)
    return Shrunk(pull=nothing, towards=nothing, towards_variance=np.zeros(len(variances)), tau2=0.0)


def _task_levels(effects: Matrix, measured: Mask) -> Vector:
    """Return how strong each task's own candidates are: effects are relative to those measured there."""
    return fit_two_way(effects, measured, np.ones(effects.shape[1])).column


def _between_variance(centred: Matrix, variances: Matrix, measured: Mask) -> float:
    """Return the tau² that maximises the restricted likelihood times tau²; each candidate has a mean of its own."""
    rows = measured.any(axis=1)
    centred, variances, measured = centred[rows], variances[rows], measured[rows]
    tau2 = _GRID * float(np.median(variances[measured]))
    filled = np.where(measured, variances, 1.0)
    total = filled + tau2[:, None, None]
    weight = measured / total
    sums = weight.sum(axis=2)
    mean = (weight * centred).sum(axis=2) / sums
    misfit = (weight * (centred - mean[:, :, None]) ** 2).sum(axis=(1, 2))
    log_determinant = np.where(measured, np.log(total), 0.0).sum(axis=(1, 2)) + np.log(sums).sum(axis=1)
    return float(tau2[np.argmax(np.log(tau2) - 0.5 * (misfit + log_determinant))])


PRIOR_FREEDOM = 4.0
"""Number of families by which a candidate's own variance is moved towards the pooled one (Smyth 2004)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaskQuality:
    """Quality of the candidates measured on the task; shape (n_measured,)."""

    mean: Vector
    """Mean over all of the task's families; those that a candidate was not asked are filled in."""
    variance: Vector
    effect: Vector
    """`mean` minus the level of all candidates."""
    effect_variance: Vector
    """Variance without the part that all share: that the cases happened to be easy."""
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
    """Correct for the mean taken from the same families; a single family is left as it is."""
    return squares * n_families / np.maximum(n_families - 1, 1)


def _moderated(own: Vector, fit: TwoWayFit, n_families: Vector) -> Vector:
    """Return the variance of each effect, which borrows strength from the others' residuals for few families."""
    if not np.isfinite(fit.pooled_variance):
        return own
    freedom = n_families - 1
    return (freedom * own + PRIOR_FREEDOM * fit.pooled_variance * fit.unit_variance) / (freedom + PRIOR_FREEDOM)


def _unlinked(fit: TwoWayFit) -> Vector:
    """Return the variance from questions that neither a candidate nor any one linked to it was asked."""
    missing = 1.0 - fit.reach
    if not (missing > 1e-9).any():
        return np.zeros(len(missing))
    return np.asarray(2 * missing**2 * np.var(fit.mean, ddof=1), dtype=np.float64)


def _least_variance(means: Matrix, measured: Mask) -> Vector:
    """Return the variance after adding four families, two at either end (Agresti & Coull 1998, doi:10.2307/2685469).

    So ten right answers of ten are no certainty. The ends are 0 and 1 where nothing else occurs, else the 2.5th and
    97.5th percentile of the candidates' qualities.
    """
    reached = means[measured]
    ends = np.array([0.0, 1.0]) if np.isin(reached, (0.0, 1.0)).all() else np.quantile(reached, (0.025, 0.975))
    n = measured.sum(axis=1)
    sums, squares = (means * measured).sum(axis=1), (means**2 * measured).sum(axis=1)
    sums, squares = sums + 2 * ends.sum(), squares + 2 * (ends**2).sum()
    return np.asarray(np.maximum(squares - sums**2 / (n + 4), 0.0) / (n + 4) ** 2, dtype=np.float64)
