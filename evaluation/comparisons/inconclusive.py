"""What would an inconclusive pair need? More cases: for the margin, else for 3 points or the difference seen."""

from collections.abc import Callable

from evaluation.comparisons.words import FRACTION, HasDifference, amount, shown_pairs, unit_of
from evaluation.formatting import counted, points, quantity
from evaluation.results.pairs import PairResult
from evaluation.results.unpaired import UnpairedPairResult
from evaluation.stats.binary_pairs import AIM
from evaluation.stats.kinds import Kind
from evaluation.stats.mcnemar_power import exact_mcnemar_cases
from evaluation.stats.unpaired_power import more_for_shares


def what_is_missing(pair: PairResult) -> str | None:
    """Return `240 more cases would settle a 3-point difference`; None where the two are equal on all cases.

    Of right or wrong answers without a margin the count is for 3 points, whatever was seen; where that was more, the
    count for as much stands beside it.
    """
    if is_all_equal(pair) and pair.margin is None:
        return None
    if pair.n_more and pair.aim:
        aim = f"{_aimed_at(pair.aim, pair)}{_aim_is(pair, lambda: _more_for_seen(pair))}"
        return f"{_more(pair.n_more)} would settle {aim}"
    if pair.mde is not None:
        return f"a difference of {_amount_of(pair.mde, pair)} or more would have shown"
    return f"these cases cannot tell {pair.a} from {pair.b}"


def what_groups_lack(pair: UnpairedPairResult) -> str | None:
    """Return `240 more cases in each group would settle a 3-point difference`; None where no value varies."""
    needed = pair.needed
    if needed is None:
        return None
    if needed.n_more and needed.aim:
        aim = f"{_aimed_at(needed.aim, pair)}{_aim_is(pair, lambda: _more_for_shares_seen(pair))}"
        return f"{_more(needed.n_more)} in each group would settle {aim}"
    if needed.mde is not None:
        return f"a difference of {_amount_of(needed.mde, pair)} or more would have shown"
    return f"these cases cannot tell {pair.a} from {pair.b}"


def is_all_equal(pair: PairResult) -> bool:
    """Return True where the two have the same value on every case."""
    return bool(pair.n_pairs) and pair.n_equal == pair.n_pairs


def all_equal(pair: PairResult) -> str:
    """Return `A and B are equal on all 40 pairs`, and how large a difference that leaves possible.

    Where it can be told.
    """
    limits = [abs(limit) for limit in (pair.low, pair.high) if limit is not None]
    possible = f", which leaves a difference of up to {_amount_of(max(limits), pair)} possible" if any(limits) else ""
    is_ratio = pair.kind == Kind.RATIO
    return f"{pair.a} and {pair.b} are equal on all {shown_pairs(pair)}{'' if is_ratio else possible}"


def _more(n: int) -> str:
    return counted(n, "more case")


def _aim_is(pair: PairResult | UnpairedPairResult, more_for_seen: Callable[[], int]) -> str:
    """Return what the difference is that the cases were counted for, where it is not the usual 3 points."""
    if pair.margin is not None:
        return ", the margin"
    if pair.kind != Kind.BINARY:
        return ", the one seen"
    n_more = more_for_seen()
    seen = points(abs(pair.difference or 0.0)).removesuffix(".0")
    return f", and {_more(n_more)} one of {seen} points, as seen" if n_more else ""


def _more_for_seen(pair: PairResult) -> int:
    """Return further cases that would show the difference that was seen; 0 where it is no larger than the usual aim."""
    seen = abs(pair.difference or 0.0)
    if seen <= AIM:
        return 0
    n_pairs = pair.n_pairs
    discordant = (pair.n_better_a + pair.n_better_b) / n_pairs
    alpha = round(1 - pair.confidence_level, 12)
    return max(0, exact_mcnemar_cases(seen, discordant=discordant, alpha=alpha) - n_pairs)


def _more_for_shares_seen(pair: UnpairedPairResult) -> int:
    """Return further cases of each group that would show the shares that were seen; 0 where they are that close."""
    if abs(pair.difference or 0.0) <= AIM:
        return 0
    alpha = round(1 - pair.confidence_level, 12)
    return more_for_shares(pair.mean_a, pair.mean_b, pair.n_a, pair.n_b, alpha=alpha) or 0


def _aimed_at(aim: float, pair: HasDifference) -> str:
    if pair.kind == Kind.RATIO:
        return f"a factor of {quantity(max(aim, 1 / aim))}"
    if pair.unit == FRACTION or pair.kind == Kind.ORDINAL:
        return f"a {points(abs(aim)).removesuffix('.0')}-point difference"
    return f"a difference of {amount(abs(aim), pair)}{unit_of(pair)}"


def _amount_of(value: float, pair: HasDifference) -> str:
    return f"a factor of {quantity(value)}" if pair.kind == Kind.RATIO else f"{amount(value, pair)}{unit_of(pair)}"
