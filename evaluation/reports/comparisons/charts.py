"""Charts of a comparison: pairwise differences, quality against cost, and latencies."""

from collections.abc import Mapping

from evaluation.charts.chart import IntervalChart, IntervalRow, PlottedNumber, QualityCostChart, RowKind, plotted_number
from evaluation.comparisons.sentences import amount, interval, unit_of
from evaluation.formatting import measured
from evaluation.reports.comparisons.tables import title
from evaluation.reports.quality_charts import COSTS, quality_cost_chart
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.estimates import MetricEstimate
from evaluation.results.pairs import PairResult
from evaluation.stats.verdicts import A_BETTER, B_BETTER, Kind

_KINDS: Mapping[str, RowKind] = {A_BETTER: "good", B_BETTER: "bad"}


def differences(result: ComparisonResult) -> IntervalChart | None:
    """Return a chart of every pair's difference on the headline with its interval.

    None where nothing could be compared.
    """
    pairs = result.headline_pairs
    rows = [
        IntervalRow(
            label=f"{pair.a} – {pair.b}",
            number=_in_unit(pair.difference, pair),
            shown=f"{amount(pair.difference, pair, signed=True)} {interval(pair, signed=True)}",
            kind=_KINDS.get(pair.verdict, "plain"),
        )
        for pair in pairs
        if pair.difference is not None
    ]
    if not rows:
        return None
    name = title(str(result.headline))
    return IntervalChart(
        title=f"{name}: who is better, pair by pair · {result.benchmark}",
        description=f"The differences in {name} between each two sides, with their intervals",
        rows=tuple(rows),
        x_title=_difference_words(name, pairs[0]),
        subtitle="Filled: the difference is shown; green where the first one is better, orange where the second is.",
        reference=1.0 if pairs[0].kind == Kind.RATIO else 0.0,
    )


def _difference_words(name: str, pair: PairResult) -> str:
    """Return the axis title of the differences, with their unit."""
    if pair.kind == Kind.RATIO:
        return f"{name}, the first divided by the second"
    return f"{name}, the first minus the second{',' if unit_of(pair) else ''}{unit_of(pair)}"


def _in_unit(difference: float, pair: PairResult) -> PlottedNumber:
    """Return the number in the table's unit: shares in points."""
    factor = 100.0 if pair.kind != Kind.RATIO and unit_of(pair) == " points" else 1.0
    low, high = pair.low, pair.high
    return PlottedNumber(
        value=difference * factor,
        low=None if low is None else low * factor,
        high=None if high is None else high * factor,
    )


def sides_against_cost(result: ComparisonResult) -> QualityCostChart | None:
    """Return a chart of every side's headline against its cost; None unless two sides have both."""
    if result.headline is None:
        return None
    metrics = {metric.metric: metric for metric in result.metrics}
    headline = metrics[result.headline]
    return quality_cost_chart(
        [side.label for side in result.sides],
        benchmark=result.benchmark,
        headline=result.headline,
        title=title(result.headline),
        higher_is_better=headline.higher_is_better,
        quality=headline.values,
        costs={cost: metrics[cost].values for cost in COSTS if cost in metrics},
    )


def side_latencies(result: ComparisonResult) -> IntervalChart | None:
    """Return a chart of every side's mean latency with its interval; None where no latency is known."""
    metric = next((each for each in result.metrics if each.metric == "latency_s"), None)
    values = {} if metric is None else metric.values
    rows = [
        IntervalRow(label=side.label, number=number, shown=_in_words(values[side.label]))
        for side in result.sides
        if (number := plotted_number(values.get(side.label))) is not None
    ]
    if not rows:
        return None
    return IntervalChart(
        title=f"Latency · {result.benchmark}",
        description="The mean latency of each side, with its interval",
        rows=tuple(rows),
        x_title="seconds an answer, mean over cases, loading excluded",
        x_range=(0.0, float("inf")),
    )


def _in_words(numbers: MetricEstimate) -> str:
    value = measured(numbers.value)
    if numbers.low is None or numbers.high is None:
        return f"{value} [no interval]"
    return f"{value} [{measured(numbers.low)}, {measured(numbers.high)}]"
