"""Is an answer that is said to be right with 80 % right four times in five? Confidences beside what came of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.scores import Estimate
from evaluation.stats.intervals import SHARES, mean_estimate
from evaluation.stats.vectors import Vector

N_BINS = 10
DIFFERENCES = (-1.0, 1.0)
"""Bounds of a confidence less a score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidenceBin:
    """Cases whose answers are about equally confident."""

    confidence: float
    """Their mean."""
    score: Estimate
    """Mean score of the same cases, with its interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """How far confidences can be taken at their word."""

    bins: tuple[ConfidenceBin, ...]
    """By rising confidence; none is empty."""
    excess: Estimate
    """Mean confidence less mean score, with its interval over cases: above 0 is over-confident."""
    calibration_error: float
    """Distance of confidence and score over the bins, weighted by their cases (ECE; Naeini et al. 2015, AAAI 29).

    Of few cases it is above 0 by chance alone, even where every confidence is right.
    """


def reliability(confidences: Vector, scores: Vector) -> Reliability | None:
    """Return how far confidences agree with the scores of the same answers; None without a pair.

    As many bins as there are different confidences, as votes of few samples have them; of more than ten, ten of equal
    width.

    Args:
        confidences: In [0, 1], a value a case; NaN where there is none.
        scores: In [0, 1], of the same cases, more is better; NaN where there is none.
    """
    is_pair = np.isfinite(confidences) & np.isfinite(scores)
    confidences, scores = confidences[is_pair], scores[is_pair]
    if not confidences.size:
        return None
    bins = tuple(
        ConfidenceBin(
            confidence=float(confidences[members].mean()), score=mean_estimate(scores[members], value_range=SHARES)
        )
        for members in _bins(confidences)
    )
    distances = (each.score.n_cases * abs(each.confidence - each.score.value) for each in bins)
    return Reliability(
        bins=bins,
        excess=mean_estimate(confidences - scores, value_range=DIFFERENCES),
        calibration_error=sum(distances) / confidences.size,
    )


def _bins(confidences: Vector) -> Iterator[NDArray[np.intp]]:
    """Yield the positions of each bin's cases."""
    distinct = np.unique(confidences)
    if distinct.size <= N_BINS:
        places = np.searchsorted(distinct, confidences)
    else:
        places = np.minimum((confidences * N_BINS).astype(np.intp), N_BINS - 1)
    for place in np.unique(places):
        yield np.flatnonzero(places == place)
