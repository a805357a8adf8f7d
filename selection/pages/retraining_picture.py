"""A retraining in a picture: what learning gained on each task over naming the best candidate there."""

from collections.abc import Mapping
from typing import Any

from evaluation.pictures.frame import PlottedNumber
from evaluation.pictures.interval_plots import Row, draw_interval_plots
from evaluation.reports.album import Picture
from selection.pages.retraining import NOBODY_LEARNED, gain_in_points

Values = Mapping[str, Any]


def gains_picture(report: Values) -> Picture | None:
    """Return each learner's gain on each task, with its interval; None where nothing was measured."""
    together = {**report, "task": "all tasks", "gains": report["learners"]}
    rows = [
        Row(
            label=f"{task['task']}: {name}",
            known=_in_points(gain),
            said=gain_in_points(gain),
            kind="good" if task["learner"] == name else "plain",
        )
        for task in (*report["tasks"], together)
        for name in report["learners"]
        if name != NOBODY_LEARNED and (gain := task["gains"].get(name)) is not None
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


def _in_points(gain: Values) -> PlottedNumber:
    low, high = gain["low"], gain["high"]
    return PlottedNumber(
        value=100 * gain["value"],
        low=None if low is None else 100 * low,
        high=None if high is None else 100 * high,
    )
