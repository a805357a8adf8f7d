"""What a comparison says, in one sentence first: who is better, or equal by a margin, or what is still missing."""

from collections.abc import Sequence

from evaluation.comparisons.inconclusive import all_equal, is_all_equal, what_is_missing
from evaluation.comparisons.preference_words import preference_sentence
from evaluation.comparisons.words import evidence_of, listed, margin_words, n_tested, named_tests, shown_pairs, size_of
from evaluation.formatting import p_value
from evaluation.results.comparisons import ComparisonResult, MetricComparisonResult
from evaluation.results.pairs import PairResult
from evaluation.stats.kinds import Kind
from evaluation.stats.verdicts import A_BETTER, B_BETTER, EQUIVALENT, INSUFFICIENT_DATA, MIN_PAIRS

ALPHA = 0.05


def sentences(result: ComparisonResult) -> list[str]:
    """First what the headline says, then what the margin adds to it, and where tests and intervals disagree."""
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
    """Return what the headline says, a sentence for each comparison that is told of; empty without a headline."""
    pairs = result.headline_pairs
    if not pairs:
        return []
    if len(pairs) == 1:
        return [f"{pair_sentence(pairs[0])}."]
    if result.against is not None:
        return [f"{_against(result.against, pairs)}."]
    return [f"{sentence}." for sentence in _many(result.metric(result.headline), pairs)]


def pair_sentence(pair: PairResult, *, n_adjusted: int = 1) -> str:
    """Return what one pair says, and what it does not.

    Args:
        pair: As a comparison's result has it.
        n_adjusted: For how many pairs its p-value allows.
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
    """Return `B is better than A by 4.1 points [1.9, 6.3]`, always a gain."""
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
    how = "to" if pair.kind == Kind.RATIO else "less"
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
    """Return the sentence that a side is not worse by the margin, where the verdict says no more; else None."""
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
    """Return how each side stands to the baseline, the clear ones first."""
    better, worse, open_ = [], [], []
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
            open_.append(f"{other} ({pair.verdict})")
    kinds = {"better": better, "worse": worse, "not told apart": open_}
    test = named_tests(pairs, n_tested(pairs))
    outcomes = "; ".join(f"{word}: {listed(names)}" for word, names in kinds.items() if names)
    return f"against {baseline}: {outcomes}" + (f" ({test})" if test and (better or worse) else "")


def _many(metric: MetricComparisonResult, pairs: Sequence[PairResult]) -> list[str]:
    """Return who wins, where anybody does.

    Else who leads and cannot be told apart, and how the first two of them compare.
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
