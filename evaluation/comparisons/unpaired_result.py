"""The result of a comparison of groups without common cases, with its headline in sentences."""

from collections.abc import Sequence
from dataclasses import replace

from evaluation.comparisons.comparison_result import requested_runs
from evaluation.comparisons.sentences import aim_words, amount_with_unit, margin_words, more_cases, size_of
from evaluation.comparisons.unpaired import compare_unpaired
from evaluation.formatting import counted, listed, p_value
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.unpaired import UnpairedComparisonResult, UnpairedPairResult
from evaluation.stats.binary_pairs import AIM
from evaluation.stats.unpaired_comparison import MIN_GROUP
from evaluation.stats.unpaired_power import more_for_shares
from evaluation.stats.verdicts import A_BETTER, B_BETTER, EQUIVALENT, INCONCLUSIVE, INSUFFICIENT_DATA
from evaluation.store.session import Store

_TESTS = {"chi2": "χ²", "fisher": "Fisher's exact test", "welch": "Welch's t"}


def unpaired_result(store: Store, request: ComparisonRequest) -> UnpairedComparisonResult:
    """Return the comparison of the requested runs, with its sentences.

    Raises:
        BenchwrightError: what cannot be compared, and why.
    """
    result = compare_unpaired(store, requested_runs(store, request), request)
    return replace(result, sentences=tuple(unpaired_sentences(result)))


def unpaired_sentences(result: UnpairedComparisonResult) -> list[str]:
    """Return the sentences on the headline: one for each pair.

    With several pairs the clear ones, and what would settle the largest difference of the others.
    """
    pairs = result.headline_pairs
    n_tested = sum(pair.p_adjusted is not None for pair in pairs)
    if len(pairs) == 1:
        return [f"{_pair_sentence(pairs[0], 1)}."]
    clear = [pair for pair in pairs if pair.verdict in (A_BETTER, B_BETTER)]
    if n_tested == 0:
        return [f"insufficient data: no pair has {MIN_GROUP} cases in both groups."]
    differ = "differ" if len(clear) > 1 else "differs"
    lead = f"{len(clear) or 'None'} of {counted(len(pairs), 'pair')} {differ} significantly ({_tests(pairs, n_tested)})"
    lacking = _largest_lacks([pair for pair in pairs if pair.verdict == INCONCLUSIVE])
    if not clear:
        return [f"{lead}; {lacking}." if lacking else f"{lead}."]
    others = [f"Of the others, {lacking}."] if lacking else []
    return [f"{lead}.", *(f"{_pair_sentence(pair, n_tested)}." for pair in clear), *others]


def _largest_lacks(pairs: Sequence[UnpairedPairResult]) -> str | None:
    """Return what would settle the largest difference of inconclusive pairs; None where nothing can be said."""
    largest = max(pairs, key=lambda pair: abs(pair.difference or 0.0), default=None)
    lacking = None if largest is None else what_groups_lack(largest)
    return f"{largest.a} and {largest.b} differ most: {lacking}" if largest is not None and lacking else None


def what_groups_lack(pair: UnpairedPairResult) -> str | None:
    """Return `240 more cases in each group would settle a 3-point difference`; None where no value varies."""
    needed = pair.needed
    if needed is None:
        return None
    if needed.n_more and needed.aim:
        aim = aim_words(needed.aim, pair, lambda: _more_for_shares_seen(pair))
        return f"{more_cases(needed.n_more)} in each group would settle {aim}"
    if needed.mde is not None:
        return f"a difference of {amount_with_unit(needed.mde, pair)} or more would have shown"
    return f"these cases cannot tell {pair.a} from {pair.b}"


def _more_for_shares_seen(pair: UnpairedPairResult) -> int:
    """Return the further cases of each group that would show the observed shares; 0 where they are that close."""
    if abs(pair.difference or 0.0) <= AIM:
        return 0
    alpha = round(1 - pair.confidence_level, 12)
    return more_for_shares(pair.mean_a, pair.mean_b, pair.n_a, pair.n_b, alpha=alpha) or 0


def _pair_sentence(pair: UnpairedPairResult, n_tested: int) -> str:
    a, b = pair.a, pair.b
    if pair.verdict == INSUFFICIENT_DATA:
        return f"insufficient data: {_sizes(pair)} are too few to tell {a} from {b} (at least {MIN_GROUP} each)"
    evidence = f"{p_value(pair.p_adjusted)} ({_tests([pair], n_tested)}), {_sizes(pair)}"
    if pair.verdict in (A_BETTER, B_BETTER):
        first, second = (a, b) if pair.verdict == A_BETTER else (b, a)
        size = size_of(pair, flipped=(first == b) == pair.higher_is_better)
        falling = "" if pair.higher_is_better else f" ({pair.metric}, lower is better)"
        return f"{first} is better than {second} by {size}{falling}, {evidence}"
    seen = f"{a} minus {b}: {size_of(pair, signed=True)}, {evidence}"
    if pair.verdict == EQUIVALENT and pair.margin is not None:
        return f"{a} and {b} are equivalent within {margin_words(pair.margin, pair)} ({seen})"
    lacking = what_groups_lack(pair)
    return f"inconclusive: {lacking} ({seen})" if lacking else f"inconclusive: {seen}"


def _tests(pairs: Sequence[UnpairedPairResult], n_tested: int) -> str:
    """Return the tests behind the p-values: `χ², Holm over 3 pairs`."""
    methods = dict.fromkeys(pair.method.rpartition("+")[2] for pair in pairs if pair.p_adjusted is not None)
    return listed([_TESTS[method] for method in methods]) + (f", Holm over {n_tested} pairs" if n_tested > 1 else "")


def _sizes(pair: UnpairedPairResult) -> str:
    """Return `40 and 30 cases`, or the number of clusters whose means were compared."""
    if pair.n_clusters_a is not None and pair.n_clusters_b is not None:
        return f"{pair.n_clusters_a:,} and {counted(pair.n_clusters_b, 'cluster')}"
    return f"{pair.n_a:,} and {counted(pair.n_b, 'case')}"
