"""The difference of two candidates' scores given as aligned arrays; `pair_comparison` pairs them by case first.

Binary scores: Newcombe's interval and McNemar's test on the b + c discordant cases. Others: Student's interval of the
differences and a sign-flip test, which assumes nothing but symmetry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from evaluation.errors import IncomparableError
from evaluation.stats.binary_pairs import binary_evidence
from evaluation.stats.continuous_pairs import continuous_evidence
from evaluation.stats.intervals import checked_confidence_level
from evaluation.stats.pair_comparison import verdict_of
from evaluation.stats.paired_tests import PairTestSettings
from evaluation.stats.vectors import as_vector, difference_of, is_binary


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedResult:
    """Difference of A and B on the cases that both answered."""

    difference: float
    """Mean of A less mean of B, in the metric's unit."""
    low: float | None
    """None if there was no spread, or for a single pair."""
    high: float | None
    p_value: float
    """Two-sided p-value."""
    n_pairs: int
    method: str
    """Methods of interval and test: `newcombe+mcnemar_exact`, `t+sign_flip`, …"""
    n_better_a: int
    n_better_b: int
    verdict: str
    """`A better`, `B better`, `inconclusive` (which is never "equal") or `insufficient data`."""
    confidence_level: float = 0.95


def paired_difference(
    a: Sequence[float],
    b: Sequence[float],
    *,
    rng: "np.random.Generator",
    confidence_level: float = 0.95,
    higher_is_better: bool = True,
    may_be_shares: bool = True,
    largest_difference: float = inf,
) -> PairedResult:
    """Return the mean of `a - b` over cases, with its interval, its test and a verdict.

    The verdict follows p < 1 - `confidence_level` from 6 pairs on. Where nothing differs, p = 1.

    Args:
        a: One score for each case, already averaged over repeats.
        b: The same cases in the same order (`pairing.paired_by_case`).
        rng: Seed it to reproduce a report.
        confidence_level: Of the interval; one less this level is the threshold for p.
        higher_is_better: False for a latency: then A is better where it has less.
        may_be_shares: Whether scores that are all 0 or 1 are shares. Counts that happen to be so are not.
        largest_difference: Possible between two scores.

    Raises:
        IncomparableError: not the same number of scores, or none.
    """
    if len(a) != len(b) or len(a) == 0:
        raise IncomparableError(
            f"{len(a)} scores of A and {len(b)} of B make no pairs", "Pair the scores by case id first"
        )
    terms = PairTestSettings(
        confidence_level=checked_confidence_level(confidence_level),
        margin=None,
        rng=rng,
        beside=False,
        largest_difference=largest_difference,
    )
    left, right = as_vector(a, what="scores of A"), as_vector(b, what="scores of B")
    binary = may_be_shares and is_binary(left) and is_binary(right)
    evidence = binary_evidence(left, right, terms) if binary else continuous_evidence(left, right, terms)
    differences = difference_of(left, right)
    more, less = int((differences > 0).sum()), int((differences < 0).sum())
    low, high = evidence.interval if evidence.interval is not None else (None, None)
    return PairedResult(
        difference=evidence.difference,
        low=low,
        high=high,
        p_value=1.0 if evidence.p_value is None else evidence.p_value,
        n_pairs=left.size,
        method=evidence.method,
        n_better_a=more if higher_is_better else less,
        n_better_b=less if higher_is_better else more,
        verdict=verdict_of(
            gain=evidence.difference if higher_is_better else -evidence.difference,
            p_value=evidence.p_value,
            n_pairs=left.size,
            alpha=terms.alpha,
        ),
        confidence_level=terms.confidence_level,
    )
