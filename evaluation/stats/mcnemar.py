"""Of the cases that only one of two candidates has right, are too many the same candidate's?

p = 2 · P(Bin(b + c, 1/2) <= min(b, c)), b and c the cases that only one of them has right (McNemar 1947). Without
scipy, for whose import a recommendation cannot wait.
"""

import math

MAX_DISCORDANT_FOR_EXACT = 1000


def mcnemar_p_value(only_a: int, only_b: int) -> tuple[float, str]:
    """Return the two-sided p of McNemar's test on the discordant pairs, and which form of it was used.

    Exact up to 1000 discordant pairs (`mcnemar_exact`), beyond by chi-square without correction (`mcnemar_chi2`).
    """
    if only_a + only_b <= MAX_DISCORDANT_FOR_EXACT:
        return exact_p_value(only_a, only_b), "mcnemar_exact"
    return chi2_p_value(only_a, only_b), "mcnemar_chi2"


def exact_p_value(only_a: int, only_b: int) -> float:
    """Return the two-sided exact p, which is the sign test's too; 1 where nothing differs."""
    # With equal chances the two tails are each other's mirror image.
    fewer, n = min(only_a, only_b), only_a + only_b
    return min(1.0, 2 * _tail(fewer, n))


def mid_p_value(only_a: int, only_b: int) -> float:
    """Return the two-sided mid-p.

    The exact p less the chance of what was seen (Fagerland et al. 2013, BMC MRM 13:91).
    """
    fewer, n = min(only_a, only_b), only_a + only_b
    return min(1.0, 2 * _tail(fewer, n) - _chance(fewer, n))


def _tail(most: int, n: int) -> float:
    """P(Bin(n, 1/2) <= most) where `most` is at most half of n: summed from its largest term down."""
    term = _chance(most, n)
    terms, k = [term], most
    while k > 0 and term > terms[0] * _NEGLIGIBLE:
        term *= k / (n - k + 1)
        terms.append(term)
        k -= 1
    return math.fsum(terms)


def _chance(k: int, n: int) -> float:
    """P(Bin(n, 1/2) = k)."""
    if n <= MAX_DISCORDANT_FOR_EXACT:
        return math.comb(n, k) / (1 << n)
    return math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2))


_NEGLIGIBLE = 1e-18
"""Of the largest term of a sum."""


def chi2(only_a: int, only_b: int) -> float:
    """(b - c)² / (b + c), with one degree of freedom; 0 where nothing differs."""
    n = only_a + only_b
    return (only_a - only_b) ** 2 / n if n else 0.0


def corrected_chi2(only_a: int, only_b: int) -> float:
    """(|b - c| - 1)² / (b + c), with one degree of freedom; 0 where nothing differs (Edwards 1948)."""
    n = only_a + only_b
    return max(0, abs(only_a - only_b) - 1) ** 2 / n if n else 0.0


def chi2_p_value(only_a: int, only_b: int) -> float:
    """Return the two-sided p of chi-square without continuity correction; 1 where nothing differs."""
    return _p_value(chi2(only_a, only_b))


def corrected_chi2_p_value(only_a: int, only_b: int) -> float:
    """Return the two-sided p of chi-square with the usual correction, which is more cautious than the exact test."""
    return _p_value(corrected_chi2(only_a, only_b))


def _p_value(statistic: float) -> float:
    return math.erfc(math.sqrt(statistic / 2))
