"""Which candidates cannot be told from the best one?

Paired contrasts of the best with every other, Student's t, adjusted by Holm (1979) over those compared. No test of
fewer than six pairs can reach 5 %, and none is believed beyond what the signs of n pairs could show, 2 / 2ⁿ.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from selection.choosing.student import two_sided_p_value
from selection.scoreboard import Deviations, TaskStanding
from selection.standing.contrasts import MIN_PAIRS

ALPHA = 0.05
TEST = "paired t over all measured runs, Holm"
"""What gives its p-values. They are of the utility, and of every run of a candidate; those of `benchwright compare` are
of one run's cases, by the exact test of their kind."""


class Contrast(NamedTuple):
    """The best less another."""

    difference: float | None
    """Of the quality, on what both were asked; None: they share nothing."""
    gap: float | None
    """Of the utility, in points: with what is known beside the quality."""
    n_pairs: int
    p_value: float
    """Adjusted; 1 where they cannot be compared."""

    @property
    def is_tied(self) -> bool:
        """True where the two cannot be told apart."""
        return self.p_value >= ALPHA


def contrasts_with(
    best: int,
    others: Sequence[int],
    *,
    standing: TaskStanding,
    deviations: Deviations | None,
    quality_weight: float,
    beside: Sequence[float],
) -> list[Contrast]:
    """How far the best is from each of the others, in their order.

    Args:
        best: Its position.
        others: Positions of those that it is compared with.
        standing: Of the task.
        deviations: Of the prompt, as far as qualities can be; their errors widen the contrasts.
        quality_weight: Points of utility for a point of quality.
        beside: What each candidate's utility has from elsewhere, by position; taken as known.
    """
    differences, errors, pairs = standing.difference[best], standing.difference_se[best], standing.n_pairs[best]
    if deviations is not None:
        moved = (standing.quality + deviations.value).clip(standing.lowest, standing.highest) - standing.quality
        differences = differences + (moved[best] - moved)
        errors = (errors**2 + deviations.se[best] ** 2 + deviations.se**2) ** 0.5
    differences_, errors_, pairs_ = differences.tolist(), errors.tolist(), pairs.tolist()
    scale = 100 * quality_weight
    more = [beside[best] - beside[other] for other in others]
    if not scale:
        return [
            Contrast(_known(differences_[other]), gap, pairs_[other], 0.0 if gap > 0 else 1.0)
            for other, gap in zip(others, more, strict=True)
        ]
    gaps = [scale * differences_[other] + plus for other, plus in zip(others, more, strict=True)]
    p_values = [_p_value(gap, scale * errors_[other], pairs_[other]) for other, gap in zip(others, gaps, strict=True)]
    return [
        Contrast(_known(differences_[other]), _known(gap), pairs_[other], p_value)
        for other, gap, p_value in zip(others, gaps, _adjusted(p_values), strict=True)
    ]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _p_value(gap: float, se: float, n_pairs: int) -> float:
    """NaN: not to be compared. One that is no better than the other is not told from it."""
    if n_pairs < MIN_PAIRS or not math.isfinite(se):
        return math.nan
    if gap <= 0:
        return 1.0
    p = two_sided_p_value(gap / se, n_pairs - 1) if se > 0 else 0.0
    return max(p, 2.0 ** (1 - min(n_pairs, 1000)))


def _adjusted(p_values: Sequence[float]) -> list[float]:
    """Holm's, over those that can be compared; 1 for the others."""
    order = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    adjusted, worst = [1.0] * len(p_values), 0.0
    for rank, (p, place) in enumerate(order):
        worst = max(worst, min(1.0, p * (len(order) - rank)))
        adjusted[place] = worst
    return adjusted
