"""Overall results of candidates over all tasks, each task counting alike."""

from collections.abc import Sequence

import numpy as np

from selection.scoreboard import TaskStanding
from selection.scoreboards.contrasts import MIN_PAIRS
from selection.scoreboards.levels import levels_over_tasks
from selection.scoreboards.measured_costs import Means, mixed_quantiles
from selection.scoreboards.pair_tests import tests_over_tasks
from selection.scoreboards.two_way import Integers, Mask, Matrix, Vector, fit_two_way

FEW_CASES = 10
"""Number of cases below which a task says nothing of the whole, unless there is no other task."""
ALL_TASKS = "all tasks"


def over_all_tasks(standings: Sequence[TaskStanding], n_candidates: int) -> TaskStanding:
    """Return the mean over the tasks; a task without measurements of a candidate is filled in by the additive fit."""
    counted = [standing for standing in standings if standing.n_measured.max(initial=0) >= FEW_CASES] or list(standings)
    quality, quality_se = _quality(counted, n_candidates)
    difference, difference_se, n_pairs = _differences(counted, n_candidates)
    cost = _mean_of_means([Means(standing.cost_usd, standing.cost_se) for standing in counted], n_candidates)
    energy = _mean_of_means([Means(standing.energy_j, standing.energy_se) for standing in counted], n_candidates)
    timed = _stacked([standing.n_timed for standing in counted], (n_candidates,))
    return TaskStanding(
        task=ALL_TASKS,
        n_cases=sum(standing.n_cases for standing in counted),
        n_measured=_stacked([standing.n_measured for standing in counted], (n_candidates,))
        .sum(axis=0)
        .astype(np.int64),
        quality=quality,
        quality_se=quality_se,
        difference=difference,
        difference_se=difference_se,
        n_pairs=n_pairs,
        latency_s=mixed_quantiles(
            _stacked([standing.latency_s for standing in counted], (n_candidates, 101)), timed.astype(int)
        ),
        n_timed=timed.sum(axis=0).astype(np.int64),
        cost_usd=cost.mean,
        cost_se=cost.se,
        energy_j=energy.mean,
        energy_se=energy.se,
        lowest=min((standing.lowest for standing in standings), default=0.0),
        highest=max((standing.highest for standing in standings), default=1.0),
        n_cached=np.sum(
            [standing.n_cached for standing in counted if standing.n_cached is not None], axis=0, dtype=np.int64
        )
        if any(standing.n_cached is not None for standing in counted)
        else None,
        levels=levels_over_tasks(counted, quality),
        tests=tests_over_tasks(counted, difference, difference_se, n_pairs),
    )


def _stacked(parts: Sequence[Matrix | Vector | Integers], shape: tuple[int, ...]) -> Matrix:
    return np.stack(parts).astype(np.float64) if parts else np.zeros((0, *shape))


def _quality(standings: Sequence[TaskStanding], n_candidates: int) -> tuple[Vector, Vector]:
    quality, se = np.full((2, n_candidates), np.nan)
    means = _stacked([standing.quality for standing in standings], (n_candidates,)).T
    errors = _stacked([standing.quality_se for standing in standings], (n_candidates,)).T
    measured = np.isfinite(means)
    rows = measured.any(axis=1)
    if rows.any():
        fit = fit_two_way(means[rows], measured[rows], np.ones(len(standings)))
        quality[rows] = np.round(fit.mean, 12)
        se[rows] = np.sqrt(_variances(errors[rows], measured[rows], fit.pooled_variance))
    return quality, se


def _variances(errors: Matrix, measured: Mask, between: float) -> Vector:
    """Return the error of the measured tasks' mean, and of the filled-in tasks."""
    n_tasks = measured.sum(axis=1)
    own = np.where(measured, errors**2, 0.0).sum(axis=1) / n_tasks**2
    filled = 1.0 - n_tasks / measured.shape[1]
    return np.asarray(own + filled * (between if np.isfinite(between) else 0.0) / n_tasks, dtype=np.float64)


def _differences(standings: Sequence[TaskStanding], n: int) -> tuple[Matrix, Matrix, Integers]:
    """Return the mean difference over the tasks on which two have enough common families."""
    pairs = _stacked([standing.n_pairs for standing in standings], (n, n))
    usable = pairs >= MIN_PAIRS
    count = usable.sum(axis=0)
    values = np.where(usable, _stacked([standing.difference for standing in standings], (n, n)), 0.0).sum(axis=0)
    squares = np.where(usable, _stacked([standing.difference_se for standing in standings], (n, n)) ** 2, 0.0).sum(
        axis=0
    )
    some = np.maximum(count, 1)
    compared = count > 0
    difference = np.where(compared, values / some, np.nan)
    se = np.where(compared, np.sqrt(squares) / some, np.nan)
    n_pairs = np.where(usable, pairs, 0.0).sum(axis=0)
    np.fill_diagonal(n_pairs, np.diagonal(pairs.sum(axis=0)))
    return difference, se, n_pairs.astype(np.int64)


def _mean_of_means(parts: Sequence[Means], n: int) -> Means:
    means, errors = (_stacked([part[place] for part in parts], (n,)) for place in (0, 1))
    finite = np.isfinite(means)
    count = finite.sum(axis=0)
    some = np.maximum(count, 1)
    mean = np.where(count > 0, np.where(finite, means, 0.0).sum(axis=0) / some, np.nan)
    se = np.sqrt(np.where(finite, errors**2, 0.0).sum(axis=0)) / some
    return Means(mean, np.where(count > 0, se, np.nan))
