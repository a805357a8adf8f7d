"""Scores of all candidates on the cases of a race, in the order in which the cases are asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Scores from 0, the metric's worst value, to 1, its best; NaN for a missing score."""

    values: NDArray[np.float64]
    """Shape (n_cases, n_candidates): cases in the order of the race, candidates in that of its runners."""
    span: float = 1.0
    """A difference of 1 in the metric's unit."""
    worst: float = 0.0
    """The value 0 in the metric's unit."""
    higher_is_better: bool = True

    def first(self, n_cases: int) -> "Grid":
        """Return the scores on the first cases only."""
        return replace(self, values=self.values[:n_cases])

    def in_unit(self, score: float) -> float:
        """Return a score in the metric's unit."""
        return self.worst + score * self.span * (1 if self.higher_is_better else -1)

    def means(self) -> NDArray[np.float64]:
        """Return each candidate's mean over the cases on which it has a score; NaN where there is none."""
        counts = np.isfinite(self.values).sum(axis=0)
        sums = np.nansum(self.values, axis=0)
        return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

    def counts(self) -> NDArray[np.int64]:
        """Return the number of cases on which each candidate has a score."""
        counts: NDArray[np.int64] = np.isfinite(self.values).sum(axis=0).astype(np.int64)
        return counts

    def differences(self, first: int, second: int) -> NDArray[np.float64]:
        """Return the score of `first` less that of `second` on every case that has both."""
        gains = self.values[:, first] - self.values[:, second]
        return gains[np.isfinite(gains)]


def grid_of(
    scores: Sequence[Mapping[str, float]],
    order: Sequence[str],
    *,
    value_range: tuple[float, float],
    higher_is_better: bool = True,
) -> Grid:
    """Return the scores of each candidate by case, in the order of the race.

    Args:
        scores: One mapping for each candidate; a case that is not in it has no score.
        order: Ids of the cases.
        value_range: Least and greatest value of the metric.
        higher_is_better: False reverses the scale.

    Raises:
        ConfigurationError: a score lies outside of the metric's bounds.
    """
    low, high = value_range
    table = [[scored.get(case_id, np.nan) for scored in scores] for case_id in order]
    values = np.array(table, dtype=np.float64).reshape(len(order), len(scores))
    scaled = (values - low) / (high - low)
    if np.nanmin(scaled, initial=0.0) < -1e-9 or np.nanmax(scaled, initial=1.0) > 1 + 1e-9:
        raise ConfigurationError(f"a score lies outside of {low:g} to {high:g}, the range that the metric names")
    return Grid(
        values=np.clip(scaled if higher_is_better else 1 - scaled, 0.0, 1.0),
        span=high - low,
        worst=low if higher_is_better else high,
        higher_is_better=higher_is_better,
    )
