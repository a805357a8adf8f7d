"""Pictures of a sweep: its combinations across all parameters at once, and the mean of each value of each parameter."""

from collections.abc import Mapping
from typing import Any

from evaluation.charts.chart import IntervalChart, IntervalRow, PlottedNumber, plotted_number
from evaluation.charts.grid_chart import ParallelAxis, ParallelChart, ParallelLine
from evaluation.reports.sweeps.wording import level_words, mean_words, shown_value
from evaluation.results.sweeps import EffectResult, SweptMetric


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


def effect_chart(metric: SweptMetric) -> IntervalChart | None:
    """Return a chart of the values of all parameters, each with its mean over all else; None where there are none."""
    rows = [
        IntervalRow(
            label=f"{effect.name} {level_words(level)}",
            number=PlottedNumber(value=level.value, low=level.value_low, high=level.value_high),
            shown=mean_words(level),
            kind="mark" if effect.is_shown and level.may_be_best else "plain",
        )
        for effect in metric.effects
        for level in effect.levels
    ]
    if not rows:
        return None
    return IntervalChart(
        title=f"{metric.metric} by parameter value, averaged over all else",
        description="The values of every parameter with their intervals",
        rows=tuple(rows),
        x_title=f"{metric.metric}, mean over all other parameters",
        subtitle="Filled: may be the best value, where the parameter makes a difference.",
    )


def all_level_rows(metric: SweptMetric) -> list[dict[str, str]]:
    """Return one row per value of each parameter: its mean over all else, and whether that tells anything."""
    return [
        {
            "value": f"{effect.name} {level_words(level)}",
            metric.metric: mean_words(level),
            "may be the best": _standing(effect, may_be_best=level.may_be_best),
        }
        for effect in metric.effects
        for level in effect.levels
    ]


def _standing(effect: EffectResult, *, may_be_best: bool) -> str:
    if not effect.is_shown:
        return "no effect found"
    return "yes" if may_be_best else "no"


def _in_order(values: list[Any]) -> list[str]:
    """Return the different values as words, numbers by size before texts."""
    numbers = {_word(value): value for value in values if _is_number(value)}
    texts: Mapping[str, Any] = {_word(value): value for value in values if not _is_number(value)}
    return [*sorted(numbers, key=lambda word: numbers[word]), *sorted(texts)]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _word(value: object) -> str:
    return "–" if value is None else shown_value(value)
