"""Which verdicts hold for several pairs together, when each was tested as if it were the only one?"""

from collections.abc import Sequence
from dataclasses import replace

from evaluation.stats.multiplicity import ADJUSTMENTS
from evaluation.stats.pair_comparison import PairComparison, readjusted
from evaluation.stats.sign_flips import N_FLIPS
from evaluation.stats.verdicts import MIN_PAIRS


def adjusted_pairs(
    found: Sequence[PairComparison], *, adjust: str, alpha: float
) -> tuple[tuple[PairComparison, ...], tuple[str, ...]]:
    """The comparisons with adjusted p-values and the verdicts that follow, and what there is to say of all of them.

    The p-values of equivalence are adjusted among themselves, and so are those with failures scored zero. Pairs with
    too few cases claim nothing, so they do not count.

    Args:
        found: Each with its interval at the level for all of them together.
        adjust: A name in `ADJUSTMENTS`.
        alpha: The limit for adjusted p-values.
    """
    decided, notes = _readjusted(found, adjust, alpha)
    with_zeros, _ = _readjusted([one.failures_as_zero or one for one in found], adjust, alpha)
    return tuple(
        one if one.failures_as_zero is None else replace(one, failures_as_zero=zeros)
        for one, zeros in zip(decided, with_zeros, strict=True)
    ), notes


def _readjusted(
    found: Sequence[PairComparison], adjust: str, alpha: float
) -> tuple[list[PairComparison], tuple[str, ...]]:
    places = [i for i, one in enumerate(found) if one.n_pairs >= MIN_PAIRS and one.p_value is not None]
    p_values, notes = _resolved([found[i] for i in places], alpha)
    within = {i: p for i in places if (p := found[i].p_equivalence) is not None}
    within = dict(zip(within, ADJUSTMENTS[adjust](tuple(within.values())), strict=True))
    decided = list(found)
    for i, p_adjusted in zip(places, ADJUSTMENTS[adjust](p_values), strict=True):
        decided[i] = readjusted(found[i], p_adjusted=p_adjusted, alpha=alpha, p_equivalence=within.get(i))
    return decided, notes


def _resolved(found: Sequence[PairComparison], alpha: float) -> tuple[list[float], tuple[str, ...]]:
    """The p-values; Student's for pairs of which no drawn flip came as far, where so many pairs need smaller ones."""
    least = 1 / (1 + N_FLIPS)
    p_values = [1.0 if one.p_value is None else one.p_value for one in found]
    if least * len(found) < alpha:
        return p_values, ()
    resolved = [
        min(p, one.also.get("paired_t", p)) if one.method.endswith("sign_flip") and p == least else p
        for p, one in zip(p_values, found, strict=True)
    ]
    return resolved, (
        f"for {len(found)} pairs {N_FLIPS} flips of signs cannot show a p that is small enough: where none came as far"
        " as the scores did, the paired t-test's p was adjusted",
    )
