"""Expected quality, latency, cost and energy of every candidate for one question, with intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from evaluation.records.evidence import Choosable
from selection.answers import Expected
from selection.choosing.calibrated_quality import calibrated
from selection.scoreboard import Deviations, TaskStanding
from selection.scoreboards.student import t_limit
from selection.scoreboards.two_way import Matrix, Vector

_UNSEEN = 0.025
"""Probability of being wrong above which an end of a 95 % interval is left open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlays:
    """Latency, cost and energy of answers at one percentile, one entry for each candidate; None where not measured."""

    latency_s: tuple[Expected | None, ...]
    """Latency at the percentile, with the distribution-free interval between two order statistics."""
    cost_per_1k: tuple[Expected | None, ...]
    energy_j: tuple[Expected | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Known values, one for each candidate; NaN where unknown."""

    percentile: float
    n_measured: list[int]
    quality: list[float]
    """Quality by which candidates are ranked."""
    told: list[float]
    """What is reported of it, and compared with the constraints."""
    latency_s: list[float]
    """Latency at the percentile."""
    n_timed: list[int]
    n_cached: list[int]
    """Number of answers without a timing here, since their prompts were in a server's cache."""
    cost_per_1k: list[float]
    energy_j: list[float]
    memory_gb: list[float]
    outlays: Outlays


def facts_of(
    standing: TaskStanding, candidates: Sequence[Choosable], percentile: float, deviations: Deviations | None
) -> Facts:
    """Return the standing's values, with the prompt's deviations added to the quality, within its bounds."""
    quality = standing.quality if deviations is None else standing.quality + deviations.value
    quality = quality.clip(standing.lowest, standing.highest)
    outlays = outlays_of(standing, percentile)
    return Facts(
        percentile=percentile,
        n_measured=standing.n_measured.tolist(),
        quality=quality.tolist(),
        told=calibrated(quality, None if deviations is None else deviations.told).tolist(),
        latency_s=_values(outlays.latency_s),
        n_timed=standing.n_timed.tolist(),
        n_cached=[0] * len(candidates) if standing.n_cached is None else standing.n_cached.tolist(),
        cost_per_1k=_values(outlays.cost_per_1k),
        energy_j=_values(outlays.energy_j),
        memory_gb=[
            math.nan if candidate.memory_bytes is None else candidate.memory_bytes / 1e9 for candidate in candidates
        ],
        outlays=outlays,
    )


def _values(expected: tuple[Expected | None, ...]) -> list[float]:
    return [math.nan if estimate is None else estimate.value for estimate in expected]


@lru_cache(maxsize=64)
def outlays_of(standing: TaskStanding, percentile: float) -> Outlays:
    """Return latency, cost and energy with intervals; cached, since standings never change and questions repeat."""
    timed = standing.n_timed
    ends = np.array([_shares(n, percentile) for n in timed.tolist()]).reshape(-1, 2)
    middle, below, above = (_quantiles(standing.latency_s, share) for share in (percentile, *ends.T))
    columns = (middle.tolist(), below.tolist(), above.tolist(), timed.tolist())
    return Outlays(
        latency_s=tuple(_latency(*row) for row in zip(*columns, strict=True)),
        cost_per_1k=_means(1000 * standing.cost_usd, 1000 * standing.cost_se, standing),
        energy_j=_means(standing.energy_j, standing.energy_se, standing),
    )


def _latency(value: float, low: float, high: float, n_timed: int) -> Expected | None:
    """Return the latency; an end of its interval is open where too few answers determine it."""
    if math.isnan(value):
        return None
    ends = [None if math.isnan(end) else end for end in (low, high)]
    return Expected(value=value, low=ends[0], high=ends[1], n_cases=n_timed)


def _means(values: Vector, errors: Vector, standing: TaskStanding) -> tuple[Expected | None, ...]:
    """Return means of a quantity that is never below zero, with Student's interval."""
    families, measured = standing.n_pairs.diagonal().tolist(), standing.n_measured.tolist()
    rows = zip(values.tolist(), errors.tolist(), measured, families, strict=True)
    return tuple(
        None if math.isnan(value) else _between(value, t_limit(n_families - 1) * se, n_cases, 0.0, math.inf)
        for value, se, n_cases, n_families in rows
    )


def expected_quality(
    standing: TaskStanding, facts: Facts, deviations: Deviations | None, places: Sequence[int]
) -> list[Expected]:
    """Return the expected quality of the candidates at `places`, within the metric's bounds."""
    variance = standing.quality_se**2
    if deviations is not None:
        variance = variance + deviations.se**2
    errors, families = np.sqrt(variance).tolist(), standing.n_pairs.diagonal().tolist()
    ends = standing.lowest, standing.highest
    return [_between(facts.told[i], t_limit(families[i] - 1) * errors[i], facts.n_measured[i], *ends) for i in places]


def _between(value: float, reach: float, n_cases: int, lowest: float, highest: float) -> Expected:
    """Return `value` ± `reach` within the bounds; without ends where the reach is unknown."""
    value = min(max(value, lowest), highest)
    if not math.isfinite(reach):
        return Expected(value=value, low=None, high=None, n_cases=n_cases)
    return Expected(value=value, low=max(value - reach, lowest), high=min(value + reach, highest), n_cases=n_cases)


def tail_is_unseen(facts: Facts, place: int) -> bool:
    """Return whether less than one answer on average lies beyond the percentile."""
    n = facts.n_timed[place]
    return 0 < n < (1 - 1e-9) / (1 - facts.percentile)


@lru_cache(maxsize=4096)
def _shares(n: int, share: float) -> tuple[float, float]:
    """Return between which of n sorted answers the quantile lies in 95 % of samples, as shares from first to last.

    NaN: not even the outermost answer is far enough out in all but 2.5 % of them. The number of answers below the
    quantile is binomial (David & Nagaraja 2003, section 7.1).
    """
    if n < 2:
        return math.nan, math.nan
    below = np.cumsum(_binomial(n, share))
    low = int(np.searchsorted(below, _UNSEEN, side="right"))
    high = int(np.searchsorted(below, 1 - _UNSEEN)) + 1
    return (low - 1) / (n - 1) if low >= 1 else math.nan, (high - 1) / (n - 1) if high <= n else math.nan


def _binomial(n: int, share: float) -> Vector:
    """Return the probability of each number from 0 to n."""
    logs = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, n + 1)))))
    k = np.arange(n + 1)
    return np.asarray(np.exp(logs[n] - logs - logs[::-1] + k * math.log(share) + (n - k) * math.log1p(-share)))


def _quantiles(table: Matrix, share: float | Vector) -> Vector:
    """Return each row's quantile, interpolated between the stored hundredths; NaN where the share is NaN."""
    exact = np.minimum(np.round(np.asarray(share) * 100, 9), 100.0)
    place = np.broadcast_to(np.nan_to_num(exact), len(table))
    below = np.minimum(place.astype(np.int64), 99)
    rows = np.arange(len(table))
    low, high = table[rows, below], table[rows, below + 1]
    return np.asarray(np.where(np.isnan(exact), np.nan, low + (place - below) * (high - low)), dtype=np.float64)
