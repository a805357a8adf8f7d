"""All kinds of charts."""

from typing import TypeAlias

from evaluation.charts.chart import BoxChart, CascadeChart, IntervalChart, QualityCostChart, TrendChart
from evaluation.charts.curve_chart import LineChart
from evaluation.charts.grid_chart import HeatMapChart, HistogramChart, ParallelChart

Chart: TypeAlias = (
    IntervalChart
    | BoxChart
    | QualityCostChart
    | TrendChart
    | CascadeChart
    | LineChart
    | HeatMapChart
    | HistogramChart
    | ParallelChart
)
