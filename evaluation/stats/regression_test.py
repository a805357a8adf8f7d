"""Regression test: whether the newest run scores lower than chance explains, given earlier runs.

Runs are compared on the cases that they share. If the newest run is like the others, any of a case's values could be
the newest run's. The sum of the newest run's values then has a distribution that follows from the values alone: one
value is drawn of each case, independently. p is the exact probability of a sum as low as the observed one, whatever the
values and however many of them each case has. With one earlier run and right or wrong answers this is McNemar's exact
test, one-sided.

With right and wrong answers in several runs, a case weighs more the more consistent its answers are: a wrong answer
tells more where all other runs were right than where their answers vary. The weight is the logarithm of the likelihood
ratio of a drop in which each right answer turns wrong with probability `FALL`; it depends on how many of a case's
answers are right, whichever runs they belong to, so p stays exact.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd, log

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import ConfigurationError

MOST_SUMS = 20_000
"""Distinct sums at most; scores are rounded to stay within it, and p is exact for the rounded scores."""
FALL = 0.1
"""Chance of each right answer to turn wrong under the alternative that defines the weights."""
_WEIGHT_STEP = 0.05
_ROUNDING = 1e-12
Values = tuple[float, ...]
"""Values of one case, the newest run's first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """Comparison of a run with earlier ones, on the cases that it shares with any of them."""

    n_cases: int
    n_worse: int
    """Cases on which it scores below the mean of the earlier runs."""
    n_better: int
    p_value: float
    """One-sided p-value; small if the new run scores too low."""
    value: float
    """Mean of the new run."""
    usual: float
    """Mean of the earlier runs' case means."""

    @property
    def difference(self) -> float:
        """Its mean less the usual one."""
        return self.value - self.usual


def newcomer(newest: Sequence[float], earlier: Sequence[Sequence[float]]) -> Newcomer:
    """Return how low the newest values are in the distribution of the earlier ones.

    Args:
        newest: A value for each case; higher is better.
        earlier: For each of the same cases at least one value of earlier runs.

    Raises:
        ConfigurationError: there is no case, or a case has no earlier value.
    """
    if not newest or len(newest) != len(earlier) or not all(earlier):
        raise ConfigurationError("no earlier runs to compare with", "Give earlier values for each of its cases")
    usual = [sum(values) / len(values) for values in earlier]
    return Newcomer(
        n_cases=len(newest),
        n_worse=sum(value < mean - _ROUNDING for value, mean in zip(newest, usual, strict=True)),
        n_better=sum(value > mean + _ROUNDING for value, mean in zip(newest, usual, strict=True)),
        value=sum(newest) / len(newest),
        usual=sum(usual) / len(usual),
        p_value=_lower_tail([(value, *rest) for value, rest in zip(newest, earlier, strict=True)]),
    )


def _lower_tail(cases: Sequence[Values]) -> float:
    """Return the probability that the sum of one value of each case, drawn uniformly, is as low as the first ones'."""
    varying = [values for values in cases if min(values) < max(values)]
    is_binary = all(value in (0, 1) for values in varying for value in values)
    grid = [_weighted(values) for values in varying] if is_binary else _on_grid(varying)
    seen = sum(places[0] for places in grid)
    chances = np.ones(1)
    # Right and wrong answers make few kinds of cases: those of a kind are taken together.
    for kind, n_alike in Counter(tuple(sorted(places)) for places in grid).items():
        chances = _drawn_once_more(chances, kind) if n_alike == 1 else np.convolve(chances, _drawn(kind, n_alike))
    return min(1.0, float(chances[: seen + 1].sum()))


def _weighted(values: Values) -> tuple[int, ...]:
    """Return a case's right and wrong answers, times the evidence that a wrong one gives of a fall, in whole steps."""
    right = (sum(values) + 0.5) / (len(values) + 1)
    weight = log((1 + FALL * right / (1 - right)) / (1 - FALL))
    return tuple(round(weight / _WEIGHT_STEP) * int(value) for value in values)


def _drawn_once_more(chances: NDArray[np.float64], places: Sequence[int]) -> NDArray[np.float64]:
    """Return the probability of each sum after one more draw."""
    longer = np.zeros(chances.size + max(places))
    for place in places:
        longer[place : place + chances.size] += chances
    return longer / len(places)


def _drawn(places: Sequence[int], n_draws: int) -> NDArray[np.float64]:
    """Return the probability of each sum of so many draws.

    All are positive, so that small ones are as exact as large ones.
    """
    if n_draws == 1:
        return _drawn_once_more(np.ones(1), places)
    half = _drawn(places, n_draws // 2)
    both = np.convolve(half, half)
    return _drawn_once_more(both, places) if n_draws % 2 else both


def _on_grid(cases: Sequence[Values]) -> list[tuple[int, ...]]:
    """Return each case's values as whole steps above its lowest one, with as few steps as represent them exactly."""
    if not cases:
        return []
    widest = max(max(values) - min(values) for values in cases)
    steps = max(1, MOST_SUMS // len(cases))
    # 60 steps hold halves, thirds, quarters and fifths: means of so many repeats stay as they are.
    steps = steps // 60 * 60 or steps
    grid = [tuple(round((value - min(values)) / widest * steps) for value in values) for values in cases]
    step = gcd(*(place for places in grid for place in places)) or 1
    return [tuple(place // step for place in places) for places in grid if any(places)]
