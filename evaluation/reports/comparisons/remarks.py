"""The remarks below the tables of a comparison, one a line."""

from collections.abc import Sequence

from evaluation.comparisons.inconclusive import is_all_equal
from evaluation.comparisons.words import size_of
from evaluation.formatting import counted, p_value, quantity
from evaluation.reports.comparisons.tables import FIGURE_TITLES, is_pair, title, verdict_words
from evaluation.results.comparisons import ComparisonResult, MetricComparisonResult
from evaluation.results.estimates import MetricEstimate
from evaluation.results.pairs import PairResult
from evaluation.stats.kinds import Kind

RATIOS = "“Times” is the geometric mean of the ratios case by case, not the ratio of the two means shown."


def dropped_lines(result: ComparisonResult) -> list[str]:
    """For each side from which cases were dropped: how many, and why."""
    lines = []
    for side in result.sides:
        counts = side.counts
        kinds = {**counts.failures, **{f"no score: {kind}": n for kind, n in counts.score_failures.items()}}
        missing = counts.n_asked - counts.n_answered - sum(counts.failures.values())
        kinds |= {"not answered": missing} if missing > 0 else {}
        if kinds:
            counts_by_kind = ", ".join(f"{n:,} {kind}" for kind, n in kinds.items())
            lines.append(f"{side.label}: {counted(sum(kinds.values()), 'answer')} dropped ({counts_by_kind})")
        if counts.n_cached:
            lines.append(f"{side.label}: {counts.n_cached:,} of {counts.n_answered:,} prompts in a server's cache")
        if counts.n_reused:
            lines.append(f"{side.label}: {counted(counts.n_reused, 'answer')} reused, excluded from timing figures")
    unequal = [
        f"{pair.a} – {pair.b}: {pair.n_pairs:,} pairs; {pair.n_only_a:,} cases have a value only of the first, "
        f"{pair.n_only_b:,} only of the second"
        for pair in result.headline_pairs
        if pair.n_only_a or pair.n_only_b
    ]
    common = _of_common_cases(result) if unequal else None
    return lines + unequal + ([] if common is None else [common])


def _of_common_cases(result: ComparisonResult) -> str | None:
    """Return what the values and the order are of, where sides have a value of different cases.

    None where all are lacking.
    """
    values = result.metric(result.headline).values
    n = min((value.n_cases for value in values.values()), default=0)
    if not n:
        return None
    whose = "both sides" if len(result.sides) == 2 else "all sides"
    return (
        f"values and order above are over the {counted(n, 'case')} that {whose} have a value of; each difference is "
        "over the cases of its two sides; `benchwright show` uses each candidate's own cases, and may order them "
        "differently"
    )


def ratio_lines(result: ComparisonResult) -> list[str]:
    """Return how the ratios in the tables are to be read.

    Nothing where there is none: of many sides the headline's show.
    """
    shown = (
        pair
        for pair in result.pairs
        if pair.kind == Kind.RATIO and pair.difference is not None
        if pair.low is not None or not is_all_equal(pair)
        if is_pair(result) or pair.metric == result.metrics[0].metric
    )
    return [RATIOS] if any(shown) else []


def tail_lines(result: ComparisonResult) -> list[str]:
    """For each pair whose latencies were looked at so: how far the median and the slow tail are apart, in seconds."""
    return [
        f"{title(pair.metric)}, {pair.a} less {pair.b}: "
        + ", ".join(f"{name} {_shown_tail(tail)}" for name, tail in pair.tails.items())
        for pair in result.pairs
        if pair.tails
    ]


def _shown_tail(tail: MetricEstimate) -> str:
    value = quantity(tail.value, signed=True)
    if tail.low is None or tail.high is None:
        return f"{value} [no interval: too few cases]"
    return f"{value} [{quantity(tail.low, signed=True)}, {quantity(tail.high, signed=True)}]"


def note_lines(result: ComparisonResult) -> list[str]:
    """Return where the numbers come from, with metrics called as the tables call them."""
    return [_with_titles(note) for note in result.notes]


def _with_titles(note: str) -> str:
    names, colon, rest = note.partition(": ")
    words = names.split(", ")
    return f"{', '.join(map(title, words))}: {rest}" if colon and all(word in FIGURE_TITLES for word in words) else note


def zero_lines(result: ComparisonResult) -> list[str]:
    """For each pair of the headline of which a server failed: what comes of counting those cases as zero."""
    return [
        f"{pair.a} – {pair.b} on complete cases: {_short(pair)}; with failed cases as zero: "
        f"{_short(pair.with_numbers(pair.failures_as_zero))}"
        for pair in result.headline_pairs
        if pair.failures_as_zero is not None
    ]


def _short(pair: PairResult) -> str:
    p = pair.p_value if pair.p_adjusted is None else pair.p_adjusted
    return f"{size_of(pair, signed=True)}, {p_value(p)}, {counted(pair.n_pairs, 'pair')}, {verdict_words(pair)}"


def gate_line(metric: MetricComparisonResult) -> str | None:
    """Return what a test of all sides at once says; None for two sides."""
    gate = metric.gate
    if not gate:
        return None
    name = {"cochran_q": "Cochran's Q"}.get(gate.test, "Friedman's test")
    return f"all {len(metric.order)} sides at once ({name}): {p_value(gate.p_value)}"


def more_sides(result: ComparisonResult) -> Sequence[str]:
    """Return how to read the tables of three or more sides."""
    if result.against is not None:
        return (f"Each side is compared with {result.against} alone. {_RANKS}",)
    return (f"Sides with a letter in common do not differ significantly (Holm over all pairs of a metric). {_RANKS}",)


_RANKS = "Ranks from–to: the best and the worst rank that the significant differences allow."
