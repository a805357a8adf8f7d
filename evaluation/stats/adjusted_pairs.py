"""Which verdicts hold for several pairs together, when each was tested as if it were the only one?"""

from collections.abc import Sequence
from dataclasses import replace

from evaluation.stats.multiplicity import ADJUSTMENTS
from evaluation.stats.pair_comparison import PairComparison, readjusted
from evaluation.stats.sign_flips import N_FLIPS
from evaluation.stats.verdicts import MIN_PAIRS


def adjusted_pairs(
    comparisons: Sequence[PairComparison], *, adjust: str, alpha: float
) -> tuple[tuple[PairComparison, ...], tuple[str, ...]]:
    """Return the comparisons with adjusted p-values and the verdicts that follow.

    And what there is to say of all of them.

    The p-values of equivalence are adjusted among themselves, and so are those with failures scored zero. Pairs with
    too few cases claim nothing, so they do not count.

    Args:
        comparisons: Each with its interval at the level for all of them together.
        adjust: A name in `ADJUSTMENTS`.
        alpha: The limit for adjusted p-values.
    """
    decided, notes = _readjusted(comparisons, adjust, alpha)
    with_zeros, _ = _readjusted(
        [comparison.failures_as_zero or comparison for comparison in comparisons], adjust, alpha
    )
    return tuple(
        comparison if comparison.failures_as_zero is None else replace(comparison, failures_as_zero=zeros)
        for comparison, zeros in zip(decided, with_zeros, strict=True)
    ), notes


def _readjusted(
    comparisons: Sequence[PairComparison], adjust: str, alpha: float
) -> tuple[list[PairComparison], tuple[str, ...]]:
    places = [
        i
        for i, comparison in enumerate(comparisons)
        if comparison.n_pairs >= MIN_PAIRS and comparison.p_value is not None
    ]
    p_values, notes = _resolved([comparisons[i] for i in places], alpha)
    within = {i: p for i in places if (p := comparisons[i].p_equivalence) is not None}
    within = dict(zip(within, ADJUSTMENTS[adjust](tuple(within.values())), strict=True))
    decided = list(comparisons)
    for i, p_adjusted in zip(places, ADJUSTMENTS[adjust](p_values), strict=True):
        decided[i] = readjusted(comparisons[i], p_adjusted=p_adjusted, alpha=alpha, p_equivalence=within.get(i))
    return decided, notes


def _resolved(pairs: Sequence[PairComparison], alpha: float) -> tuple[list[float], tuple[str, ...]]:
    """Return the p-values.

    Student's for pairs of which no drawn flip came as far, where so many pairs need smaller ones.
    """
    least = 1 / (1 + N_FLIPS)
    p_values = [1.0 if comparison.p_value is None else comparison.p_value for comparison in pairs]
    if least * len(pairs) < alpha:
        return p_values, ()
    resolved = [
        min(p, comparison.also.get("paired_t", p)) if comparison.method.endswith("sign_flip") and p == least else p
        for p, comparison in zip(p_values, pairs, strict=True)
    ]
    return resolved, (
        f"for {len(pairs)} pairs {N_FLIPS} sign flips cannot show a p that is small enough: where no flip was as "
        "extreme as the scores, the paired t-test's p was adjusted",
    )
