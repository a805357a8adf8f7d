"""The first sentences of a report: who was compared, on what, whether anybody is shown to be better, with numbers."""

from evaluation.comparisons.sentences import FRACTION
from evaluation.formatting import counted, listed
from evaluation.metrics import METRICS
from evaluation.metrics.descriptions import summary
from evaluation.reports.comparisons.tables import title
from evaluation.reports.runs.tables import shown_speed
from evaluation.results.comparisons import ComparisonResult, MetricComparisonResult
from evaluation.results.estimates import shown_estimate
from evaluation.stats.verdicts import A_BETTER, B_BETTER, EQUIVALENT

MOST_NAMED = 8
"""Sides that are named one by one, the best first; of more, the others are counted."""


def with_opening(compared: ComparisonResult | None, verdict: list[str]) -> list[str]:
    """Return the sentences of a verdict after those that whoever knows nothing of it needs.

    Where nobody is shown to be better, that comes first, with who was compared on what. Each side's value follows, and
    what it is a value of.

    Args:
        compared: The comparison behind the verdict; None: nothing was compared.
        verdict: Its sentences, the first one first.
    """
    if compared is None or not compared.headline_pairs:
        return verdict
    metric = compared.metric(compared.headline)
    names = [*metric.order] or [side.label for side in compared.sides]
    verdicts = {pair.verdict for pair in compared.headline_pairs}
    is_decided = metric.winner is not None or (len(names) == 2 and verdicts & {A_BETTER, B_BETTER, EQUIVALENT})
    nobody = [] if is_decided or compared.against is not None else [_nobody(compared, metric, names)]
    first, *others = [*nobody, *verdict]
    return [first, *_values(metric, names), *others]


def names_of(labels: list[str]) -> str:
    """Return the names of those that are compared, of many the first ones and how many more."""
    return listed(labels, MOST_NAMED)


def _nobody(compared: ComparisonResult, metric: MetricComparisonResult, names: list[str]) -> str:
    who = "neither is" if len(names) == 2 else "none of them is"
    return (
        f"{names_of(names)} were compared on {compared.benchmark}{_cases(metric)}: {who} shown to be the best by "
        f"{title(metric.metric)}."
    )


def _cases(metric: MetricComparisonResult) -> str:
    n_cases = {value.n_cases for value in metric.values.values()}
    return f" ({counted(n_cases.pop(), 'case')})" if len(n_cases) == 1 else ""


def _values(metric: MetricComparisonResult, names: list[str]) -> list[str]:
    values = metric.values or metric.measured
    show = shown_estimate if metric.unit == FRACTION else shown_speed
    shown = [f"{name} {show(values[name])}" for name in names if name in values]
    if not shown:
        return []
    name = title(metric.metric)
    means = f"The mean {name} with its 95 % interval, the best first: {'; '.join(shown[:MOST_NAMED])}"
    left = len(shown) - MOST_NAMED
    more = f"; and {left:,} more" if left > 0 else ""
    meaning = [f"What {name} is: {summary(METRICS[metric.metric])}"] if metric.metric in METRICS else []
    return [f"{means}{more}.", *meaning]
