"""By how much do the middle and the slow tail of two sides' latencies differ? What a mean of ratios does not show."""

from collections.abc import Mapping

from evaluation.scores import Estimate
from evaluation.stats.quantile_pairs import quantile_difference
from evaluation.stats.ranking import pair_rng

QUANTILES = {"p50": 0.5, "p95": 0.95}
TAILED = frozenset({"latency_s"})
MOST_PAIRS_OF_SIDES = 3
MOST_CASES = 20_000
"""Beyond, resampling takes longer than all else."""


def tails_of(
    a: Mapping[str, float], b: Mapping[str, float], labels: tuple[str, str], *, seed: int, confidence_level: float
) -> dict[str, Estimate]:
    """Return the difference of each quantile, A less B, on the cases that both have.

    Empty where that would take too long.

    Args:
        a: A's value of each case.
        b: B's.
        labels: Of both, for the draws.
        seed: Likewise.
        confidence_level: Of the intervals.
    """
    shared = sorted(case_id for case_id in a if case_id in b)
    if not 2 <= len(shared) <= MOST_CASES:
        return {}
    left, right = [a[case_id] for case_id in shared], [b[case_id] for case_id in shared]
    rng = pair_rng(seed, *labels)
    return {
        name: quantile_difference(left, right, q, rng=rng, confidence_level=confidence_level)
        for name, q in QUANTILES.items()
    }
