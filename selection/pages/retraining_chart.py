"""The chart of a retraining: the gain on each task over naming the best candidate there."""

from evaluation.charts.chart import IntervalChart, IntervalRow, PlottedNumber
from selection.pages.retraining import gain_in_points
from selection.retraining import BEST_PER_TASK, GainResult, TrainingReport


def gains_chart(report: TrainingReport) -> IntervalChart | None:
    """Return a chart of each learner's gain on each task, with its interval; None where nothing was measured."""
    rows = [
        IntervalRow(
            label=f"{row.task}: {name}",
            number=_in_points(gain),
            shown=gain_in_points(gain),
            kind="good" if row.learner == name else "plain",
        )
        for row in report.rows
        for name in report.learners
        if name != BEST_PER_TASK and (gain := row.gains.get(name)) is not None
    ]
    if not rows:
        return None
    return IntervalChart(
        title="What learning gains over naming the best on each task",
        description="What each learner gained on each task, with its interval",
        rows=tuple(rows),
        x_title="points of quality on prompts that were held out",
        subtitle="Filled: decides on that task.",
        reference=0.0,
    )


def _in_points(gain: GainResult) -> PlottedNumber:
    low, high = (None if end is None else 100 * end for end in (gain.low, gain.high))
    return PlottedNumber(value=100 * gain.value, low=low, high=high)
