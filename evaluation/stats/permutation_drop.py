"""Whether newer values are lower than earlier ones beyond chance: an exact permutation test on their mean."""

from collections.abc import Sequence

import numpy as np

_STAGES = ((2_000, 0.02), (18_000, 0.002), (180_000, 0.0005), *((200_000, 0.0) for _ in range(9)))
"""Random permutations drawn one after the other, and the p-value so far above which no more are drawn."""
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
    for n, is_clear in _STAGES:
        # A random choice among all values is a multivariate hypergeometric draw from their counts.
        draws = rng.multivariate_hypergeometric(counts, len(newer), size=n)
        n_as_low += int(np.count_nonzero(draws @ levels <= observed))
        n_drawn += n
        if (1 + n_as_low) / (1 + n_drawn) > is_clear > 0:
            break
    return (1 + n_as_low) / (1 + n_drawn)
