"""Paired tests, of difference and of equivalence: McNemar, sign flips, Wilcoxon, Student's t.

McNemar: p = 2 · P(Bin(b + c, 1/2) <= min(b, c)), b and c the cases that only one of two has right (McNemar 1947).

Flips of signs: p = share of flips with |Σ ±d| >= |Σ d|. Beyond 15 pairs those that give the very same mean count half
(mid-p): of scores that take few values, such as means of three right or wrong answers, many do, and counted whole they
would hide true differences. Drawn flips count themselves in: p = (1 + hits) / (1 + flips).

Wilcoxon: on signed ranks with Pratt's zeros: pairs without difference are ranked, then left out.

A margin: two one-sided tests, one against each end (Schuirmann 1987): equivalence is shown by the worse of their
p-values, non-inferiority by one alone.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.intervals import Interval
from evaluation.stats.rank_correlation import centred_ranks
from evaluation.stats.vectors import Vector, is_constant, standard_deviation


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTest:
    """Tests of a difference against the margin."""

    p_above: float
    """One-sided p-value for: A less B is more than -margin."""
    p_below: float
    """One-sided p-value for: A less B is less than margin."""
    statistic_above: float | None = None
    """Distance from -margin up to the difference in standard errors (t or z); None if there was no spread."""
    statistic_below: float | None = None
    """Distance from margin to the difference in standard errors, below 0 if the difference is within."""

    @property
    def p_equivalence(self) -> float:
        """The p-value of equivalence: that the difference lies between the margins."""
        return max(self.p_above, self.p_below)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTestSettings:
    """Settings of the tests on paired values."""

    confidence_level: float
    margin: float | None
    rng: "np.random.Generator"
    beside: bool = True
    """Whether other tests and intervals are computed as well."""
    largest_difference: float = math.inf
    """Beyond it no interval reaches, and no smallest visible difference."""

    @property
    def alpha(self) -> float:
        """The threshold for p, without the floating-point noise of 1 - 0.95."""
        return round(1 - self.confidence_level, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """An estimate with its interval, test and power."""

    difference: float
    """A less B; for ratios, A divided by B."""
    interval: Interval | None
    p_value: float | None
    """Two-sided p-value."""
    method: str
    effect_size: float | None
    effect_size_name: str
    mde: float | None
    n_needed: float | None
    """Pairs needed to settle the comparison, including those available."""
    aim: float | None
    """Difference on which `n_needed` is based."""
    within: MarginTest | None = None
    also: Mapping[str, float] = field(default_factory=dict)
    statistics: Mapping[str, float] = field(default_factory=dict)
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    design_effect: float | None = None
    notes: tuple[str, ...] = ()


_ROUNDING = 1e-12


def mean_within(differences: Vector, margin: float) -> MarginTest:
    """Return Student's t-test against each margin.

    Where the differences are all equal, or for a single pair, the exact sign flips of the distances to the margin, of
    which one in 2 ** n is as extreme.
    """
    if differences.size < 2 or is_constant(differences):
        return _without_spread(float(differences.mean()), differences.size, margin)
    mean, error = float(differences.mean()), standard_deviation(differences) / sqrt(differences.size)
    degrees = differences.size - 1
    above, below = (mean + margin) / error, (mean - margin) / error
    return MarginTest(
        p_above=_p_positive(above, degrees),
        p_below=_p_positive(-below, degrees),
        statistic_above=above,
        statistic_below=below,
    )


def _without_spread(difference: float, n: int, margin: float) -> MarginTest:
    least = 0.5**n
    noise = _ROUNDING * margin
    return MarginTest(
        p_above=least if difference + margin > noise else 1.0, p_below=least if margin - difference > noise else 1.0
    )


def _p_positive(t: float, degrees_of_freedom: int) -> float:
    """Return the one-sided p of Student's t: the probability of a greater one."""
    from scipy.special import stdtr

    return float(stdtr(degrees_of_freedom, -t))


MAX_DISCORDANT_FOR_EXACT = 1000


