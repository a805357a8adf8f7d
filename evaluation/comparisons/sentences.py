"""What a comparison says in words: who is better, or equal by a margin, or how many more cases would tell."""

from collections.abc import Callable, Sequence

from evaluation.comparisons.preference_words import preference_sentence
from evaluation.formatting import counted, listed, p_value, points, quantity, with_article
from evaluation.results.comparisons import ComparisonResult, MetricComparisonResult
from evaluation.results.pairs import PairResult
from evaluation.results.unpaired import UnpairedPairResult
from evaluation.stats.binary_pairs import AIM
from evaluation.stats.power import exact_mcnemar_cases
from evaluation.stats.verdicts import A_BETTER, B_BETTER, EQUIVALENT, INCONCLUSIVE, INSUFFICIENT_DATA, MIN_PAIRS, Kind

FRACTION = "fraction"


AnyPair = PairResult | UnpairedPairResult


def amount(value: float, pair: AnyPair, *, signed: bool = False) -> str:
    """Return a difference of that pair's metric as a bare number: points of a share, or the metric's unit."""
    if pair.kind == Kind.RATIO:
        return quantity(value)
    if pair.unit == FRACTION or pair.kind == Kind.ORDINAL:
        return points(value, signed=signed)
    return quantity(value, signed=signed)


def unit_of(pair: AnyPair) -> str:
    """Return the unit to write after an amount."""
    if pair.unit == FRACTION or pair.kind == Kind.ORDINAL:
        return " points"
    return f" {pair.unit}" if pair.unit else ""


def interval(pair: AnyPair, *, flipped: bool = False, signed: bool = False) -> str:
    """Return the interval of the difference, `[1.9, 6.3]`, seen from the other side if flipped.

    `(0.0, 6.3]` where it ends at no difference, which the test rules out; `[no interval]` without one.
    """
    if pair.low is None or pair.high is None:
        return "[no interval]"
    low, high = pair.low, pair.high
    if flipped:
        low, high = (1 / high, 1 / low) if pair.kind == Kind.RATIO else (0.0 - high, 0.0 - low)
    left, right = ("(" if is_open_end(low, pair) else "["), (")" if is_open_end(high, pair) else "]")
    return f"{left}{amount(low, pair, signed=signed)}, {amount(high, pair, signed=signed)}{right}"


def is_open_end(limit: float | None, pair: AnyPair) -> bool:
    """Check whether the interval ends there because the test shows a difference, and does not contain that limit."""
    return limit == (1.0 if pair.kind == Kind.RATIO else 0.0) and pair.verdict in (A_BETTER, B_BETTER)


def open_end_lines(pairs: Sequence[AnyPair]) -> list[str]:
    """Return how to read intervals with an open end; empty where none of these has one."""
    has_open_end = any(is_open_end(limit, pair) for pair in pairs for limit in (pair.low, pair.high))
    return [OPEN_ENDS] if has_open_end else []


OPEN_ENDS = "A round bracket: the interval ends at no difference, which the test rules out."


def size_of(pair: AnyPair, *, flipped: bool = False, signed: bool = False) -> str:
    """Return `4.1 points [1.9, 6.3]`, or `0.52 times [0.50, 0.54]` of a ratio."""
    value = pair.difference
    if value is None:
        return "no difference can be told"
    if flipped:
        value = 1 / value if pair.kind == Kind.RATIO else -value
    word = " times" if pair.kind == Kind.RATIO else unit_of(pair)
    return f"{amount(value, pair, signed=signed)}{word} {interval(pair, flipped=flipped, signed=signed)}"


def margin_words(margin: float, pair: AnyPair) -> str:
    """Return `1 point`, `2 points`, `a factor of 1.10`: a margin of that pair's metric."""
    if pair.kind == Kind.RATIO:
        return f"a factor of {quantity(1 + margin)}"
    number, word = amount(margin, pair).removesuffix(".0"), unit_of(pair)
    return f"{number} point" if word == " points" and number == "1" else f"{number}{word}"


