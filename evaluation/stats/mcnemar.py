"""Of the cases that only one of two candidates has right, are too many the same candidate's?

p = 2 · P(Bin(b + c, 1/2) <= min(b, c)), b and c the cases that only one of them has right (McNemar 1947).
"""

MAX_DISCORDANT_FOR_EXACT = 1000


def mcnemar_p_value(only_a: int, only_b: int) -> tuple[float, str]:
    """Two-sided p of McNemar's test on the discordant pairs, and which form of it was used.

    Exact up to 1000 discordant pairs (`mcnemar_exact`), beyond by chi-square without correction (`mcnemar_chi2`).
    """
    if only_a + only_b <= MAX_DISCORDANT_FOR_EXACT:
        return exact_p_value(only_a, only_b), "mcnemar_exact"
    return chi2_p_value(only_a, only_b), "mcnemar_chi2"


def exact_p_value(only_a: int, only_b: int) -> float:
    """Two-sided exact p, which is the sign test's too; 1 where nothing differs."""
    # With equal chances the two tails are each other's mirror image. Not scipy.stats: it takes seconds to import.
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(min(only_a, only_b), only_a + only_b, 0.5)))


def mid_p_value(only_a: int, only_b: int) -> float:
    """Two-sided mid-p: the exact p less the chance of what was seen (Fagerland et al. 2013, BMC MRM 13:91)."""
    from scipy.special import bdtr

    fewer, n = min(only_a, only_b), only_a + only_b
    below = float(bdtr(fewer - 1, n, 0.5)) if fewer else 0.0
    return min(1.0, below + float(bdtr(fewer, n, 0.5)))


def chi2_p_value(only_a: int, only_b: int) -> float:
    """Two-sided p of (b - c)² / (b + c) without continuity correction; 1 where nothing differs."""
    from scipy.special import chdtrc

    n = only_a + only_b
    return float(chdtrc(1, (only_a - only_b) ** 2 / n)) if n else 1.0


def corrected_chi2_p_value(only_a: int, only_b: int) -> float:
    """Two-sided p of (|b - c| - 1)² / (b + c), the usual correction, which is more cautious than the exact test."""
    from scipy.special import chdtrc

    n, apart = only_a + only_b, abs(only_a - only_b)
    return float(chdtrc(1, max(0, apart - 1) ** 2 / n)) if n else 1.0
