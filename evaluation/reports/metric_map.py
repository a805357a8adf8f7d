"""All candidates on all metrics of all benchmarks: the mean over the most cases, as a heat map."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import isfinite

from evaluation.charts.grid_chart import HeatCell, HeatMapChart, HeatRow
from evaluation.metrics.metric_facts import metric_interval, metric_number, value_range
from evaluation.metrics.speed import USAGE_METRICS
from evaluation.results.analytics import BreakdownRow

Column = tuple[str, str, str, str]
"""Task, benchmark, metric, and the signature with the version: what is comparable."""


def surest_values(rows: Iterable[BreakdownRow]) -> dict[Column, dict[str, BreakdownRow]]:
    """Return the value over the most cases of each candidate on each metric of each benchmark, by what is comparable.

    Of as many cases the newest: a race stops where somebody leads, so that its newer values say less than those of a
    run of all cases. Numbers of tokens are left out, since more of them is neither better nor worse.

    Args:
        rows: Of runs, the newest first.
    """
    values = defaultdict[Column, dict[str, BreakdownRow]](dict)
    for row in sorted(rows, key=lambda row: -row.estimate.n_cases):
        if row.metric in USAGE_METRICS:
            continue
        key = (row.task or "", row.benchmark, row.metric, f"{row.signature}@{row.benchmark_version}")
        values[key].setdefault(row.candidate, row)
    return dict(sorted(values.items()))


def metric_map(values: dict[Column, dict[str, BreakdownRow]]) -> HeatMapChart | None:
    """Return the values as a heat map; None where there are none.

    Each row has its own shades: over all that the metric can be where that is bounded, else over what there is.
    """
    candidates = _candidates(values)
    rows = [
        HeatRow(label=f"{metric} · {benchmark}", cells=tuple(_cells(list(candidates), of_row)))
        for (_, benchmark, metric, _), of_row in values.items()
    ]
    if not rows:
        return None
    return HeatMapChart(
        title="Every metric of every benchmark",
        description="The mean of each candidate on each metric, the better the stronger its shade",
        columns=candidates,
        rows=tuple(rows),
        shade_words="stronger shade: better, row by row",
    )


def metric_rows(values: dict[Column, dict[str, BreakdownRow]]) -> list[dict[str, str]]:
    """Return a row for each metric of each benchmark, a column for each candidate."""
    candidates = _candidates(values)
    return [
        {
            "metric": metric,
            "task": task or "–",
            "benchmark": benchmark,
            **{name: _shown(of_row.get(name)) for name in candidates},
        }
        for (task, benchmark, metric, _), of_row in values.items()
    ]


def _candidates(values: dict[Column, dict[str, BreakdownRow]]) -> tuple[str, ...]:
    """Return the candidates, those with the most values first."""
    n_values = Counter(name for of_row in values.values() for name in of_row)
    return tuple(sorted(n_values, key=lambda name: (-n_values[name], name)))


def _shown(row: BreakdownRow | None) -> str:
    if row is None:
        return "–"
    number = row.estimate
    if number.low is None or number.high is None:
        return metric_number(row.metric, number.value)
    return f"{metric_number(row.metric, number.value)} {metric_interval(row.metric, number.low, number.high)}"


def _cells(candidates: Sequence[str], of_row: dict[str, BreakdownRow]) -> Iterable[HeatCell | None]:
    rows = list(of_row.values())
    low, high = value_range(rows[0].metric.partition(" by ")[0])
    if not (isfinite(low) and isfinite(high)):
        low, high = (choose(row.estimate.value for row in rows) for choose in (min, max))
    for name in candidates:
        row = of_row.get(name)
        if row is None:
            yield None
            continue
        share = 0.5 if high <= low else (row.estimate.value - low) / (high - low)
        yield HeatCell(
            shown=metric_number(row.metric, row.estimate.value), shade=share if row.higher_is_better else 1 - share
        )
