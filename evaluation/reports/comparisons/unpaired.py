"""A comparison of groups without common cases in sentences and rows of short texts."""

from collections.abc import Sequence
from dataclasses import replace

from evaluation.comparisons.saving import requested_runs
from evaluation.comparisons.unpaired import compare_unpaired
from evaluation.comparisons.words import FRACTION, listed, margin_words, size_of
from evaluation.formatting import coefficient, counted, p_cell, p_value, quantity, score
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.unpaired import GroupResult, UnpairedComparisonResult, UnpairedPairResult
from evaluation.stats.unpaired_comparison import MIN_GROUP
from evaluation.stats.verdicts import A_BETTER, B_BETTER, EQUIVALENT, INSUFFICIENT_DATA
from evaluation.store.session import Store

Row = dict[str, str]
_TESTS = {"chi2": "χ²", "fisher": "Fisher's exact test", "welch": "Welch's t"}
_EFFECTS = {"cohen_h": "h", "hedges_g": "g"}


def unpaired_result(store: Store, request: ComparisonRequest) -> UnpairedComparisonResult:
    """Return the comparison of the runs that a request means, with its sentences.

    Raises:
        BenchwrightError: what cannot be compared, and why.
    """
    result = compare_unpaired(store, requested_runs(store, request), request)
    return replace(result, sentences=tuple(unpaired_sentences(result)))


def unpaired_sentences(result: UnpairedComparisonResult) -> list[str]:
    """Return what the headline says: one sentence for each pair, of several pairs the clear ones."""
    pairs = result.headline_pairs
    n_tested = sum(pair.p_adjusted is not None for pair in pairs)
    if len(pairs) == 1:
        return [f"{_pair_sentence(pairs[0], 1)}."]
    clear = [pair for pair in pairs if pair.verdict in (A_BETTER, B_BETTER)]
    if n_tested == 0:
        return [f"insufficient data: no pair has {MIN_GROUP} cases in both groups."]
    differ = "differ" if len(clear) > 1 else "differs"
    lead = f"{len(clear) or 'None'} of {len(pairs):,} pairs {differ} significantly ({_tests(pairs, n_tested)})."
    return [lead, *(f"{_pair_sentence(pair, n_tested)}." for pair in clear)]


def _pair_sentence(pair: UnpairedPairResult, n_tested: int) -> str:
    a, b = pair.a, pair.b
    if pair.verdict == INSUFFICIENT_DATA:
        return f"insufficient data: {_sizes(pair)} are too few to tell {a} from {b} (at least {MIN_GROUP} each)"
    evidence = f"{p_value(pair.p_adjusted)} ({_tests([pair], n_tested)}), {_sizes(pair)}"
    if pair.verdict in (A_BETTER, B_BETTER):
        first, second = (a, b) if pair.verdict == A_BETTER else (b, a)
        size = size_of(pair, flipped=(first == b) == pair.higher_is_better)
        falling = "" if pair.higher_is_better else f" ({pair.metric}, less is better)"
        return f"{first} is better than {second} by {size}{falling}, {evidence}"
    seen = f"{a} less {b}: {size_of(pair, signed=True)}, {evidence}"
    if pair.verdict == EQUIVALENT and pair.margin is not None:
        return f"{a} and {b} are equivalent within {margin_words(pair.margin, pair)} ({seen})"
    return f"inconclusive: {seen}"


def _tests(pairs: Sequence[UnpairedPairResult], n_tested: int) -> str:
    """`χ², Holm over 3 pairs`."""
    methods = dict.fromkeys(pair.method.rpartition("+")[2] for pair in pairs if pair.p_adjusted is not None)
    return listed([_TESTS[method] for method in methods]) + (f", Holm over {n_tested} pairs" if n_tested > 1 else "")


def _sizes(pair: UnpairedPairResult) -> str:
    """`40 and 30 cases`, or the clusters of which the means were compared."""
    if pair.n_clusters_a is not None and pair.n_clusters_b is not None:
        return f"{pair.n_clusters_a:,} and {counted(pair.n_clusters_b, 'cluster')}"
    return f"{pair.n_a:,} and {counted(pair.n_b, 'case')}"


def unpaired_rows(result: UnpairedComparisonResult) -> list[Row]:
    """Return a row for each pair and metric, the headline's first; differences are the first group less the second."""
    is_pair = len(result.groups) == 2
    return [_row(pair, is_headline=pair.metric == result.headline, is_pair=is_pair) for pair in result.pairs]


def _row(pair: UnpairedPairResult, *, is_headline: bool, is_pair: bool) -> Row:
    """Return a row, of two groups alone with their names as titles of the means."""
    ranks, mean_a, mean_b = pair.mann_whitney, _mean(pair.mean_a, pair), _mean(pair.mean_b, pair)
    several = {"groups": f"{pair.a} – {pair.b}", "first": mean_a, "second": mean_b}
    return {
        "metric": pair.metric + (" *" if is_headline else ""),
        **({_column(pair.a): mean_a, _column(pair.b): mean_b} if is_pair else several),
        "difference": size_of(pair, signed=True),
        "effect size": _effect(pair),
        "p": p_cell(pair.p_value if pair.p_adjusted is None else pair.p_adjusted),
        "ranks p": "–" if ranks is None else p_cell(ranks.p_value),
        "rank-biserial": "–" if ranks is None else coefficient(ranks.rank_biserial, signed=True),
        "cases": f"{pair.n_a:,} and {pair.n_b:,}",
        "verdict": _verdict_words(pair),
    }


_TITLES = frozenset({"metric", "difference", "effect size", "p", "ranks p", "rank-biserial", "cases", "verdict"})


def _column(label: str) -> str:
    """Return the title of a group's column, which is no other column's."""
    return f"{label} (group)" if label in _TITLES else label


def _mean(value: float, pair: UnpairedPairResult) -> str:
    return score(value) if pair.unit == FRACTION else quantity(value)


def _effect(pair: UnpairedPairResult) -> str:
    if pair.effect_size is None:
        return "–"
    return f"{_EFFECTS[pair.effect_size_name]} = {coefficient(pair.effect_size, signed=True)}"


def _verdict_words(pair: UnpairedPairResult) -> str:
    if pair.verdict in (A_BETTER, B_BETTER):
        return f"{pair.a if pair.verdict == A_BETTER else pair.b} better"
    if pair.verdict == EQUIVALENT:
        return "equivalent within the margin"
    return "too few to tell" if pair.verdict == INSUFFICIENT_DATA else "inconclusive"


def legend(result: UnpairedComparisonResult) -> str:
    """Return what the columns are."""
    about = "* headline. Differences are the first group less the second, unpaired [95 %"
    ranks = "ranks p: Mann and Whitney's test."
    if len(result.headline_pairs) == 1:
        return f"{about}]; {ranks}"
    return f"{about} over all pairs of the metric]; p is adjusted by Holm; {ranks}"


def group_rows(result: UnpairedComparisonResult) -> list[Row]:
    """Return a row for each group: where its cases come from."""
    return [_group_row(group) for group in result.groups]


def _group_row(group: GroupResult) -> Row:
    return {
        "group": group.label,
        "benchmark": ", ".join(group.benchmarks),
        "version": ", ".join(version[:12] for version in group.benchmark_versions),
        "runs": ", ".join(group.run_ids),
        "cases": f"{group.n_cases:,}",
        "failed": f"{group.n_failed:,}",
    }