def mcnemar_p_value(only_a: int, only_b: int) -> tuple[float, str]:
    """Return the two-sided p of McNemar's test on the discordant pairs, and which form of the test was used.

    Exact up to 1000 discordant pairs (`mcnemar_exact`), beyond by chi-square without correction (`mcnemar_chi2`).
    """
    if only_a + only_b <= MAX_DISCORDANT_FOR_EXACT:
        return exact_p_value(only_a, only_b), "mcnemar_exact"
    return chi2_p_value(only_a, only_b), "mcnemar_chi2"


def exact_p_value(only_a: int, only_b: int) -> float:
    """Return the two-sided exact p, which is also the sign test's; 1 where nothing differs."""
    # With equal chances the two tails are each other's mirror image.
    fewer, n = min(only_a, only_b), only_a + only_b
    return min(1.0, 2 * _tail(fewer, n))


def mid_p_value(only_a: int, only_b: int) -> float:
    """Return the two-sided mid-p.

    The exact p less the probability of the observed result (Fagerland et al. 2013, BMC MRM 13:91).
    """
    fewer, n = min(only_a, only_b), only_a + only_b
    return min(1.0, 2 * _tail(fewer, n) - _chance(fewer, n))


def _tail(most: int, n: int) -> float:
    """Return P(Bin(n, 1/2) <= most) where `most` is at most half of n, summed from its largest term down."""
    term = _chance(most, n)
    terms, k = [term], most
    while k > 0 and term > terms[0] * _NEGLIGIBLE:
        term *= k / (n - k + 1)
        terms.append(term)
        k -= 1
    return math.fsum(terms)


def _chance(k: int, n: int) -> float:
    """Return P(Bin(n, 1/2) = k)."""
    if n <= MAX_DISCORDANT_FOR_EXACT:
        return math.comb(n, k) / (1 << n)
    return math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2))


_NEGLIGIBLE = 1e-18
"""Share of a sum's largest term below which terms are neglected."""


def chi2(only_a: int, only_b: int) -> float:
    """Return (b - c)² / (b + c), with one degree of freedom; 0 where nothing differs."""
    n = only_a + only_b
    return (only_a - only_b) ** 2 / n if n else 0.0


def corrected_chi2(only_a: int, only_b: int) -> float:
    """Return (|b - c| - 1)² / (b + c), with one degree of freedom; 0 where nothing differs (Edwards 1948)."""
    n = only_a + only_b
    return max(0, abs(only_a - only_b) - 1) ** 2 / n if n else 0.0


def chi2_p_value(only_a: int, only_b: int) -> float:
    """Return the two-sided p of chi-square without continuity correction; 1 where nothing differs."""
    return _chi2_tail(chi2(only_a, only_b))


def corrected_chi2_p_value(only_a: int, only_b: int) -> float:
    """Return the two-sided p of chi-square with the usual correction, more conservative than the exact test."""
    return _chi2_tail(corrected_chi2(only_a, only_b))


def _chi2_tail(statistic: float) -> float:
    return math.erfc(math.sqrt(statistic / 2))


MAX_PAIRS_FOR_ALL_FLIPS = 15
N_FLIPS = 10_000
_FLIP_ROUNDING = 1e-12
_BITS = 8


def sign_flip_p_value(differences: Vector, *, rng: "np.random.Generator") -> tuple[float, str]:
    """Return the two-sided p of the sign-flip test of the mean, and the form of the test.

    p is how often the mean is as far from 0 when signs are flipped at random. Up to 15 pairs it is exact
    (`sign_flip_exact`), beyond a mid-p (`sign_flip`), of 10,000 random flips where more than 15 pairs differ. The order
    of the differences does not matter, nor whether all of them change sign.
    """
    # A flipped sum has the distribution of one of the sizes, whichever signs were seen.
    sizes = np.sort(np.abs(differences[differences != 0]))
    seen, noise = abs(float(differences.sum())), _FLIP_ROUNDING * float(sizes.sum())
    is_drawn = sizes.size > MAX_PAIRS_FOR_ALL_FLIPS
    sums = np.abs(_drawn_sums(sizes, rng) if is_drawn else _all_sums(sizes))
    hits = float((sums >= seen - noise).sum())
    if differences.size <= MAX_PAIRS_FOR_ALL_FLIPS:
        return hits / sums.size, "sign_flip_exact"
    # A mean of 0 is an end of neither side, so that there is nothing to halve.
    ties = float((np.abs(sums - seen) <= noise).sum()) if seen > noise else 0.0
    return (is_drawn + hits - ties / 2) / (is_drawn + sums.size), "sign_flip"


