"""Charts of quality against cost, for the candidates of a run or of a comparison."""

from collections.abc import Mapping, Sequence

from evaluation.charts.chart import QualityCostChart, QualityCostPoint, frontier, plotted_number
from evaluation.metrics.metric_facts import value_range
from evaluation.results.estimates import HasInterval

COSTS: Mapping[str, tuple[str, str]] = {
    "cost_usd": ("cost", "US dollars an answer"),
    "energy_j": ("energy", "joules an answer"),
    "latency_s": ("latency", "seconds an answer, mean over cases"),
}
"""Axes to plot quality against: the first one that is known for every candidate."""
Values = Mapping[str, HasInterval | None]
"""Numbers by name of a candidate."""


def quality_cost_chart(
    names: Sequence[str],
    *,
    benchmark: str,
    headline: str,
    title: str,
    higher_is_better: bool,
    quality: Values,
    costs: Mapping[str, Values],
) -> QualityCostChart | None:
    """Return a chart of every candidate's quality against its costs; None unless two candidates have both.

    Args:
        names: The candidates, in the order of the table.
        benchmark: The benchmark that they were asked.
        headline: The metric of quality.
        title: Name of that metric in the table.
        higher_is_better: Direction of that metric.
        quality: Its values.
        costs: Values of `COSTS`, as far as there are any.
    """
    scored = [name for name in names if plotted_number(quality.get(name)) is not None]
    cost = next(
        (
            cost_name
            for cost_name in COSTS
            if all(plotted_number(costs.get(cost_name, {}).get(name)) for name in scored)
        ),
        "latency_s",
    )
    points = [
        QualityCostPoint(label=name, cost=cost_number, quality=number)
        for name in scored
        if (number := plotted_number(quality.get(name)))
        and (cost_number := plotted_number(costs.get(cost, {}).get(name)))
    ]
    if len(points) < 2:
        return None
    word, unit = COSTS[cost]
    best = ", ".join(point.label for point in frontier(points, higher_is_better=higher_is_better))
    return QualityCostChart(
        title=f"Quality against {word} · {benchmark}",
        description=f"Quality against {word}. Pareto front: {best}",
        points=tuple(points),
        cost_title=unit,
        quality_title=title + ("" if higher_is_better else " (lower is better)"),
        higher_is_better=higher_is_better,
        quality_range=value_range(headline.partition(" by ")[0]),
    )
