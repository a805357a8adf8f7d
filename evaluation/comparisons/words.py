"""Differences, ratios and p-values of a comparison in the words in which people read them."""

from collections.abc import Sequence
from typing import Protocol

from evaluation.formatting import counted, p_value, points, quantity
from evaluation.results.pairs import PairResult
from evaluation.stats.verdicts import Kind

FRACTION = "fraction"


class HasDifference(Protocol):
    """Two sides, or two groups, that differ by so much on a metric."""

    @property
    def kind(self) -> Kind:
        """What the numbers are."""

    @property
    def unit(self) -> str:
        """The metric's."""

    @property
    def difference(self) -> float | None:
        """The first less the second; of a ratio, the first by the second."""

    @property
    def low(self) -> float | None:
        """Lower limit of the difference; None without an interval."""

    @property
    def high(self) -> float | None:
        """Upper limit of the difference; None without an interval."""


def amount(value: float, pair: HasDifference, *, signed: bool = False) -> str:
    """Return a difference of that pair's metric as a bare number: points of a share, or the metric's unit."""
    if pair.kind == Kind.RATIO:
        return quantity(value)
    if pair.unit == FRACTION or pair.kind == Kind.ORDINAL:
        return points(value, signed=signed)
    return quantity(value, signed=signed)


def unit_of(pair: HasDifference) -> str:
    """Return the word after an amount."""
    if pair.unit == FRACTION or pair.kind == Kind.ORDINAL:
        return " points"
    return f" {pair.unit}" if pair.unit else ""


def interval(pair: HasDifference, *, flipped: bool = False, signed: bool = False) -> str:
    """Return `[1.9, 6.3]` of the difference, seen from the other side where it is flipped.

    `[no interval]` without one.
    """
    if pair.low is None or pair.high is None:
        return "[no interval]"
    low, high = pair.low, pair.high
    if flipped:
        low, high = (1 / high, 1 / low) if pair.kind == Kind.RATIO else (-high, -low)
    return f"[{amount(low, pair, signed=signed)}, {amount(high, pair, signed=signed)}]"


def size_of(pair: HasDifference, *, flipped: bool = False, signed: bool = False) -> str:
    """Return `4.1 points [1.9, 6.3]`, or `0.52 times [0.50, 0.54]` of a ratio."""
    value = pair.difference
    if value is None:
        return "no difference can be told"
    if flipped:
        value = 1 / value if pair.kind == Kind.RATIO else -value
    word = " times" if pair.kind == Kind.RATIO else unit_of(pair)
    return f"{amount(value, pair, signed=signed)}{word} {interval(pair, flipped=flipped, signed=signed)}"


def margin_words(margin: float, pair: HasDifference) -> str:
    """Return `1 point`, `2 points`, `a factor of 1.10`: a margin of that pair's metric."""
    if pair.kind == Kind.RATIO:
        return f"a factor of {quantity(1 + margin)}"
    number, word = amount(margin, pair).removesuffix(".0"), unit_of(pair)
    return f"{number} point" if word == " points" and number == "1" else f"{number}{word}"


def shown_pairs(pair: PairResult) -> str:
    """Return `1,319 pairs`, with the clusters that they stand in."""
    clusters = f" in {counted(pair.n_clusters, 'cluster')}" if pair.n_clusters is not None else ""
    return counted(pair.n_pairs, "pair") + clusters


_TESTS = {
    "mcnemar_exact": "exact McNemar",
    "mcnemar_chi2": "McNemar",
    "sign_flip": "sign flips",
    "sign_flip_exact": "sign flips",
    "wilcoxon_pratt": "Wilcoxon",
    "wilcoxon_pratt_exact": "Wilcoxon",
    "log_t": "t of logarithms",
    "cluster_t": "t of cluster means",
}


def named_tests(pairs: Sequence[PairResult], n_adjusted: int) -> str:
    """Return `exact McNemar, Holm over 6 pairs`: where these pairs' p-values come from.

    Empty where there was no test.
    """
    methods = dict.fromkeys(pair.method.rpartition("+")[2] for pair in pairs if pair.p_value is not None)
    names = list(dict.fromkeys(_TESTS.get(method, method) for method in methods))
    if not names:
        return ""
    is_adjusted = n_adjusted > 1 and any(pair.p_adjusted is not None for pair in pairs)
    return listed(names) + (f", Holm over {n_adjusted} pairs" if is_adjusted else "")


def n_tested(pairs: Sequence[PairResult]) -> int:
    """For how many pairs adjusted p-values allow: those with too few cases are not tested, and claim nothing."""
    return sum(pair.p_adjusted is not None for pair in pairs)


def evidence_of(pair: PairResult, n_adjusted: int = 1) -> str:
    """Return `p = .0004 (exact McNemar), 1,319 pairs`, with the number of comparisons for which p allows."""
    p = pair.p_value if pair.p_adjusted is None else pair.p_adjusted
    test = named_tests([pair], n_adjusted)
    return f"{p_value(p)}{f' ({test})' if test else ''}, {shown_pairs(pair)}"


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Return `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
