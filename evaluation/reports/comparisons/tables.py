"""A comparison as rows of short texts, and as the lines below them: for the terminal, a table artifact and Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from evaluation.comparisons.sentences import amount, interval, is_all_equal, open_end_lines, size_of
from evaluation.formatting import counted, listed, measured, p_cell, p_value, quantity, score
from evaluation.glossary import plain_word
from evaluation.metrics.speed import SPEED_METRICS
from evaluation.results.comparisons import ComparisonResult, Flip, Flips, MetricComparisonResult
from evaluation.results.estimates import MetricEstimate
from evaluation.results.pairs import PairResult
from evaluation.results.sides import MemberResult
from evaluation.stats.ranking import letters
from evaluation.stats.verdicts import A_BETTER, B_BETTER, EQUIVALENT, INSUFFICIENT_DATA, Kind

Row = dict[str, str]
FIGURE_TITLES = {name: plain_word(name) for name in SPEED_METRICS}
COUNTS = "better/worse/equal"
"""Title of the column with the number of cases that each side of a pair won."""
ALONE = "p alone"
"""Title of the column with p-values that are not adjusted."""
AGREEING = "Intervals and p for all pairs (Holm) allow for their number, and agree with the verdict."
FOR_ALL_PAIRS = f"{AGREEING} {ALONE} is as if the pair were the only one, and decides nothing."
RATIOS = "“Times” is the geometric mean of the ratios case by case, not the ratio of the two means shown."


def is_pair(result: ComparisonResult) -> bool:
    """Return True for a comparison of two sides."""
    return len(result.sides) == 2


def metric_rows(result: ComparisonResult) -> list[Row]:
    """Return the rows for two sides, one per metric, the headline first; differences are first side minus second."""
    a, b = _two(result)
    rows = []
    for pair in result.pairs:
        metric = result.metric(pair.metric)
        difference = "–" if pair.difference is None else size_of(pair, flipped=pair.a != a, signed=True)
        if is_all_equal(pair) and pair.low is None:
            difference = "equal on every case"
        rows.append(
            {
                "metric": title(pair.metric) + (" *" if pair.metric == result.headline else ""),
                side_column(a): _value(metric, a),
                side_column(b): _value(metric, b),
                "difference [95 %]": difference,
                "p": p_cell(pair.p_value),
                "pairs": f"{pair.n_pairs:,}",
                "verdict": verdict_words(pair),
            }
        )
    return rows


_TITLES = frozenset({"metric", "difference [95 %]", "p", "pairs", "verdict", "case", "values", "side"})


def side_column(label: str) -> str:
    """Return the title of a side's column, unique among the columns."""
    return f"{label} (side)" if label in _TITLES else label


def _two(result: ComparisonResult) -> tuple[str, str]:
    pairs = result.pairs
    if pairs:
        return pairs[0].a, pairs[0].b
    return result.sides[0].label, result.sides[1].label


def title(word: str) -> str:
    """Return the name of a metric as used in a table."""
    return FIGURE_TITLES.get(word, word)


def verdict_words(pair: PairResult) -> str:
    """Return the verdict in words, with the better side's name."""
    match pair.verdict:
        case verdict if verdict in (A_BETTER, B_BETTER):
            return f"{pair.a if verdict == A_BETTER else pair.b} better"
        case verdict if verdict == EQUIVALENT:
            return "equivalent within the margin"
        case verdict if verdict == INSUFFICIENT_DATA:
            return "too few to tell"
        case _ if pair.n_more:
            return f"inconclusive (+{counted(pair.n_more, 'case')})"
        case _:
            return "inconclusive"


def side_rows(result: ComparisonResult) -> list[Row]:
    """Return one row per side, best first.

    The headline with rank and tied group comes first, then every other metric with its groups.
    """
    if not result.metrics:
        return []
    headline = result.metrics[0]
    order = headline.order or [side.label for side in result.sides]
    sides = {side.label: side for side in result.sides}
    rows = []
    for label in [*order, *(name for name in sides if name not in order)]:
        row: Row = {"side": label}
        for metric in result.metrics:
            shown = _estimate(metric, label) if metric is headline else _value(metric, label)
            row[title(metric.metric)] = f"{shown} {_letters(metric, label)}".rstrip() if metric.values else shown
            if metric is headline:
                row["rank"] = _ranks(metric, label)
        counts = sides[label].counts
        row["answered"] = f"{counts.n_answered - sum(counts.own_failures.values()):,}/{counts.n_asked:,}"
        rows.append(row)
    return rows