def shown_pairs(pair: PairResult) -> str:
    """Return `1,319 pairs`, with the number of clusters that they form."""
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
    """Return the source of these pairs' p-values: `exact McNemar, Holm over 6 pairs`.

    Empty where there was no test.
    """
    methods = dict.fromkeys(pair.method.rpartition("+")[2] for pair in pairs if pair.p_value is not None)
    names = list(dict.fromkeys(_TESTS.get(method, method) for method in methods))
    if not names:
        return ""
    is_adjusted = n_adjusted > 1 and any(pair.p_adjusted is not None for pair in pairs)
    return listed(names) + (f", Holm over {n_adjusted} pairs" if is_adjusted else "")


def n_tested(pairs: Sequence[PairResult]) -> int:
    """Return for how many pairs p-values are adjusted; those with too few cases are not tested, and claim nothing."""
    return sum(pair.p_adjusted is not None for pair in pairs)


def evidence_of(pair: PairResult, n_adjusted: int = 1) -> str:
    """Return `p = .0004 (exact McNemar), 1,319 pairs`, with the number of comparisons for which p is adjusted."""
    p = pair.p_value if pair.p_adjusted is None else pair.p_adjusted
    test = named_tests([pair], n_adjusted)
    return f"{p_value(p)}{f' ({test})' if test else ''}, {shown_pairs(pair)}"


def what_is_missing(pair: PairResult) -> str | None:
    """Return `240 more cases would settle a 3-point difference`; None where the two are equal on all cases.

    For right or wrong answers without a margin the count is for 3 points, whatever difference was observed; where the
    observed one is larger, the count for it is given too.
    """
    if is_all_equal(pair) and pair.margin is None:
        return None
    if pair.n_more and pair.aim:
        aim = aim_words(pair.aim, pair, lambda: _more_for_seen(pair))
        return f"{more_cases(pair.n_more)} would settle {aim}"
    if pair.mde is not None:
        return f"a difference of {amount_with_unit(pair.mde, pair)} or more would have shown"
    return f"these cases cannot tell {pair.a} from {pair.b}"


def is_all_equal(pair: PairResult) -> bool:
    """Check whether the two have the same value on every case."""
    return bool(pair.n_pairs) and pair.n_equal == pair.n_pairs


def all_equal(pair: PairResult) -> str:
    """Return `A and B are equal on all 40 pairs`, and how large a difference that leaves possible, if known."""
    limits = [abs(limit) for limit in (pair.low, pair.high) if limit is not None]
    possible = (
        f", which leaves a difference of up to {amount_with_unit(max(limits), pair)} possible" if any(limits) else ""
    )
    is_ratio = pair.kind == Kind.RATIO
    return f"{pair.a} and {pair.b} are equal on all {shown_pairs(pair)}{'' if is_ratio else possible}"


def more_cases(n: int) -> str:
    """Return `240 more cases`."""
    return counted(n, "more case")


def aim_words(aim: float, pair: AnyPair, more_for_seen: Callable[[], int]) -> str:
    """Return the difference for which further cases were counted, and how many more the observed one takes.

    Args:
        aim: The difference.
        pair: The pair.
        more_for_seen: Returns the further cases that would show the observed difference; 0 for none.
    """
    return f"{_aimed_at(aim, pair)}{_aim_is(pair, more_for_seen)}"


def _aim_is(pair: AnyPair, more_for_seen: Callable[[], int]) -> str:
    if pair.margin is not None:
        return ", the margin"
    if pair.kind != Kind.BINARY:
        return ", the observed one"
    n_more = more_for_seen()
    seen = points(abs(pair.difference or 0.0)).removesuffix(".0")
    return f", and {more_cases(n_more)} the observed one of {seen} points" if n_more else ""


def _more_for_seen(pair: PairResult) -> int:
    """Return the further cases that would show the observed difference; 0 where it is no larger than the usual aim."""
    seen = abs(pair.difference or 0.0)
    if seen <= AIM:
        return 0
    n_pairs = pair.n_pairs
    discordant = (pair.n_better_a + pair.n_better_b) / n_pairs
    alpha = round(1 - pair.confidence_level, 12)
    return max(0, exact_mcnemar_cases(seen, discordant=discordant, alpha=alpha) - n_pairs)


def _aimed_at(aim: float, pair: AnyPair) -> str:
    if pair.kind == Kind.RATIO:
        return f"a factor of {quantity(max(aim, 1 / aim))}"
    if pair.unit == FRACTION or pair.kind == Kind.ORDINAL:
        return f"{with_article(points(abs(aim)).removesuffix('.0'))}-point difference"
    return f"a difference of {amount(abs(aim), pair)}{unit_of(pair)}"


