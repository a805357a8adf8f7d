"""A plot of a retraining: the gain on each task over naming the best candidate there."""

from evaluation.pictures.frame import PlottedNumber
from evaluation.pictures.interval_plots import Row, draw_interval_plots
from evaluation.reports.page_pictures import Picture
from selection.pages.retraining import gain_in_points
from selection.retraining import BEST_PER_TASK, GainResult, TrainingReport


def gains_picture(report: TrainingReport) -> Picture | None:
    """Plot each learner's gain on each task, with its interval; None where nothing was measured."""
    rows = [
        Row(
            label=f"{row.task}: {name}",
            known=_in_points(gain),
            said=gain_in_points(gain),
            kind="good" if row.learner == name else "plain",
        )
        for row in report.rows
        for name in report.learners
        if name != BEST_PER_TASK and (gain := row.gains.get(name)) is not None
    ]
    if not rows:
        return None
    svg = draw_interval_plots(
        rows,
        title="What learning gains over naming the best on each task",
        x_title="points of quality on prompts that were held out",
        about="Filled: decides on that task.",
        against=0.0,
    )
    return Picture(svg=svg, said="What each learner gained on each task, with its interval")


def _in_points(gain: GainResult) -> PlottedNumber:
    low, high = (None if end is None else 100 * end for end in (gain.low, gain.high))
    return PlottedNumber(value=100 * gain.value, low=low, high=high)