def _letters(metric: MetricComparisonResult, label: str) -> str:
    """Return the letter of each tied group to which the side belongs."""
    return letters(metric.groups).get(label, "")


def _ranks(metric: MetricComparisonResult, label: str) -> str:
    low, high = metric.ranks.get(label, (None, None))
    if low is None:
        return "–"
    return f"{low}" if low == high else f"{low}–{high}"


def _estimate(metric: MetricComparisonResult, label: str) -> str:
    numbers = (metric.values or metric.measured).get(label)
    if numbers is None:
        return "–"
    value = _number(metric, numbers.value)
    if numbers.low is None or numbers.high is None:
        return f"{value} [no interval]"
    return f"{value} [{_number(metric, numbers.low)}, {_number(metric, numbers.high)}]"


def _value(metric: MetricComparisonResult, label: str) -> str:
    if not metric.values:
        return _estimate(metric, label)
    numbers = metric.values.get(label)
    return "–" if numbers is None else _number(metric, numbers.value)


def _number(metric: MetricComparisonResult, value: float) -> str:
    return score(value) if metric.unit == "fraction" else measured(value)


def matrix_title(result: ComparisonResult) -> str:
    """Return a title that says what the cells of the matrix are."""
    metric = result.metrics[0]
    how = "divided by" if metric.kind == Kind.RATIO else "minus"
    return f"{title(metric.metric)}: row {how} column; * marks a significant difference"


def matrix_rows(result: ComparisonResult) -> list[Row]:
    """Return the matrix of headline differences, row minus column, best first; a star marks a shown difference."""
    metric = result.metrics[0]
    pairs = {(pair.a, pair.b): pair for pair in result.pairs_by(metric.metric)}
    order = metric.order
    return [{"side": row, **{side_column(other): _cell(row, other, pairs) for other in order}} for row in order]


def _cell(row: str, column: str, pairs: Mapping[tuple[str, str], PairResult]) -> str:
    pair = pairs.get((row, column)) or pairs.get((column, row))
    if pair is None or pair.difference is None:
        return ""
    value = pair.difference
    if pair.a != row:
        value = 1 / value if pair.kind == Kind.RATIO else -value
    return amount(value, pair, signed=True) + ("*" if pair.verdict in (A_BETTER, B_BETTER) else "")


def pair_rows(result: ComparisonResult, metric: str, *, leaders_first: bool = False) -> list[Row]:
    """Return one row per pair of a metric, with all columns.

    Args:
        result: The comparison.
        metric: The metric.
        leaders_first: Put pairs of those with the best values first, for readers who see the first rows alone.
    """
    pairs = result.pairs_by(metric)
    if leaders_first:
        order = next((each.order for each in result.metrics if each.metric == metric), None) or ()
        labels = dict.fromkeys([*order, *(side.label for side in result.sides)])
        places = {label: place for place, label in enumerate(labels)}
        pairs = tuple(sorted(pairs, key=lambda pair: sorted((places[pair.a], places[pair.b]))))
    return [_pair_row(pair, among_several=len(pairs) > 1) for pair in pairs]


def artifact_rows(result: ComparisonResult) -> list[Row]:
    """Return one row per pair and metric, for a table that can be searched and sorted."""
    among_several = any(len(result.pairs_by(metric.metric)) > 1 for metric in result.metrics)
    return [
        {"metric": title(metric.metric), **_pair_row(pair, among_several=among_several)}
        for metric in result.metrics
        for pair in result.pairs_by(metric.metric)
    ]


def _pair_row(pair: PairResult, *, among_several: bool) -> Row:
    return {
        "pair": f"{pair.a} – {pair.b}",
        "difference": "–" if pair.difference is None else amount(pair.difference, pair, signed=True),
        **_evidence(pair, among_several=among_several),
        "pairs": f"{pair.n_pairs:,}",
        COUNTS: f"{pair.n_better_a:,}/{pair.n_better_b:,}/{pair.n_equal:,}",
        "MDE": _visible(pair),
        "verdict": verdict_words(pair),
    }


def _visible(pair: PairResult) -> str:
    """Return the smallest visible difference, or that even the largest one possible would not be seen."""
    if pair.mde is not None:
        return amount(pair.mde, pair)
    return "–" if pair.low is None else "too few cases"


