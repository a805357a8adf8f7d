"""Evidence written as a table: a row for each candidate, a column for each case, NaN where it was not asked."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.records.evidence import Choosable, Evidence, EvidenceCase
from selection.scoreboard import TaskStanding


def named(name: str, **facts: Any) -> Choosable:
    """A candidate of that name."""
    return Choosable(key=f"key-{name}", label=name, model=name, **facts)


def scored(
    quality: ArrayLike,
    *,
    tasks: Sequence[str] | None = None,
    families: Sequence[str] | None = None,
    candidates: Sequence[Choosable] | None = None,
    latency_s: ArrayLike = np.nan,
    cost_usd: ArrayLike = np.nan,
    energy_j: ArrayLike = np.nan,
) -> Evidence:
    """Evidence of one answer for each number of the table; what an answer took broadcasts against it."""
    table = np.asarray(quality, dtype=np.float64)
    n_candidates, n_cases = table.shape
    candidate, case = np.nonzero(np.isfinite(table))
    tasks, families = tasks or ["qa"] * n_cases, families or [str(place) for place in range(n_cases)]
    return Evidence(
        candidates=tuple(candidates or [named("abcdefghijklmnop"[place]) for place in range(n_candidates)]),
        cases=tuple(
            EvidenceCase(task=task, yardstick=f"{task} 1", case_id=str(place), family=family)
            for place, (task, family) in enumerate(zip(tasks, families, strict=True))
        ),
        candidate=candidate.astype(np.int32),
        case=case.astype(np.int32),
        quality=table[candidate, case],
        latency_s=_taken(latency_s, table)[candidate, case],
        cost_usd=_taken(cost_usd, table)[candidate, case],
        energy_j=_taken(energy_j, table)[candidate, case],
        fingerprint="of a table",
    )


def _taken(values: ArrayLike, table: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.broadcast_to(np.asarray(values, dtype=np.float64), table.shape)


def standing_of(quality: ArrayLike, *, n_cases: int = 200, se: float = 0.03, pair_se: float = 0.02) -> TaskStanding:
    """A standing with these qualities, alike in everything else and never timed."""
    mean = np.asarray(quality, dtype=np.float64)
    n = mean.size
    unknown = np.full(n, np.nan)
    return TaskStanding(
        task="qa",
        n_cases=n_cases,
        n_measured=np.full(n, n_cases),
        quality=mean,
        quality_se=np.full(n, se),
        difference=mean[:, None] - mean,
        difference_se=np.full((n, n), pair_se),
        n_pairs=np.full((n, n), n_cases),
        latency_s=np.full((n, 101), np.nan),
        n_timed=np.zeros(n, dtype=np.int64),
        cost_usd=unknown,
        cost_se=unknown,
        energy_j=unknown,
        energy_se=unknown,
    )
