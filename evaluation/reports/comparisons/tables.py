"""A comparison as rows of short texts: the same for the terminal, a table artifact and Markdown."""

from collections.abc import Mapping, Sequence

from evaluation.comparisons.inconclusive import is_all_equal
from evaluation.comparisons.words import amount, interval, size_of
from evaluation.formatting import p_cell, quantity, score
from evaluation.results.comparisons import ComparisonResult, MetricComparisonResult, PairHistoryResult
from evaluation.results.pairs import PairResult
from evaluation.results.sides import MemberResult
from evaluation.stats.kinds import Kind
from evaluation.stats.rank_groups import letters
from evaluation.stats.verdicts import A_BETTER, B_BETTER, EQUIVALENT, INSUFFICIENT_DATA

Row = dict[str, str]
FIGURE_TITLES = {
    "latency_s": "latency s",
    "ttft_s": "first token s",
    "tokens_per_s": "tokens/s",
    "prompt_tokens": "tokens in",
    "output_tokens": "tokens out",
    "cost_usd": "USD/answer",
    "energy_j": "J/answer",
}


def is_pair(result: ComparisonResult) -> bool:
    """Return True for a comparison of two sides."""
    return len(result.sides) == 2


def metric_rows(result: ComparisonResult) -> list[Row]:
    """Of two sides: one row a metric, the headline first; differences are the first side less the second."""
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
    """Return what a metric is called in a table."""
    return FIGURE_TITLES.get(word, word)


def verdict_words(pair: PairResult) -> str:
    """Return the verdict with the better side's name in it."""
    match pair.verdict:
        case verdict if verdict in (A_BETTER, B_BETTER):
            return f"{pair.a if verdict == A_BETTER else pair.b} better"
        case verdict if verdict == EQUIVALENT:
            return "equivalent within the margin"
        case verdict if verdict == INSUFFICIENT_DATA:
            return "too few to tell"
        case _ if pair.n_more:
            return f"inconclusive (+{pair.n_more:,} cases)"
        case _:
            return "inconclusive"


def side_rows(result: ComparisonResult) -> list[Row]:
    """Return one row a side, best first.

    The headline with rank and tied group, then every other metric with its groups.
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
            row[title(metric.metric)] = f"{shown} {_letters(metric, label)}".rstrip()
            if metric is headline:
                row["rank"] = _ranks(metric, label)
        counts = sides[label].counts
        row["answered"] = f"{counts.n_answered:,}/{counts.n_asked:,}"
        rows.append(row)
    return rows


def _letters(metric: MetricComparisonResult, label: str) -> str:
    """Return a letter for each tied group in which the side stands."""
    return letters(metric.groups).get(label, "")


def _ranks(metric: MetricComparisonResult, label: str) -> str:
    low, high = metric.ranks.get(label, (None, None))
    if low is None:
        return "–"
    return f"{low}" if low == high else f"{low}–{high}"


def _estimate(metric: MetricComparisonResult, label: str) -> str:
    numbers = metric.values.get(label)
    if numbers is None:
        return "–"
    value = _number(metric, numbers.value)
    if numbers.low is None or numbers.high is None:
        return f"{value} [no interval]"
    return f"{value} [{_number(metric, numbers.low)}, {_number(metric, numbers.high)}]"


def _value(metric: MetricComparisonResult, label: str) -> str:
    numbers = metric.values.get(label)
    return "–" if numbers is None else _number(metric, numbers.value)


def _number(metric: MetricComparisonResult, value: float) -> str:
    return score(value) if metric.unit == "fraction" else quantity(value)


def matrix_title(result: ComparisonResult) -> str:
    """Return what the cells of the matrix are."""
    metric = result.metrics[0]
    word = "by" if metric.kind == Kind.RATIO else "less"
    return f"{title(metric.metric)}: the row's side {word} the column's, * where the difference is shown"


def matrix_rows(result: ComparisonResult) -> list[Row]:
    """Of the headline: the row's side less the column's, best first, with a star where the difference is shown."""
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


def pair_rows(result: ComparisonResult, metric: str) -> list[Row]:
    """Return one row a pair of a metric, in full."""
    return [
        {
            "pair": f"{pair.a} – {pair.b}",
            "difference": "–" if pair.difference is None else amount(pair.difference, pair, signed=True),
            "interval": interval(pair, signed=True) if pair.difference is not None else "–",
            "p": p_cell(pair.p_value),
            "p (Holm)": p_cell(pair.p_adjusted),
            "pairs": f"{pair.n_pairs:,}",
            "better/worse/equal": f"{pair.n_better_a:,}/{pair.n_better_b:,}/{pair.n_equal:,}",
            "MDE": "–" if pair.mde is None else amount(pair.mde, pair),
            "verdict": verdict_words(pair),
        }
        for pair in result.pairs_by(metric)
    ]


def artifact_rows(result: ComparisonResult) -> list[Row]:
    """Return every pair of every metric, for a table that can be searched and sorted."""
    return [
        {"metric": title(metric.metric), **row} for metric in result.metrics for row in pair_rows(result, metric.metric)
    ]


def side_source_rows(result: ComparisonResult) -> list[Row]:
    """Return what each side is: one row for each of its members."""
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


def history_rows(history: Sequence[PairHistoryResult]) -> list[Row]:
    """Return one row for each time that a pair was compared by a metric; a pair stands the same way round each time."""
    return [
        {
            "when": str(each.created_at)[:16],
            "pair": f"{each.pair.b} – {each.pair.a}" if each.flipped else f"{each.pair.a} – {each.pair.b}",
            "metric": f"{each.benchmark} {title(each.pair.metric)}",
            "difference [interval]": size_of(each.pair, flipped=each.flipped, signed=True),
            "p": p_cell(each.pair.p_adjusted if each.pair.p_adjusted is not None else each.pair.p_value),
            "pairs": f"{each.pair.n_pairs:,}",
            "verdict": verdict_words(each.pair),
            "comparison": each.comparison_id,
        }
        for each in history
    ]