def _evidence(pair: PairResult, *, among_several: bool) -> Row:
    """Return the interval and p-value; among several pairs, under names that say for how many they hold."""
    limits = interval(pair, signed=True) if pair.difference is not None else "–"
    if not among_several:
        return {"interval": limits, "p": p_cell(pair.p_value)}
    return {"interval for all pairs": limits, "p (Holm)": p_cell(pair.p_adjusted), ALONE: p_cell(pair.p_value)}


def side_source_rows(result: ComparisonResult) -> list[Row]:
    """Return one row per member of each side, which says what the side consists of."""
    return [
        {
            "side": side.label,
            "model": member.model,
            "digest": (member.digest or "unverified").removeprefix("sha256:")[:12],
            "quantisation": str(member.quantization or "–"),
            "run": member.run_id,
            "server": f"{member.endpoint} {member.server_version}",
            "options": _differing_options(result, member),
        }
        for side in result.sides
        for member in side.members
    ]


def _differing_options(result: ComparisonResult, member: MemberResult) -> str:
    """Return the options in which the members of the comparison differ."""
    everyone = [other.options for side in result.sides for other in side.members]
    names = sorted({name for options in everyone for name in options})
    differing = [name for name in names if len({repr(options.get(name)) for options in everyone}) > 1]
    profile = [f"profile={member.profile}"] if member.profile != "plain" else []
    return " ".join([*(f"{name}={member.options.get(name)}" for name in differing), *profile]) or "the same"


def dropped_lines(result: ComparisonResult) -> list[str]:
    """Return a line for each side from which cases were dropped: how many, and why."""
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
    return lines + unequal + _common_case_lines(result)


def _common_case_lines(result: ComparisonResult) -> list[str]:
    """Return of which cases the means are, where they are the common ones and a side has values of others too."""
    whose = "both sides" if len(result.sides) == 2 else "all sides"
    lines: list[str] = []
    n_of_headline = 0
    others: dict[str, list[str]] = {}
    for metric in result.metrics:
        n_common = min((value.n_cases for value in metric.values.values()), default=0)
        own = sorted(_own_cases(result, metric).values())
        if n_common in (0, n_of_headline) or not own or own[-1] <= n_common:
            continue
        if metric.metric == result.headline:
            lines.append(
                f"values and order above are over the {counted(n_common, 'case')} that {whose} have a value of; each "
                "difference is over the cases of its two sides; `benchwright show` uses each candidate's own cases, "
                "and may order them differently"
            )
            n_of_headline = n_common
            continue
        which = whose if len(metric.values) == len(result.sides) else f"the {len(metric.values)} sides with values"
        number = f"{own[0]:,}" if own[0] == own[-1] else f"{own[0]:,} to {own[-1]:,}"
        common = f"the {counted(n_common, 'case')} that {which} have in common"
        sentence = f"means above are over {common}, of the {number} that each has"
        others.setdefault(sentence, []).append(title(metric.metric))
    return lines + [
        f"{listed(words)}: {sentence}; `benchwright show` uses each candidate's own cases"
        for sentence, words in others.items()
    ]


def _own_cases(result: ComparisonResult, metric: MetricComparisonResult) -> dict[str, int]:
    """Return of how many cases each side has a value of a metric.

    Empty where sets of cases were compared, which the notes explain.
    """
    pairs = result.pairs_by(metric.metric)
    own: dict[str, int] = {}
    for pair in () if any(pair.prompts == "balanced" for pair in pairs) else pairs:
        for label, n_only in ((pair.a, pair.n_only_a), (pair.b, pair.n_only_b)):
            own[label] = max(own.get(label, 0), pair.n_pairs + n_only)
    return own


def reading_lines(result: ComparisonResult) -> list[str]:
    """Return how to read the ratios and intervals in the tables, of which only the headline's are shown of many sides.

    Empty where there are none to explain.
    """
    shown = [pair for pair in result.pairs if is_pair(result) or pair.metric == result.metrics[0].metric]
    has_ratios = any(
        pair.kind == Kind.RATIO and pair.difference is not None and (pair.low is not None or not is_all_equal(pair))
        for pair in shown
    )
    return [*([RATIOS] if has_ratios else []), *open_end_lines(shown)]


