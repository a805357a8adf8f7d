"""The picture of a sweep's combinations across all parameters at once."""

from collections.abc import Mapping
from typing import Any

from evaluation.charts.chart import plotted_number
from evaluation.charts.grid_chart import ParallelAxis, ParallelChart, ParallelLine
from evaluation.reports.sweeps.wording import shown_value
from evaluation.results.sweeps import SweptMetric


def parallel_coordinates(metric: SweptMetric) -> ParallelChart | None:
    """Return a chart of every combination as a line across its parameters; None where fewer than two have a score."""
    scored = [
        (combination, number)
        for combination in metric.combinations
        if (number := plotted_number(combination)) is not None
    ]
    if len(scored) < 2:
        return None
    names = list(dict.fromkeys(name for combination, _ in scored for name in combination.combination))
    values = {name: _in_order([combination.combination.get(name) for combination, _ in scored]) for name in names}
    lines = (
        ParallelLine(
            places=tuple(values[name].index(_word(combination.combination.get(name))) for name in names),
            score=number,
            is_marked=combination.may_be_best,
        )
        for combination, number in scored
    )
    return ParallelChart(
        title=f"{metric.metric} across the parameters",
        description="Each combination as a line through its values to its score; those that may be the best are marked",
        axes=tuple(ParallelAxis(name=name, values=tuple(values[name])) for name in names),
        lines=tuple(lines),
        score_title=metric.metric,
    )


def _in_order(values: list[Any]) -> list[str]:
    """Return the different values as words, numbers by size before texts."""
    numbers = {_word(value): value for value in values if _is_number(value)}
    texts: Mapping[str, Any] = {_word(value): value for value in values if not _is_number(value)}
    return [*sorted(numbers, key=lambda word: numbers[word]), *sorted(texts)]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _word(value: object) -> str:
    return "–" if value is None else shown_value(value)
