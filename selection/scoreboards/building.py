"""From stored answers to what is known of each candidate on each task.

Repeats are averaged; an additive fit fills in the cases that a candidate was not asked; its effect on a task is pulled
towards its overall as far as chance may have made it (`selection.scoreboards.task_quality`), but never so far that two
candidates which the task's own cases tell apart change places.
"""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from evaluation.records.evidence import Evidence
from selection.scoreboard import Scoreboard, TaskStanding
from selection.scoreboards.contrasts import MIN_PAIRS, Contrasts
from selection.scoreboards.levels import at_places, levels_on_task
from selection.scoreboards.measured_costs import Means, grouped_means, grouped_quantiles
from selection.scoreboards.overall import over_all_tasks
from selection.scoreboards.pair_tests import tested_pairs
from selection.scoreboards.task_quality import Shrunk, TaskQuality, shrink, task_quality
from selection.scoreboards.task_table import TaskTable, task_tables
from selection.scoreboards.two_way import Integers, Mask, Matrix, Vector


def build_scoreboard(evidence: Evidence) -> Scoreboard:
    """Return the standings of all candidates on all tasks, and over all of them."""
    tables = tuple(task_tables(evidence))
    qualities = tuple(task_quality(table) for table in tables)
    n_candidates = len(evidence.candidates)
    shift, variance = _pulled(tables, qualities, n_candidates)
    ends = _ends(evidence.quality)
    standings = {
        table.task: _standing(evidence, table, quality, shift[:, place], variance[:, place], ends)
        for place, (table, quality) in enumerate(zip(tables, qualities, strict=True))
    }
    return Scoreboard(
        candidates=evidence.candidates,
        standings=standings,
        overall=over_all_tasks(tuple(standings.values()), n_candidates),
        fingerprint=evidence.fingerprint,
    )


def _ends(quality: Vector) -> tuple[float, float]:
    finite = quality[np.isfinite(quality)]
    fraction = not finite.size or (finite.min() >= 0 and finite.max() <= 1)
    return (0.0, 1.0) if fraction else (-np.inf, np.inf)


def _pulled(tables: Sequence[TaskTable], qualities: Sequence[TaskQuality], n_candidates: int) -> tuple[Matrix, Matrix]:
    """Return what shrinkage towards the overall adds to each mean, and the new variances; (n_candidates, n_tasks)."""
    effects, variances, means = (np.full((n_candidates, len(tables)), np.nan) for _ in range(3))
    for place, (table, quality) in enumerate(zip(tables, qualities, strict=True)):
        effects[table.candidates, place] = quality.effect
        variances[table.candidates, place] = quality.effect_variance
        means[table.candidates, place] = quality.variance
    shrunk = shrink(effects, variances, np.isfinite(effects))
    shift = np.where(shrunk.pull > 0, shrunk.pull * (shrunk.towards - effects), 0.0)
    for place, (table, quality) in enumerate(zip(tables, qualities, strict=True)):
        kept = ~_turned(quality, shift[table.candidates, place])
        shift[table.candidates[~kept], place] = 0.0
        shrunk.pull[table.candidates[~kept], place] = 0.0
    return shift, _variances(shrunk, variances, means)


def _turned(quality: TaskQuality, shift: Vector) -> Mask:
    """Return the candidates to leave unshrunk, so that no pair that the task's cases tell apart changes order."""
    n = len(shift)
    limit = NormalDist().inv_cdf(1 - 0.025 / max(n * (n - 1) / 2, 1))
    contrasts = quality.contrasts
    raw = quality.mean[:, None] - quality.mean
    clear = (contrasts.n_pairs >= MIN_PAIRS) & (contrasts.difference > limit * contrasts.se) & (raw > 0)
    stay = np.zeros(n, dtype=np.bool_)
    while True:
        now = np.where(stay, quality.mean, quality.mean + shift)
        turned = clear & (now[:, None] <= now)
        more = turned.any(axis=0) | turned.any(axis=1) | stay
        if (more == stay).all():
            return stay
        stay = more


def _variances(shrunk: Shrunk, effect_variances: Matrix, variances: Matrix) -> Matrix:
    change = np.where(shrunk.pull > 0, shrunk.variance_change(effect_variances), 0.0)
    return np.maximum(variances + change, 0.25 * variances)


def _standing(
    evidence: Evidence,
    table: TaskTable,
    quality: TaskQuality,
    shift: Vector,
    variance: Vector,
    ends: tuple[float, float],
) -> TaskStanding:
    n, place = len(evidence.candidates), table.candidates
    group = evidence.candidate[table.rows].astype(np.int64)
    latency_s, n_timed = grouped_quantiles(evidence.latency_s[table.rows], group, n)
    cost = _means(evidence.cost_usd, table, group, n)
    energy = _means(evidence.energy_j, table, group, n)
    contrasts = _of_all(quality.contrasts, place, n)
    measured = np.zeros(n, dtype=np.int64)
    measured[place] = quality.n_cases
    return TaskStanding(
        task=table.task,
        n_cases=table.values.shape[1],
        n_measured=measured,
        # Rounded, so that equal candidates are equal whatever the order in which they were summed.
        quality=np.round(at_places(quality.mean, place, n) + shift, 12),
        quality_se=np.sqrt(variance),
        difference=contrasts.difference,
        difference_se=contrasts.se,
        n_pairs=contrasts.n_pairs,
        latency_s=latency_s,
        n_timed=n_timed,
        cost_usd=cost.mean,
        cost_se=cost.se,
        energy_j=energy.mean,
        energy_se=energy.se,
        lowest=ends[0],
        highest=ends[1],
        n_cached=None
        if evidence.is_cached is None
        else np.bincount(group[evidence.is_cached[table.rows]], minlength=n),
        levels=levels_on_task(evidence, table, quality.mean, shift[place]),
        tests=tested_pairs(table, [candidate.label for candidate in evidence.candidates], contrasts),
    )


def _means(values: Vector, table: TaskTable, group: Integers, n: int) -> Means:
    return grouped_means(values[table.rows], group, table.family, n)


def _of_all(contrasts: Contrasts, place: Integers, n: int) -> Contrasts:
    """Return the contrasts of all candidates from those at `place`."""
    spread = Contrasts(
        np.full((n, n), np.nan), np.full((n, n), np.nan), np.zeros((n, n), dtype=np.int64), np.full((n, n), -1)
    )
    for whole, part in zip(spread, contrasts, strict=True):
        whole[np.ix_(place, place)] = part
    return spread
