"""Charts as specifications in Vega-Lite, for pages that draw themselves and for `rendering`."""

from functools import singledispatch
from typing import Any

from evaluation.charts.boxes import box_specification
from evaluation.charts.cascades import cascade_specification
from evaluation.charts.chart import BoxChart, CascadeChart, Chart, IntervalChart, QualityCostChart, TrendChart
from evaluation.charts.intervals import interval_specification
from evaluation.charts.quality_cost import quality_cost_specification
from evaluation.charts.trends import trend_specification


@singledispatch
def _specification(chart: object) -> dict[str, Any]:
    raise TypeError(f"a {type(chart).__name__} is no chart")


_specification.register(IntervalChart)(interval_specification)
_specification.register(BoxChart)(box_specification)
_specification.register(QualityCostChart)(quality_cost_specification)
_specification.register(TrendChart)(trend_specification)
_specification.register(CascadeChart)(cascade_specification)


def specification(chart: Chart) -> dict[str, Any]:
    """Return a chart as a specification in Vega-Lite, which loads nothing from elsewhere."""
    return _specification(chart)