def amount_with_unit(value: float, pair: AnyPair) -> str:
    """Return `4.1 points`, `a factor of 1.20`: a difference of that pair's metric."""
    return f"a factor of {quantity(value)}" if pair.kind == Kind.RATIO else f"{amount(value, pair)}{unit_of(pair)}"


ALPHA = 0.05


def sentences(result: ComparisonResult) -> list[str]:
    """Return the sentences on the headline, then on the margin, then on where tests and intervals disagree."""
    metric = result.headline
    preferred = [f"{preference_sentence(preference)}." for preference in result.preferences]
    if metric is None:
        return [*preferred, *(f"{pair.metric}: {pair_sentence(pair)}." for pair in result.pairs)] or [
            "there is nothing to compare"
        ]
    pairs = result.headline_pairs
    extra = [sentence for pair in _looked_at(result, pairs) if (sentence := not_worse(pair, result.against))]
    notes = dict.fromkeys(note for pair in pairs for note in pair.notes if len(pairs) == 1)
    return [
        *leading_sentences(result),
        *extra,
        *preferred,
        *(f"{note[0].upper()}{note[1:]}." for note in notes),
    ]


def leading_sentences(result: ComparisonResult) -> list[str]:
    """Return the sentences on the headline, one for each comparison mentioned; empty without a headline."""
    pairs = result.headline_pairs
    if not pairs:
        return []
    if len(pairs) == 1:
        return [f"{pair_sentence(pairs[0])}."]
    if result.against is not None:
        return [f"{_against(result.against, pairs)}."]
    return [f"{sentence}." for sentence in _many(result.metric(result.headline), pairs)]


def pair_sentence(pair: PairResult, *, n_adjusted: int = 1) -> str:
    """Return the conclusion from one pair, and what it leaves open.

    Args:
        pair: As in a comparison's result.
        n_adjusted: For how many pairs its p-value is adjusted.
    """
    a, b, verdict = pair.a, pair.b, pair.verdict
    if verdict in (A_BETTER, B_BETTER):
        first, second = (a, b) if verdict == A_BETTER else (b, a)
        return f"{_better(pair, first, second)}, {evidence_of(pair, n_adjusted)}"
    if verdict == EQUIVALENT and pair.margin is not None:
        return f"{a} and {b} are equivalent within {margin_words(pair.margin, pair)} ({_seen(pair, n_adjusted)})"
    if verdict == INSUFFICIENT_DATA:
        return _too_few(pair)
    missing = what_is_missing(pair)
    return f"inconclusive: {missing} ({_seen(pair, n_adjusted)})" if missing else f"inconclusive: {all_equal(pair)}"


def _better(pair: PairResult, first: str, second: str) -> str:
    """Return `B is better than A by 4.1 points [1.9, 6.3]`, always stated as a gain."""
    flipped = first == pair.b
    if pair.kind == Kind.RATIO:
        return f"{first} is better than {second}: {pair.metric} {size_of(pair, flipped=flipped)} as large"
    if pair.kind == Kind.ORDINAL:
        how = f"rated higher {size_of(pair, flipped=flipped)} more often than lower"
        return f"{first} is better than {second}: {how}"
    falling = "" if pair.higher_is_better else f" ({pair.metric}, lower is better)"
    if not pair.higher_is_better:
        flipped = not flipped
    return f"{first} is better than {second} by {size_of(pair, flipped=flipped)}{falling}"


def _seen(pair: PairResult, n_adjusted: int) -> str:
    if pair.difference is None:
        return shown_pairs(pair)
    if is_all_equal(pair):
        return all_equal(pair)
    how = "to" if pair.kind == Kind.RATIO else "minus"
    return f"{pair.a} {how} {pair.b}: {size_of(pair, signed=True)}, {evidence_of(pair, n_adjusted)}"


def _too_few(pair: PairResult) -> str:
    if not pair.n_pairs:
        return f"{pair.a} and {pair.b} share no case with a value on both sides"
    are = "is" if pair.n_pairs == 1 else "are"
    if pair.n_clusters is not None and pair.p_value is None:
        return f"insufficient data: {shown_pairs(pair)} cannot tell {pair.a} from {pair.b}"
    few = f"{shown_pairs(pair)} {are} too few to tell {pair.a} from {pair.b} (at least {MIN_PAIRS})"
    return f"insufficient data: {few}"


