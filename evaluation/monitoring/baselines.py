"""Select the runs of a series to judge now, and the baseline of each."""

from collections.abc import Collection, Mapping
from datetime import datetime

from evaluation.monitoring.values import Point, Series
from evaluation.records.alerts import MonitorLook

MOST_AT_ONCE = 20
"""Runs of a series judged by one look, at most: the newest ones."""
Looks = Mapping[int, MonitorLook]
"""Looks by the run candidate's id."""


def to_judge(series: Series, looks: Looks) -> tuple[Point, ...]:
    """Return the runs that arrived since the last check, and the newest one; only the newest where there was no check.

    A run that began before one that was checked may have ended after it.
    """
    seen = [place for place, point in enumerate(series.points) if point.row_id in looks]
    if not seen:
        return series.points[-1:]
    first_look = min(_looked_at(series.points[place], looks) for place in seen)
    new = [
        point
        for place, point in enumerate(series.points[:-1])
        if point.row_id not in looks and (place > seen[-1] or (point.ended_at or point.at) >= first_look)
    ]
    return (*new[-MOST_AT_ONCE:], series.points[-1])


def _looked_at(point: Point, looks: Looks) -> datetime:
    moment = None if point.row_id is None else looks[point.row_id].looked_at
    return moment or point.at


def baseline_of(
    series: Series, point: Point, looks: Looks, n_runs: int, *, among: Collection[int] | None = None
) -> tuple[Point, ...]:
    """Return the newest runs before it that are tagged as baseline, else the first ones without a quality alert.

    A run that is tagged itself is its own baseline.

    Args:
        series: Its runs.
        point: The run to check.
        looks: The results of earlier checks.
        n_runs: How many at most.
        among: Candidates of runs that may be in it; None: all.
    """
    if point.is_baseline:
        return (point,)
    before = series.points[: series.points.index(point)]
    fit = [earlier for earlier in before if earlier.is_complete and (among is None or earlier.row_id in among)]
    tagged = [earlier for earlier in fit if earlier.is_baseline]
    return tuple(tagged[-n_runs:] or [earlier for earlier in fit if not _was_below(earlier, looks)][:n_runs])


def _was_below(point: Point, looks: Looks) -> bool:
    look = None if point.row_id is None else looks.get(point.row_id)
    return look is not None and look.quality is not None and look.quality.is_below
