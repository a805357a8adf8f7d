"""Charts as specifications in Vega-Lite, for pages that draw themselves and for `rendering`."""

from functools import singledispatch
from typing import Any

from evaluation.charts.boxes import box_specification
from evaluation.charts.cascades import cascade_specification
from evaluation.charts.chart import BoxChart, CascadeChart, IntervalChart, QualityCostChart, TrendChart
from evaluation.charts.curve_chart import LineChart
from evaluation.charts.grid_chart import HeatMapChart, HistogramChart, ParallelChart
from evaluation.charts.heat_maps import heat_map_specification
from evaluation.charts.histograms import histogram_specification
from evaluation.charts.intervals import interval_specification
from evaluation.charts.kinds import Chart
from evaluation.charts.lines import line_specification
from evaluation.charts.parallel import parallel_specification
from evaluation.charts.quality_cost import quality_cost_specification
from evaluation.charts.trends import trend_specification


@singledispatch
def _specification(chart: object, *, narrow: bool) -> dict[str, Any]:
    raise TypeError(f"a {type(chart).__name__} is no chart")


_specification.register(IntervalChart)(interval_specification)
_specification.register(BoxChart)(box_specification)
_specification.register(QualityCostChart)(quality_cost_specification)
_specification.register(LineChart)(line_specification)
_specification.register(HeatMapChart)(heat_map_specification)
_specification.register(HistogramChart)(histogram_specification)
_specification.register(ParallelChart)(parallel_specification)
_specification.register(TrendChart)(trend_specification)
_specification.register(CascadeChart)(cascade_specification)


def specification(chart: Chart, *, narrow: bool = False) -> dict[str, Any]:
    """Return a chart as a specification in Vega-Lite, which loads nothing from elsewhere.

    Args:
        chart: What to show.
        narrow: For a narrow screen.
    """
    return _specification(chart, narrow=narrow)
