"""Which runs of a series are judged now, and which runs are each held against?"""

from collections.abc import Collection, Mapping

from evaluation.monitoring.values import Point, Series
from evaluation.store.records import MonitorLook

MOST_AT_ONCE = 20
"""Runs of a series that one look judges at most: the newest ones."""
Looks = Mapping[int, MonitorLook]
"""By candidate of a run."""


def to_judge(series: Series, looks: Looks) -> tuple[Point, ...]:
    """Those that came since the last look; where none did, or nothing was ever looked at, the newest one."""
    seen = [place for place, point in enumerate(series.points) if point.row_id in looks]
    if not seen or seen[-1] == len(series.points) - 1:
        return series.points[-1:]
    return series.points[seen[-1] + 1 :][-MOST_AT_ONCE:]


def baseline_of(
    series: Series, point: Point, looks: Looks, n_runs: int, *, among: Collection[int] | None = None
) -> tuple[Point, ...]:
    """The runs before it that are tagged, the newest of them; else the first ones that raised no alert of quality.

    One that is tagged itself is its own baseline.

    Args:
        series: Its runs.
        point: The one that is judged.
        looks: What was found of earlier ones.
        n_runs: How many at most.
        among: Candidates of runs that may be in it; None: all.
    """
    if point.is_baseline:
        return (point,)
    before = series.points[: series.points.index(point)]
    fit = [one for one in before if one.is_complete and (among is None or one.row_id in among)]
    tagged = [one for one in fit if one.is_baseline]
    return tuple(tagged[-n_runs:] or [one for one in fit if not _was_below(one, looks)][:n_runs])


def _was_below(point: Point, looks: Looks) -> bool:
    known = None if point.row_id is None else looks.get(point.row_id)
    return known is not None and known.quality is not None and bool(known.quality.get("is_below"))
