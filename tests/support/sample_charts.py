"""A chart of each kind, with one label wherever a chart takes text."""

from collections.abc import Callable, Mapping

from evaluation.charts.chart import (
    BoxChart,
    BoxRow,
    CascadeChart,
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
from evaluation.charts.curve_chart import Happening, LabelledLine, LineChart, PointOnLine, Tick
from evaluation.charts.grid_chart import (
    HeatCell,
    HeatMapChart,
    HeatRow,
    HistogramChart,
    HistogramRow,
    ParallelAxis,
    ParallelChart,
    ParallelLine,
)
from evaluation.charts.kinds import Chart


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


def lines(label: str, value: float) -> LineChart:
    points = (
        PointOnLine(x=value, number=PlottedNumber(value=value)),
        PointOnLine(x=2 * value, number=PlottedNumber(value=0.0, low=-value, high=value), is_hollow=True),
    )
    return LineChart(
        title=label,
        description=label,
        lines=(LabelledLine(label=label, points=points),),
        x_title=label,
        y_title=label,
        ticks=(Tick(x=value, label=label),),
        happenings=(Happening(x=value, kind="alert"), Happening(x=value, kind="change")),
        hollow_words=label,
        reference=value,
        has_diagonal=True,
    )


def heat_map(label: str, value: float) -> HeatMapChart:
    shade = value if abs(value) <= 1 else 1.0
    cells = (HeatCell(shown=label, shade=shade), HeatCell(shown=label, shade=-shade), None)
    rows = (HeatRow(label=label, cells=cells),)
    return HeatMapChart(title=label, description=label, columns=(label, label, label), rows=rows, shade_words=label)


def histogram(label: str, value: float) -> HistogramChart:
    rows = (HistogramRow(label=label, counts=(1, 3), shown=label), HistogramRow(label=label, counts=(0, 0), shown=""))
    return HistogramChart(title=label, description=label, rows=rows, edges=(0.0, value / 2, value), x_title=label)


def parallel(label: str, value: float) -> ParallelChart:
    combinations = [
        ParallelLine(places=(place, 0), score=PlottedNumber(value=value * place), is_marked=place == 1)
        for place in range(2)
    ]
    axes = (ParallelAxis(name=label, values=(label, label)), ParallelAxis(name=label, values=(label,)))
    return ParallelChart(title=label, description=label, axes=axes, lines=tuple(combinations), score_title=label)


KINDS: Mapping[str, Callable[[str, float], Chart]] = {
    make.__name__: make
    for make in (quality_cost, boxes, intervals, trends, cascade, lines, heat_map, histogram, parallel)
}
