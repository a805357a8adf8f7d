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


def chi2(only_a: int, only_b: int) -> float:
    """(b - c)² / (b + c), with one degree of freedom; 0 where nothing differs."""
    n = only_a + only_b
    return (only_a - only_b) ** 2 / n if n else 0.0


def corrected_chi2(only_a: int, only_b: int) -> float:
    """(|b - c| - 1)² / (b + c), with one degree of freedom; 0 where nothing differs (Edwards 1948)."""
    n = only_a + only_b
    return max(0, abs(only_a - only_b) - 1) ** 2 / n if n else 0.0


def chi2_p_value(only_a: int, only_b: int) -> float:
    """Two-sided p of chi-square without continuity correction; 1 where nothing differs."""
    return _p_value(chi2(only_a, only_b))


def corrected_chi2_p_value(only_a: int, only_b: int) -> float:
    """Two-sided p of chi-square with the usual correction, which is more cautious than the exact test."""
    return _p_value(corrected_chi2(only_a, only_b))


def _p_value(statistic: float) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(1, statistic))
