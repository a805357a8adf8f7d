"""Is one of two candidates better, asked the same cases?

Binary scores: Newcombe's interval and McNemar's test on the b + c cases on which they differ. Others: Student's
interval of the differences and a test that flips their signs, which assumes nothing but symmetry.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.errors import IncomparableError
from evaluation.stats.intervals import Interval, checked_confidence_level, newcombe_interval, t_interval
from evaluation.stats.mcnemar import mcnemar_p_value
from evaluation.stats.numbers import Vector, as_vector, difference_of, is_binary, is_constant
from evaluation.stats.sign_flips import sign_flip_p_value
from evaluation.stats.verdicts import (
    A_BETTER,
    B_BETTER,
    EQUIVALENT,
    INCONCLUSIVE,
    INSUFFICIENT_DATA,
    MIN_PAIRS,
    verdict_of,
)

__all__ = [
    "A_BETTER",
    "B_BETTER",
    "EQUIVALENT",
    "INCONCLUSIVE",
    "INSUFFICIENT_DATA",
    "MIN_PAIRS",
    "PairedResult",
    "paired_difference",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedResult:
    """How A differs from B on the cases that both answered."""

    difference: float
    """Mean of A less mean of B, in the metric's unit."""
    low: float | None
    """None where no spread was seen, or for a single pair."""
    high: float | None
    p_value: float
    """Two-sided."""
    n_pairs: int
    method: str
    """The interval's method and the test's: `newcombe+mcnemar_exact`, `t+sign_flip`, …"""
    n_better_a: int
    n_better_b: int
    verdict: str
    """`A better`, `B better`, `inconclusive` (which is never "equal") or `insufficient data`."""
    confidence_level: float = 0.95


def paired_difference(
    a: Sequence[float],
    b: Sequence[float],
    *,
    rng: np.random.Generator,
    confidence_level: float = 0.95,
    higher_is_better: bool = True,
) -> PairedResult:
    """Mean of `a - b` with its interval, its test and a verdict, over the choice of cases.

    The verdict follows p < 1 - `confidence_level` from 6 pairs on. Up to 15 pairs that differ, every flip of signs
    is tried; beyond, 10,000 random ones, p = (1 + hits) / (1 + flips). Up to 1000 differing binary pairs McNemar's
    test is exact, beyond it is chi-square without continuity correction. Where nothing differs, p = 1.

    Args:
        a: One score for each case, repeats averaged before.
        b: The same cases in the same order (`pairing.paired_by_case`).
        rng: Seed it to reproduce a report.
        confidence_level: Of the interval; its rest is the limit for p.
        higher_is_better: False for a latency: then A is better where it has less.

    Raises:
        IncomparableError: not the same number of scores, or none.
    """
    level = checked_confidence_level(confidence_level)
    if len(a) != len(b) or len(a) == 0:
        raise IncomparableError(
            f"{len(a)} scores of A and {len(b)} of B make no pairs", "pair the scores by case id first"
        )
    left, right = as_vector(a, what="scores of A"), as_vector(b, what="scores of B")
    binary = is_binary(left) and is_binary(right)
    differences = difference_of(left, right)
    interval, p_value, method = _binary(left, right, level) if binary else _continuous(differences, level, rng)
    more, less = int((differences > 0).sum()), int((differences < 0).sum())
    low, high = interval if interval is not None else (None, None)
    difference = float(differences.mean())
    return PairedResult(
        difference=difference,
        low=low,
        high=high,
        p_value=p_value,
        n_pairs=left.size,
        method=method,
        n_better_a=more if higher_is_better else less,
        n_better_b=less if higher_is_better else more,
        verdict=verdict_of(
            gain=difference if higher_is_better else -difference,
            p_value=p_value,
            n_pairs=left.size,
            alpha=round(1 - level, 12),
        ),
        confidence_level=level,
    )


def _binary(a: Vector, b: Vector, confidence_level: float) -> tuple[Interval | None, float, str]:
    both, only_a, only_b = int((a * b).sum()), int((a > b).sum()), int((a < b).sum())
    p_value, test = mcnemar_p_value(only_a, only_b)
    interval = newcombe_interval(
        both=both,
        only_a=only_a,
        only_b=only_b,
        neither=a.size - both - only_a - only_b,
        confidence_level=confidence_level,
    )
    return (interval if a.size > 1 else None), p_value, f"newcombe+{test}"


def _continuous(
    differences: Vector, confidence_level: float, rng: np.random.Generator
) -> tuple[Interval | None, float, str]:
    p_value, test = sign_flip_p_value(differences, rng=rng)
    n = differences.size
    if n < 2 or is_constant(differences):
        return None, p_value, f"no_spread+{test}"
    error = float(differences.std(ddof=1)) / n**0.5
    return t_interval(float(differences.mean()), error, n - 1, confidence_level=confidence_level), p_value, f"t+{test}"
