"""A comparison of groups without common cases, as rows of short texts."""

from evaluation.comparisons.sentences import FRACTION, open_end_lines, size_of
from evaluation.formatting import coefficient, counted, measured, p_cell, score
from evaluation.results.unpaired import GroupResult, UnpairedComparisonResult, UnpairedPairResult
from evaluation.stats.verdicts import A_BETTER, B_BETTER, EQUIVALENT, INSUFFICIENT_DATA

Row = dict[str, str]
_EFFECTS = {"cohen_h": "h", "hedges_g": "g"}


def unpaired_rows(result: UnpairedComparisonResult) -> list[Row]:
    """Return a row for each pair and metric, the headline's first; differences are first group minus second."""
    is_pair = len(result.groups) == 2
    return [_row(pair, is_headline=pair.metric == result.headline, is_pair=is_pair) for pair in result.pairs]


def _row(pair: UnpairedPairResult, *, is_headline: bool, is_pair: bool) -> Row:
    """Return the row of a pair; with two groups alone, their names are the titles of the means."""
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
    """Return the title of a group's column, unique among the columns."""
    return f"{label} (group)" if label in _TITLES else label


def _mean(value: float, pair: UnpairedPairResult) -> str:
    return score(value) if pair.unit == FRACTION else measured(value)


def _effect(pair: UnpairedPairResult) -> str:
    if pair.effect_size is None:
        return "–"
    return f"{_EFFECTS[pair.effect_size_name]} = {coefficient(pair.effect_size, signed=True)}"


def _verdict_words(pair: UnpairedPairResult) -> str:
    if pair.verdict in (A_BETTER, B_BETTER):
        return f"{pair.a if pair.verdict == A_BETTER else pair.b} better"
    if pair.verdict == EQUIVALENT:
        return "equivalent within the margin"
    if pair.verdict == INSUFFICIENT_DATA:
        return "too few to tell"
    return (
        f"inconclusive (+{counted(pair.needed.n_more, 'case')} each)"
        if pair.needed and pair.needed.n_more
        else "inconclusive"
    )


def legend(result: UnpairedComparisonResult) -> str:
    """Return an explanation of the columns."""
    about = "* headline. Differences are the first group minus the second, unpaired [95 %"
    ranks = "ranks p: Mann–Whitney test."
    open_ends = "".join(f" {line}" for line in open_end_lines(result.pairs))
    if len(result.headline_pairs) == 1:
        return f"{about}]; {ranks}{open_ends}"
    return f"{about} over all pairs of the metric]; p is adjusted by Holm; {ranks}{open_ends}"


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
