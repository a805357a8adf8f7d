"""Is one of two candidates better, asked the same cases?

Binary scores: Newcombe's interval and McNemar's test on the b + c cases on which they differ. Others: Student's
interval of the differences and a test that flips their signs, which assumes nothing but symmetry.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import IncomparableError
from evaluation.stats.intervals import Interval, checked_confidence_level, newcombe_interval, t_interval
from evaluation.stats.numbers import Vector, as_vector, difference_of, is_binary, is_constant

A_BETTER = "A better"
B_BETTER = "B better"
INCONCLUSIVE = "inconclusive"
INSUFFICIENT_DATA = "insufficient data"

MIN_PAIRS = 6
"""With fewer, no exact two-sided test can reach p < .05."""
MAX_DISCORDANT_FOR_EXACT = 1000
MAX_PAIRS_FOR_ALL_FLIPS = 15
N_FLIPS = 10_000
_FLIPS_AT_ONCE = 2_000_000
_ROUNDING = 1e-12


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
        verdict=_verdict(difference if higher_is_better else -difference, p_value, left.size, level),
        confidence_level=level,
    )


def mcnemar_p_value(only_a: int, only_b: int) -> tuple[float, str]:
    """Two-sided p of McNemar's test on the discordant pairs, and which form of it was used."""
    n = only_a + only_b
    if n == 0:
        return 1.0, "mcnemar_exact"
    if n <= MAX_DISCORDANT_FOR_EXACT:
        # With equal chances the two tails are each other's mirror image. Not scipy.stats: it takes seconds to import.
        from scipy.special import bdtr

        return min(1.0, 2 * float(bdtr(min(only_a, only_b), n, 0.5))), "mcnemar_exact"
    from scipy.special import chdtrc

    return float(chdtrc(1, (only_a - only_b) ** 2 / n)), "mcnemar_chi2"


def sign_flip_p_value(differences: Vector, *, rng: np.random.Generator) -> tuple[float, str]:
    """Two-sided p: how often the mean is as far from 0 when signs are flipped at random, and the form of the test."""
    moved = differences[differences != 0]
    if moved.size <= MAX_PAIRS_FOR_ALL_FLIPS:
        flips = (np.arange(2**moved.size)[:, None] >> np.arange(moved.size)) & 1
        return float(_as_far(flips, moved).mean()), "sign_flip_exact"
    hits = 0
    rows_at_once = max(1, _FLIPS_AT_ONCE // moved.size)
    for start in range(0, N_FLIPS, rows_at_once):
        rows = min(rows_at_once, N_FLIPS - start)
        hits += int(_as_far(rng.integers(0, 2, size=(rows, moved.size), dtype=np.int8), moved).sum())
    return (1 + hits) / (1 + N_FLIPS), "sign_flip"


def _as_far(flips: NDArray[np.integer], differences: Vector) -> NDArray[np.bool_]:
    """For each row of flips (1: the sign stays), whether the flipped sum is as far from 0 as the real one."""
    sums = 2 * (flips @ differences) - differences.sum()
    far_enough: NDArray[np.bool_] = np.abs(sums) >= abs(differences.sum()) - _ROUNDING * np.abs(differences).sum()
    return far_enough


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


def _verdict(gain: float, p_value: float, n_pairs: int, confidence_level: float) -> str:
    if n_pairs < MIN_PAIRS:
        return INSUFFICIENT_DATA
    if p_value >= round(1 - confidence_level, 12) or gain == 0:
        return INCONCLUSIVE
    return A_BETTER if gain > 0 else B_BETTER
