"""Candidates that cannot be told from the best one.

Where nothing but the quality on the task counts, the tests are those of `selection.scoreboards.pair_tests`, as in
`benchwright compare`. Otherwise they are paired contrasts of what counts, between the best and every other: Student's
t, adjusted by Holm (1979) over those compared. No test of fewer than six pairs can reach 5 %, and none is believed
beyond what the signs of n pairs could show, 2 / 2ⁿ.

Intervals of the differences allow for as many pairs as the p-values beside them do (Bonferroni), and never contradict
these: as in `benchwright compare`, the verdict follows the test, and the interval ends where the test does.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from evaluation.stats.pair_comparison import agreeing_limits
from evaluation.stats.paired_tests import MAX_DISCORDANT_FOR_EXACT
from evaluation.stats.verdicts import A_BETTER, INCONCLUSIVE
from selection.scoreboard import BY_SIGN_FLIPS, Deviations, PairTests, TaskStanding
from selection.scoreboards.contrasts import MIN_PAIRS
from selection.scoreboards.student import paired_p_value, t_limit

ALPHA = 0.05


class Contrast(NamedTuple):
    """Difference of the best candidate and another."""

    difference: float | None
    """Difference of the quality on the common cases; None: there are none."""
    gap: float | None
    """Difference of the utility in points, with what is known beside the quality."""
    n_pairs: int
    p_value: float
    """Adjusted p-value; 1 where they cannot be compared."""
    test: str
    """Source of the p-value: `exact McNemar over all measured runs, Holm over 6 pairs`."""
    low: float | None = None
    """Lower end of the difference's interval, not part of it where it is 0 beside a p-value that shows a difference;
    None: too few pairs, or the p-value is of more than this difference."""
    high: float | None = None
    confidence_level: float | None = None
    """Level of the interval: with several pairs higher than .95, so that all hold together; None in recommendations
    of earlier versions, whose intervals are each of its pair alone."""

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
    """Return the contrasts of the best with each of the others, in their order, with intervals of the differences.

    Args:
        best: Position of the best.
        others: Positions of the others.
        standing: Standing on the task.
        deviations: Deviations for the prompt, within the bounds of quality; their errors widen the contrasts.
        quality_weight: Points of utility for a point of quality.
        beside: Contributions to each utility other than quality, by position; taken as known.
    """
    bare = _contrasts(best, others, standing, deviations, quality_weight, beside)
    if deviations is not None or not quality_weight or any(beside[best] != beside[other] for other in others):
        return bare  # the p-value is of more than the difference on the common cases
    errors, pairs = standing.difference_se[best].tolist(), standing.n_pairs[best].tolist()
    level = 1 - ALPHA / max(1, _n_tests(best, others, standing))
    return [
        _with_interval(contrast, errors[other], pairs[other], level)
        for other, contrast in zip(others, bare, strict=True)
    ]


def _n_tests(best: int, others: Sequence[int], standing: TaskStanding) -> int:
    """Return for how many tests the p-values of differences in quality are adjusted."""
    if standing.tests is not None:
        return standing.tests.n_tests
    errors, pairs = standing.difference_se[best].tolist(), standing.n_pairs[best].tolist()
    return sum(_is_testable(errors[other], pairs[other]) for other in others)


def _is_testable(se: float, n_pairs: int) -> bool:
    return n_pairs >= MIN_PAIRS and math.isfinite(se)


def _with_interval(contrast: Contrast, se: float, n_pairs: int, level: float) -> Contrast:
    if contrast.difference is None or not _is_testable(se, n_pairs):
        return contrast
    reach = t_limit(n_pairs - 1, level) * se
    low, high = agreeing_limits(
        (contrast.difference - reach, contrast.difference + reach),
        difference=contrast.difference,
        verdict=INCONCLUSIVE if contrast.is_tied else A_BETTER,
    )
    return contrast._replace(low=low, high=high, confidence_level=level)


def _contrasts(
    best: int,
    others: Sequence[int],
    standing: TaskStanding,
    deviations: Deviations | None,
    quality_weight: float,
    beside: Sequence[float],
) -> list[Contrast]:
    more = [beside[best] - beside[other] for other in others]
    if deviations is None and quality_weight > 0 and standing.tests is not None and not any(more):
        return _by_quality_alone(best, others, standing, standing.tests, scale=100 * quality_weight)
    differences, errors, pairs = standing.difference[best], standing.difference_se[best], standing.n_pairs[best]
    if deviations is not None:
        moved = (standing.quality + deviations.value).clip(standing.lowest, standing.highest) - standing.quality
        differences = differences + (moved[best] - moved)
        errors = (errors**2 + deviations.se[best] ** 2 + deviations.se**2) ** 0.5
    differences_, errors_, pairs_ = differences.tolist(), errors.tolist(), pairs.tolist()
    scale = 100 * quality_weight
    if not scale:
        return [
            Contrast(
                _none_for_nan(differences_[other]), gap, pairs_[other], 0.0 if gap > 0 else 1.0, "what is known of both"
            )
            for other, gap in zip(others, more, strict=True)
        ]
    gaps = [scale * differences_[other] + plus for other, plus in zip(others, more, strict=True)]
    p_values = [_p_value(gap, scale * errors_[other], pairs_[other]) for other, gap in zip(others, gaps, strict=True)]
    test = _test_text("paired t", sum(not math.isnan(p) for p in p_values))
    return [
        Contrast(_none_for_nan(differences_[other]), _none_for_nan(gap), pairs_[other], p_value, test)
        for other, gap, p_value in zip(others, gaps, _adjusted(p_values), strict=True)
    ]


def _by_quality_alone(
    best: int, others: Sequence[int], standing: TaskStanding, tests: PairTests, *, scale: float
) -> list[Contrast]:
    difference, n_pairs = standing.difference[best].tolist(), standing.n_pairs[best].tolist()
    p_values, differing = tests.p_adjusted[best].tolist(), tests.n_differing[best].tolist()
    return [
        Contrast(
            _none_for_nan(difference[other]),
            _none_for_nan(scale * difference[other]),
            n_pairs[other],
            p_values[other] if difference[other] > 0 and not math.isnan(p_values[other]) else 1.0,
            _test_text(_name_of(differing[other]), tests.n_tests),
        )
        for other in others
    ]


def _name_of(n_differing: int) -> str:
    if n_differing < 0:
        return "sign flips" if n_differing == BY_SIGN_FLIPS else "paired t"
    return "exact McNemar" if n_differing <= MAX_DISCORDANT_FOR_EXACT else "McNemar"


def _test_text(test: str, n_tests: int) -> str:
    return f"{test} over all measured runs" + (f", Holm over {n_tests} pairs" if n_tests > 1 else "")


def _none_for_nan(value: float) -> float | None:
    return None if math.isnan(value) else value


def _p_value(gap: float, se: float, n_pairs: int) -> float:
    """Return the p-value; NaN: not comparable. A candidate that is no better is not told from the other."""
    if not _is_testable(se, n_pairs):
        return math.nan
    return paired_p_value(gap, se, n_pairs) if gap > 0 else 1.0


def _adjusted(p_values: Sequence[float]) -> list[float]:
    """Adjust by Holm over the comparable candidates; 1 for the others."""
    order = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    adjusted, worst = [1.0] * len(p_values), 0.0
    for rank, (p, place) in enumerate(order):
        worst = max(worst, min(1.0, p * (len(order) - rank)))
        adjusted[place] = worst
    return adjusted