def not_worse(pair: PairResult, against: str | None = None) -> str | None:
    """Return the sentence that a side is not worse by the margin, where the verdict claims no more; else None."""
    if pair.margin is None or pair.verdict in (EQUIVALENT, INSUFFICIENT_DATA):
        return None
    sides = ((pair.a, pair.b, pair.p_a_not_worse), (pair.b, pair.a, pair.p_b_not_worse))
    winner = {A_BETTER: pair.a, B_BETTER: pair.b}.get(pair.verdict)
    claims = [
        f"{side} is not worse than {other} by {margin_words(pair.margin, pair)} or more ({p_value(p)})"
        for side, other, p in sides
        if p is not None and p < ALPHA and side not in (winner, against)
    ]
    return f"{listed(claims)}." if claims else None


def _looked_at(result: ComparisonResult, pairs: Sequence[PairResult]) -> Sequence[PairResult]:
    return pairs if len(pairs) == 1 or result.against is not None else ()


def _against(baseline: str, pairs: Sequence[PairResult]) -> str:
    """Return how each side compares with the baseline, clear results first."""
    better, worse = list[str](), list[str]()
    undecided: dict[str, list[str]] = {}
    for pair in pairs:
        other = pair.a if pair.b == baseline else pair.b
        wins = A_BETTER if other == pair.a else B_BETTER
        size = size_of(pair, flipped=(other == pair.b) == (pair.higher_is_better or pair.kind == Kind.RATIO))
        loss = size_of(pair, flipped=(other == pair.a) == (pair.higher_is_better or pair.kind == Kind.RATIO))
        p = p_value(pair.p_adjusted)
        if pair.verdict == wins:
            better.append(f"{other} (by {size}, {p})")
        elif pair.verdict in (A_BETTER, B_BETTER):
            worse.append(f"{other} (by {loss}, {p})")
        else:
            missing = what_is_missing(pair) if pair.verdict == INCONCLUSIVE else None
            undecided.setdefault(pair.verdict, []).append(f"{other} ({missing})" if missing else other)
    kinds = {"better": better, "worse": worse, **undecided}
    test = named_tests(pairs, n_tested(pairs))
    texts = "; ".join(f"{word}: {listed(names)}" for word, names in kinds.items() if names)
    return f"against {baseline}: {texts}" + (f" ({test})" if test and (better or worse) else "")


def _many(metric: MetricComparisonResult, pairs: Sequence[PairResult]) -> list[str]:
    """Return which side wins, if any.

    Else which one leads without being distinguishable, and how the first two of them compare.
    """
    order, winner, n_adjusted = metric.order, metric.winner, n_tested(pairs)
    if winner is not None:
        nearest = min(_pairs_of(winner, pairs), key=lambda pair: abs(_gap(pair)))
        other = nearest.b if nearest.a == winner else nearest.a
        lead = _better(nearest, winner, other).removeprefix(f"{winner} is better than {other}")
        nearest_one = f"better than the nearest, {other}{lead if lead.startswith(':') else ',' + lead}"
        return [f"{winner} is the best of {len(order)}: {nearest_one}, {evidence_of(nearest, n_adjusted)}"]
    if not order:
        return ["no side could be ranked"]
    leaders = [order[0], *(o for o in order[1:] if _is_open(order[0], o, pairs))]
    if len(leaders) == 1:
        return [f"no winner among {len(order)}: not every lead is shown"]
    first = next(pair for pair in pairs if {pair.a, pair.b} == set(leaders[:2]))
    return [
        f"no winner among {len(order)}: {listed(leaders)} cannot be told apart",
        f"The first two: {pair_sentence(first, n_adjusted=n_adjusted)}",
    ]


def _pairs_of(side: str, pairs: Sequence[PairResult]) -> list[PairResult]:
    return [pair for pair in pairs if side in (pair.a, pair.b)]


def _gap(pair: PairResult) -> float:
    value = pair.difference
    if value is None:
        return 0.0
    return float(value - 1 if pair.kind == Kind.RATIO else value)


def _is_open(a: str, b: str, pairs: Sequence[PairResult]) -> bool:
    return any({pair.a, pair.b} == {a, b} and pair.verdict not in (A_BETTER, B_BETTER) for pair in pairs)