def tail_lines(result: ComparisonResult) -> list[str]:
    """Return a line for each pair with latency tails: the differences of the medians and slow tails, in seconds."""
    return [
        f"{title(pair.metric)}, {pair.a} minus {pair.b}: "
        + ", ".join(f"{name} {_shown_tail(tail)}" for name, tail in pair.tails.items())
        for pair in result.pairs
        if pair.tails
    ]


def _shown_tail(tail: MetricEstimate) -> str:
    value = measured(tail.value, signed=True)
    if tail.low is None or tail.high is None:
        return f"{value} [no interval: too few cases]"
    return f"{value} [{measured(tail.low, signed=True)}, {measured(tail.high, signed=True)}]"


def note_lines(result: ComparisonResult) -> list[str]:
    """Return where the numbers come from, with metrics named as in the tables."""
    return [_with_titles(note) for note in result.notes]


def _with_titles(note: str) -> str:
    names, colon, rest = note.partition(": ")
    words = names.split(", ")
    return f"{', '.join(map(title, words))}: {rest}" if colon and all(word in FIGURE_TITLES for word in words) else note


def zero_lines(result: ComparisonResult) -> list[str]:
    """Return a line for each headline pair with server failures: the result when those cases count as zero."""
    return [
        f"{pair.a} – {pair.b} on complete cases: {_short(pair)}; with failed cases as zero: "
        f"{_short(replace(pair, **vars(pair.failures_as_zero)))}"
        for pair in result.headline_pairs
        if pair.failures_as_zero is not None
    ]


def _short(pair: PairResult) -> str:
    p = pair.p_value if pair.p_adjusted is None else pair.p_adjusted
    return f"{size_of(pair, signed=True)}, {p_value(p)}, {counted(pair.n_pairs, 'pair')}, {verdict_words(pair)}"


def gate_line(metric: MetricComparisonResult) -> str | None:
    """Return the result of the test of all sides at once; None for two sides."""
    gate = metric.gate
    if not gate:
        return None
    name = {"cochran_q": "Cochran's Q"}.get(gate.test, "Friedman's test")
    return f"all {len(metric.order)} sides at once ({name}): {p_value(gate.p_value)}"


def more_sides(result: ComparisonResult) -> Sequence[str]:
    """Return how to read tables of three or more sides."""
    uncompared = _uncompared_lines(result)
    if result.against is not None:
        return (f"Each side is compared with {result.against} alone. {_RANKS}", *uncompared)
    return (
        f"Sides with a letter in common do not differ significantly (Holm over all pairs of a metric). {_RANKS}",
        *uncompared,
    )


def _uncompared_lines(result: ComparisonResult) -> list[str]:
    """Return why figures stand in the table without groups of equals."""
    words = [title(metric.metric) for metric in result.metrics if metric.measured and not metric.values]
    if not words:
        return []
    return [
        f"{listed(words)}: each side's own mean, without letters: the servers had the prompts of the sides in their "
        "caches to different extents, so that no comparison of all sides is drawn. What may be compared, and on which "
        "cases, is said pair by pair in the notes."
    ]


_RANKS = "Ranks from–to: the best and the worst rank that the significant differences allow."


def flip_rows(flips: Flips, better: Sequence[Flip]) -> list[Row]:
    """Return the cases that one side of a pair won, with the answers of both sides.

    Args:
        flips: Flips of one pair.
        better: Its `better_a` or `better_b`.
    """
    return [
        {
            "case": flip.case_id,
            "values": f"{quantity(flip.value_a)} – {quantity(flip.value_b)}",
            side_column(flips.a): _answer(flip.answer_a),
            side_column(flips.b): _answer(flip.answer_b),
        }
        for flip in better
    ]


def _answer(text: str | None) -> str:
    if text is None:
        return "(none)"
    line = " ".join(text.split())
    if len(line) <= _LONGEST:
        return line or "(empty)"
    begin, end = line[:_BEGIN].rpartition(" ")[0] or line[:_BEGIN], line[-_END:].partition(" ")[2] or line[-_END:]
    return f"{begin} … {end}"


_LONGEST, _BEGIN, _END = 80, 34, 48


def flip_line(flips: Flips) -> str | None:
    """Return how many cases flipped each way; None where none did."""
    n = flips.n_better_a + flips.n_better_b
    if not n:
        return None
    return (
        f"{counted(n, 'case')} flipped: {flips.a} is better on {flips.n_better_a:,}, {flips.b} on "
        f"{flips.n_better_b:,}; {flips.n_equal:,} alike"
    )
