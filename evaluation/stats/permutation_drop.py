"""Whether newer values are lower than earlier ones beyond chance: an exact permutation test on their mean."""

from collections.abc import Sequence

import numpy as np

_STAGES = (2_000, 18_000, 180_000, *[200_000] * 9)
"""Random permutations drawn one after the other."""
_ENOUGH = 40
"""Permutations as low as the observed values with which no more are drawn (Besag and Clifford 1991)."""
_SLACK = 1e-9


def permutation_drop(newer: Sequence[float], earlier: Sequence[float], *, seed: int = 0) -> float:
    """Return the one-sided p-value of the mean of the newer values against that of the earlier ones.

    Were all values drawn alike, whatever their distribution, any of them could have been the newer ones: the p-value is
    the share of random choices whose mean is as low, the observed one counted in, and so never too small by chance
    (Phipson and Smyth 2010, Stat Appl Genet Mol Biol 9:39). At least 1 / 2,000,001.

    Args:
        newer: At least one value.
        earlier: At least one value.
        seed: Of the permutations.
    """
    levels, counts = np.unique(np.concatenate([newer, earlier]), return_counts=True)
    observed = float(np.sum(newer)) + _SLACK * len(newer)
    rng = np.random.default_rng(seed)
    n_as_low, n_drawn = 0, 0
    for n in _STAGES:
        # A random choice among all values is a multivariate hypergeometric draw from their counts.
        draws = rng.multivariate_hypergeometric(counts, len(newer), size=n)
        n_as_low += int(np.count_nonzero(draws @ levels <= observed))
        n_drawn += n
        if n_as_low >= _ENOUGH:
            break
    return (1 + n_as_low) / (1 + n_drawn)
