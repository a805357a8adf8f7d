"""Plots of a comparison: pairwise differences, quality against cost, and latencies."""

from evaluation.comparisons.sentences import amount, interval, unit_of
from evaluation.formatting import quantity
from evaluation.pictures.frame import PlottedNumber, plotted_number
from evaluation.pictures.interval_plots import Row, draw_interval_plots
from evaluation.reports.comparisons.tables import title
from evaluation.reports.page_pictures import Picture
from evaluation.reports.quality_pictures import COSTS, quality_picture
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.estimates import MetricEstimate
from evaluation.results.pairs import PairResult
from evaluation.stats.verdicts import A_BETTER, B_BETTER, Kind

_KINDS = {A_BETTER: "good", B_BETTER: "bad"}


def differences(result: ComparisonResult) -> Picture | None:
    """Return a picture of every pair's difference on the headline with its interval.

    None where nothing could be compared.
    """
    pairs = result.headline_pairs
    rows = [
        Row(
            label=f"{pair.a} – {pair.b}",
            known=_in_unit(pair.difference, pair),
            said=f"{amount(pair.difference, pair, signed=True)} {interval(pair, signed=True)}",
            kind=_KINDS.get(pair.verdict, "plain"),
        )
        for pair in pairs
        if pair.difference is not None
    ]
    if not rows:
        return None
    name = title(str(result.headline))
    svg = draw_interval_plots(
        rows,
        title=f"{name}: who is better, pair by pair · {result.benchmark}",
        x_title=_difference_words(name, pairs[0]),
        about="Filled: the difference is shown; green where the first one is better, orange where the second is.",
        against=1.0 if pairs[0].kind == Kind.RATIO else 0.0,
    )
    return Picture(svg=svg, said=f"The differences in {name} between each two sides, with their intervals")


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


def sides_against_cost(result: ComparisonResult) -> Picture | None:
    """Return a picture of every side's headline against its cost; None unless two sides have both."""
    if result.headline is None:
        return None
    metrics = {metric.metric: metric for metric in result.metrics}
    headline = metrics[result.headline]
    return quality_picture(
        [side.label for side in result.sides],
        benchmark=result.benchmark,
        headline=result.headline,
        title=title(result.headline),
        higher_is_better=headline.higher_is_better,
        quality=headline.values,
        costs={cost: metrics[cost].values for cost in COSTS if cost in metrics},
    )


def side_latencies(result: ComparisonResult) -> Picture | None:
    """Return a picture of every side's mean latency with its interval; None where no latency is known."""
    metric = next((each for each in result.metrics if each.metric == "latency_s"), None)
    values = {} if metric is None else metric.values
    rows = [
        Row(label=side.label, known=number, said=_in_words(values[side.label]))
        for side in result.sides
        if (number := plotted_number(values.get(side.label))) is not None
    ]
    if not rows:
        return None
    svg = draw_interval_plots(
        rows,
        title=f"Latency · {result.benchmark}",
        x_title="seconds an answer, mean over cases, loading excluded",
        x_range=(0.0, float("inf")),
    )
    return Picture(svg=svg, said="The mean latency of each side, with its interval")


def _in_words(numbers: MetricEstimate) -> str:
    value = quantity(numbers.value)
    if numbers.low is None or numbers.high is None:
        return f"{value} [no interval]"
    return f"{value} [{quantity(numbers.low)}, {quantity(numbers.high)}]"