def _all_sums(sizes: Vector) -> Vector:
    """Return the sums of the sizes under every choice of signs, shape (2 ** n,)."""
    sums = np.zeros(1)
    for size in sizes:
        sums = np.concatenate([sums + size, sums - size])
    return sums


def _drawn_sums(sizes: Vector, rng: "np.random.Generator") -> Vector:
    """Return the sums of the sizes under random signs, shape (N_FLIPS,).

    One random byte gives the signs of eight sizes, whose 256 sums are tabulated.
    """
    n_groups = -(-sizes.size // _BITS)
    padded = np.zeros(n_groups * _BITS)
    padded[: sizes.size] = sizes
    tables = padded.reshape(n_groups, _BITS) @ _signs().T
    drawn = np.frombuffer(rng.bytes(n_groups * N_FLIPS), dtype=np.uint8).reshape(n_groups, N_FLIPS)
    sums, added = np.zeros(N_FLIPS), np.empty(N_FLIPS)
    for table, row in zip(tables, drawn, strict=True):
        # No byte is out of bounds; to say so saves numpy the check.
        sums += np.take(table, row, out=added, mode="clip")
    return sums


def _signs() -> NDArray[np.float64]:
    """Return +1 or -1 for each bit of each byte, shape (256, 8)."""
    bits = (np.arange(2**_BITS)[:, None] >> np.arange(_BITS)) & 1
    return 1.0 - 2.0 * bits.astype(np.float64)


MAX_PAIRS_FOR_EXACT = 20
_DIGITS = 12
_TINY = 1e-300


def wilcoxon_p_value(differences: Vector) -> tuple[float, str]:
    """Return the two-sided p of Wilcoxon's signed-rank test, and the form of the test; 1 where nothing differs.

    Up to 20 pairs that differ it is exact, given the observed ranks (`wilcoxon_pratt_exact`), beyond it is normal
    without continuity correction (`wilcoxon_pratt`).
    """
    ranks, is_up = _signed_ranks(differences)
    if ranks.size <= MAX_PAIRS_FOR_EXACT:
        lean = abs(2 * float(ranks[is_up].sum()) - float(ranks.sum()))
        return _exact_wilcoxon(ranks, lean), "wilcoxon_pratt_exact"
    return normal_p_value(differences), "wilcoxon_pratt"


def normal_p_value(differences: Vector) -> float:
    """Return the two-sided p of the normal approximation, without continuity correction.

    At least one difference must not be 0.
    """
    ranks, is_up = _signed_ranks(differences)
    lean = abs(2 * float(ranks[is_up].sum()) - float(ranks.sum()))
    return erfc(lean / sqrt(2 * float((ranks**2).sum())))


def rank_biserial(differences: Vector) -> float | None:
    """Return the rank sum of the pairs that A wins less that of B's, as a share of both, in [-1, 1] (Kerby 2014).

    None where nothing differs.
    """
    ranks, is_up = _signed_ranks(differences)
    total = float(ranks.sum())
    return (2 * float(ranks[is_up].sum()) - total) / total if total else None


def _signed_ranks(differences: Vector) -> tuple[Vector, NDArray[np.bool_]]:
    """Return the ranks of the non-zero sizes, with zeros ranked along, and which of them are positive."""
    sizes = np.abs(differences)
    # 0.3 - 0.2 and 0.2 - 0.1 are one size.
    ranks = centred_ranks(np.round(sizes / max(float(sizes.max()), _TINY), _DIGITS)) + (sizes.size + 1) / 2
    moved = differences != 0
    return ranks[moved], differences[moved] > 0


def _exact_wilcoxon(ranks: Vector, lean: float) -> float:
    """Return the share of all sign assignments under which the signed ranks are as extreme."""
    # Shared ranks end in .5: doubled, all are whole numbers.
    doubled = np.rint(2 * ranks).astype(np.intp)
    ways = np.zeros(int(doubled.sum()) + 1)
    ways[0] = 1
    for rank in doubled:
        ways[rank:] += ways[:-rank].copy()
    leans = np.abs(2 * np.arange(ways.size) - (ways.size - 1))
    return float(ways[leans >= round(2 * lean)].sum() / ways.sum())
