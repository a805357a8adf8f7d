"""Asked the same cases as several earlier runs, is the newest run worse than chance makes one of them?

Were it like the others, then of a case's values any one could be the newest run's. So the sum of the newest run's
values has a distribution that follows from the values alone: of each case one is drawn, independently. p is the chance
of a sum as low as was seen, exactly, whatever the values and however many of them each case has. Of one earlier run
and right or wrong answers that is McNemar's exact test, one-sided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import gcd

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import ConfigurationError

MOST_SUMS = 20_000
"""Different sums that are told apart; scores are rounded so that there are no more, and p stays exact for these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A run against earlier ones, on the cases that it shares with any of them."""

    n_cases: int
    n_worse: int
    """Cases on which it lies below the mean of the earlier runs."""
    n_better: int
    value: float
    """Its mean."""
    usual: float
    """The mean of the earlier runs' case means."""
    p_value: float
    """One-sided: small where it is too low."""

    @property
    def difference(self) -> float:
        """Its mean less the usual one."""
        return self.value - self.usual


def newcomer(newest: Sequence[float], earlier: Sequence[Sequence[float]]) -> Newcomer:
    """How low the newest values are among the earlier ones.

    Args:
        newest: A value for each case; higher is better.
        earlier: For each of the same cases at least one value of earlier runs.

    Raises:
        ConfigurationError: there is no case, or a case has no earlier value.
    """
    if not newest or len(newest) != len(earlier) or not all(earlier):
        raise ConfigurationError("there is nothing to hold a run against", "give earlier values for each of its cases")
    usual = np.array([np.mean(values) for values in earlier])
    values = np.asarray(newest, dtype=np.float64)
    return Newcomer(
        n_cases=len(newest),
        n_worse=int((values < usual - 1e-12).sum()),
        n_better=int((values > usual + 1e-12).sum()),
        value=float(values.mean()),
        usual=float(usual.mean()),
        p_value=_lower_tail([np.array([value, *rest]) for value, rest in zip(newest, earlier, strict=True)]),
    )


def _lower_tail(cases: Sequence[NDArray[np.float64]]) -> float:
    """The chance of a sum of one value of each case, drawn evenly, as low as the sum of their first ones."""
    grid = _on_grid([values for values in cases if np.ptp(values) > 0])
    if not grid:
        return 1.0
    chances = np.ones(1)
    for places in grid:
        longer = np.zeros(chances.size + int(places.max()))
        for place in places:
            longer[place : place + chances.size] += chances
        chances = longer / places.size
    seen = sum(int(places[0]) for places in grid)
    return min(1.0, float(chances[: seen + 1].sum()))


def _on_grid(cases: Sequence[NDArray[np.float64]]) -> list[NDArray[np.int64]]:
    """Each case's values as whole steps above its lowest one, as few steps as say the same."""
    if not cases:
        return []
    widest = max(float(np.ptp(values)) for values in cases)
    steps = max(1, MOST_SUMS // len(cases))
    # 60 steps hold halves, thirds, quarters and fifths: means of so many repeats stay as they are.
    steps = steps // 60 * 60 or steps
    grid = [np.rint((values - values.min()) / widest * steps).astype(np.int64) for values in cases]
    step = reduce(gcd, (int(place) for places in grid for place in places), 0) or 1
    return [places // step for places in grid if places.any()]
