"""Differences, ratios and p-values of a comparison in the words in which people read them."""

from collections.abc import Mapping
from typing import Any

from evaluation.reports.tables import counted

RATIO = "ratio"
ORDINAL = "ordinal"
FRACTION = "fraction"


def shown_p_value(p_value: float | None) -> str:
    """`p = .0032`, `p = .034`, `p < .0001`; `no test` where there was none."""
    if p_value is None:
        return "no test"
    if p_value < 0.0001:
        return "p < .0001"
    digits = 4 if p_value < 0.01 else 3
    text = f"{p_value:.{digits}f}"
    return f"p = {text.removeprefix('0')}" if text.startswith("0") else f"p = {text}"


def short_p_value(p_value: float | None) -> str:
    """The same for a table's cell, without the p."""
    return shown_p_value(p_value).removeprefix("p ").removeprefix("= ") if p_value is not None else "–"


def points(value: float, *, signed: bool = False) -> str:
    """A share in points: `4.1`, and `0.04` where a tenth would hide it."""
    digits = 1 if not value or abs(value) >= 0.0005 else 2
    return f"{value * 100:{'+' if signed else ''}.{digits}f}"


def quantity(value: float, *, signed: bool = False) -> str:
    """A number of any size with three digits that count."""
    sign = "+" if signed else ""
    return f"{value:{sign},.0f}" if abs(value) >= 100 else f"{value:{sign}#.3g}"


def amount(value: float, pair: Mapping[str, Any], *, signed: bool = False) -> str:
    """A difference of that pair's metric as a bare number: points of a share, or the metric's unit."""
    if pair["kind"] == RATIO:
        return quantity(value)
    if pair["unit"] == FRACTION or pair["kind"] == ORDINAL:
        return points(value, signed=signed)
    return quantity(value, signed=signed)


def unit_of(pair: Mapping[str, Any]) -> str:
    """The word after an amount."""
    if pair["unit"] == FRACTION or pair["kind"] == ORDINAL:
        return " points"
    return f" {pair['unit']}" if pair["unit"] else ""


def interval(pair: Mapping[str, Any], *, flipped: bool = False, signed: bool = False) -> str:
    """`[1.9, 6.3]` of the difference, seen from the other side where it is flipped; `[no interval]` without one."""
    if pair["low"] is None or pair["high"] is None:
        return "[no interval]"
    low, high = pair["low"], pair["high"]
    if flipped:
        low, high = (1 / high, 1 / low) if pair["kind"] == RATIO else (-high, -low)
    return f"[{amount(low, pair, signed=signed)}, {amount(high, pair, signed=signed)}]"


def size_of(pair: Mapping[str, Any], *, flipped: bool = False, signed: bool = False) -> str:
    """`4.1 points [1.9, 6.3]`, or `0.52 times [0.50, 0.54]` of a ratio."""
    value = pair["difference"]
    if value is None:
        return "no difference can be told"
    if flipped:
        value = 1 / value if pair["kind"] == RATIO else -value
    word = " times" if pair["kind"] == RATIO else unit_of(pair)
    return f"{amount(value, pair, signed=signed)}{word} {interval(pair, flipped=flipped, signed=signed)}"


def shown_pairs(pair: Mapping[str, Any]) -> str:
    """`1,319 pairs`, with the clusters that they stand in."""
    clusters = f" in {counted(pair['n_clusters'], 'cluster')}" if pair["n_clusters"] is not None else ""
    return counted(pair["n_pairs"], "pair") + clusters


def evidence_of(pair: Mapping[str, Any], n_adjusted: int = 1) -> str:
    """`p = .0004, 1,319 pairs`, with the number of comparisons for which p allows."""
    p_value = pair["p_value"] if pair["p_adjusted"] is None else pair["p_adjusted"]
    adjusted = f" (Holm, {n_adjusted} pairs)" if n_adjusted > 1 and pair["p_adjusted"] is not None else ""
    return f"{shown_p_value(p_value)}{adjusted}, {shown_pairs(pair)}"


def listed(names: "list[str] | tuple[str, ...]") -> str:
    """`a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
