"""A chart of each kind, with one label wherever a chart takes text."""

from collections.abc import Callable, Mapping

from evaluation.charts.chart import (
    BoxChart,
    BoxRow,
    CascadeChart,
    Chart,
    CurvePoint,
    IntervalChart,
    IntervalRow,
    PlottedNumber,
    QualityCostChart,
    QualityCostPoint,
    TrendChart,
    TrendLine,
    TrendPoint,
)


def quality_cost(label: str, value: float) -> QualityCostChart:
    points = (
        QualityCostPoint(
            label=label, cost=PlottedNumber(value=value), quality=PlottedNumber(value=0.5, low=0.4, high=0.6)
        ),
        QualityCostPoint(
            label="b",
            cost=PlottedNumber(value=2 * value, low=value, high=3 * value),
            quality=PlottedNumber(value=0.7),
        ),
    )
    return QualityCostChart(
        title=label, description=label, points=points, cost_title=label, quality_title=label, quality_range=(0, 1)
    )


def boxes(label: str, value: float) -> BoxChart:
    row = BoxRow(
        label=label,
        p5=value,
        p25=1.1 * value,
        p50=1.2 * value,
        p75=1.5 * value,
        p95=1.9 * value,
        p99=2 * value,
        n_cases=2,
    )
    return BoxChart(title=label, description=label, rows=(row,), x_title=label)


def intervals(label: str, value: float) -> IntervalChart:
    number = PlottedNumber(value=value, low=0.0, high=2 * value)
    row = IntervalRow(label=label, number=number, shown=label, kind="good")
    return IntervalChart(title=label, description=label, rows=(row,), x_title=label, subtitle=label, reference=0.0)


def trends(label: str, value: float) -> TrendChart:
    points = (
        TrendPoint(run=0, number=PlottedNumber(value=value)),
        TrendPoint(run=2, number=PlottedNumber(value=0.0), is_changed=True),
    )
    return TrendChart(
        title=label,
        description=label,
        lines=(TrendLine(label=label, points=points),),
        moments=(label, "b", "c"),
        y_title=label,
    )


def cascade(label: str, value: float) -> CascadeChart:
    points = tuple(
        CurvePoint(cost=value * step, quality=PlottedNumber(value=0.1 * step, low=0.0, high=0.3), is_of_run=step == 2)
        for step in (1, 2, 3)
    )
    alone = CurvePoint(cost=4 * value, quality=PlottedNumber(value=0.3))
    return CascadeChart(
        title=label, description=label, points=points, alone=alone, cost_title=label, quality_title=label
    )


KINDS: Mapping[str, Callable[[str, float], Chart]] = {
    make.__name__: make for make in (quality_cost, boxes, intervals, trends, cascade)
}
