"""Figures over time as pictures, with alerts marked and lines where weights or servers changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import inf
from typing import Literal

from evaluation.charts.chart import PlottedNumber
from evaluation.charts.curve_chart import Happening, LabelledLine, LineChart, PointOnLine, Tick
from evaluation.records.alerts import AlertRecord, Change
from evaluation.results.monitoring import PointResult, SeriesResult
from evaluation.store.monitored import MonitoredRun

FIGURES = {"quality": ("quality", "mean score"), "duration_s": ("duration", "seconds an answer")}
"""Figures that are drawn, with their names and units."""
MOST_CHARTS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedChange:
    """Other weights or another server of a candidate than in its run before."""

    at: datetime
    task: str
    candidate: str
    run_id: str
    change: Change


def dated_changes(runs: Sequence[MonitoredRun], *, since: datetime) -> list[DatedChange]:
    """Return where the weights or the version of a server differ from those of the run before, the newest first.

    Args:
        runs: Candidates of runs, the oldest first.
        since: Changes before it are left out.
    """
    series = defaultdict[tuple[str, str], list[MonitoredRun]](list)
    for run in runs:
        series[run.benchmark, run.candidate].append(run)
    changes = [
        DatedChange(at=now.created_at, task=now.benchmark, candidate=now.candidate, run_id=now.run_id, change=change)
        for of_one in series.values()
        for before, now in pairwise(of_one)
        if now.created_at >= since
        for change in _changes(before, now)
    ]
    return sorted(changes, key=lambda each: each.at, reverse=True)


def _changes(before: MonitoredRun, now: MonitoredRun) -> Iterator[Change]:
    if before.endpoint == now.endpoint and before.digest and now.digest and before.digest != now.digest:
        yield Change(what="weights", was=before.digest, now=now.digest)
    for name, version in now.server_versions.items():
        was = before.server_versions.get(name)
        if was and version and was != version:
            yield Change(what=f"server {name}", was=was, now=version)


def trend_charts(
    series: Sequence[SeriesResult], alerts: Sequence[AlertRecord], changes: Sequence[DatedChange]
) -> tuple[LineChart, ...]:
    """Return a chart for each figure of each benchmark, and of each task in production, with two points or more."""
    groups = defaultdict[str, list[SeriesResult]](list)
    for each in series:
        groups[_what(each)].append(each)
    charts = (
        chart
        for what, of_one in groups.items()
        for figure in FIGURES
        if (chart := _chart(what, of_one, figure, alerts, changes)) is not None
    )
    return tuple(charts)[:MOST_CHARTS]


def _what(series: SeriesResult) -> str:
    return series.benchmark or f"{series.task} (live)"


def _chart(
    what: str,
    series: Sequence[SeriesResult],
    figure: str,
    alerts: Sequence[AlertRecord],
    changes: Sequence[DatedChange],
) -> LineChart | None:
    moments = sorted({point.at for each in series for point in each.points})
    if len(moments) < 2:
        return None
    lines = [
        LabelledLine(label=each.candidate, points=points)
        for each in sorted(series, key=lambda each: -each.n_points)
        if (points := tuple(_points(each.points, figure, moments[0])))
    ]
    name, unit = FIGURES[figure]
    begin, end = moments[0], moments[-1]
    changed = (each.at for each in changes if each.task == what)
    raised = (each.raised_at for each in alerts if what in (each.benchmark, f"{each.task} (live)"))
    happened = [
        Happening(x=_days(begin, at), kind=kind)
        for kind, happenings in _kinds(changed, raised)
        for at in happenings
        if begin <= at <= end
    ]
    is_short = (end - begin).total_seconds() < 2 * 86_400
    return LineChart(
        title=f"{name.capitalize()} over time · {what}",
        description=f"{name.capitalize()} of each candidate from run to run, with alerts and changes of weights or "
        "servers marked",
        lines=tuple(lines),
        x_title="when the run began, UTC",
        y_title=unit,
        y_range=(0.0, inf) if figure == "duration_s" else (-inf, inf),
        ticks=tuple(Tick(x=_days(begin, at), label=at.strftime("%H:%M" if is_short else "%d %b")) for at in moments),
        happenings=tuple(happened),
    )


def _points(points: Sequence[PointResult], figure: str, begin: datetime) -> Iterator[PointOnLine]:
    for point in points:
        value: float | None = getattr(point, figure)
        if value is not None:
            yield PointOnLine(x=_days(begin, point.at), number=PlottedNumber(value=value))


def _days(begin: datetime, at: datetime) -> float:
    return (at - begin).total_seconds() / 86_400


def _kinds(
    changed: Iterable[datetime], raised: Iterable[datetime]
) -> tuple[tuple[Literal["change", "alert"], Iterable[datetime]], ...]:
    return ("change", changed), ("alert", raised)
