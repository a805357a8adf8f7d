"""Figures over time as pictures, with alerts marked and lines where weights or servers changed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import inf
from typing import Literal

from evaluation.charts.chart import PlottedNumber
from evaluation.charts.curve_chart import Happening, LabelledLine, LineChart, PointOnLine, Tick
from evaluation.records.alerts import AlertRecord, Change
from evaluation.reports.monitoring.figures import FIGURES, is_about
from evaluation.results.monitoring import PointResult, SeriesResult
from evaluation.store.monitored import MonitoredRun

DRAWN = ("quality", "duration_s")
"""Figures that are drawn where there are many candidates."""
_RANGES = {"quality": (-inf, inf), "success": (0.0, 1.0)}
"""Bounds of figures; of others zero and none."""


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
    series: Sequence[SeriesResult],
    alerts: Sequence[AlertRecord],
    changes: Sequence[DatedChange],
    *,
    figures: Sequence[str] = DRAWN,
) -> tuple[LineChart, ...]:
    """Return a chart for each figure of each benchmark, and of each task in production, with two points or more.

    Scores of different metrics are in different charts, and no line joins runs of different cases.

    Args:
        series: What is drawn.
        alerts: Those to mark, each where it began, in the pictures of its figure and candidate.
        changes: Other weights and servers to mark.
        figures: Which figures to draw.
    """
    groups = defaultdict[str, list[SeriesResult]](list)
    for each in series:
        groups[series_place(each)].append(each)
    charts = (
        chart
        for what, of_one in groups.items()
        for figure in figures
        for alike in _of_one_scale(of_one, figure)
        if (chart := _chart(what, alike, figure, alerts, changes)) is not None
    )
    return tuple(charts)


def series_place(series: SeriesResult) -> str:
    """Return the benchmark of a series, or its task in production."""
    return series.benchmark or f"{series.task} (live)"


def drawn_points(series: SeriesResult) -> list[PointResult]:
    """Return the points that one line may join: those of the cases that most runs asked, or of the newest of such."""
    times = Counter(point.cases for point in series.points)
    most = max(times.values())
    cases = next(point.cases for point in reversed(series.points) if times[point.cases] == most)
    return [point for point in series.points if point.cases == cases]


def concerns(alert: AlertRecord, series: SeriesResult) -> bool:
    """Return True where an alert is about a series: its candidate there, or a model or server of its runs."""
    if alert.candidate is not None and alert.rule != "model" and alert.candidate != series.candidate:
        return False
    if alert.candidate is not None and not series.candidate.startswith(alert.candidate):
        return False
    if alert.source == "live":
        return series.source == "live" and alert.task == series.task
    if alert.benchmark is not None:
        return alert.benchmark == series.benchmark
    runs = {alert.run_id, alert.began_in_run} - {None}
    return any(point.run_id in runs for point in series.points)


def _of_one_scale(series: Sequence[SeriesResult], figure: str) -> Iterable[Sequence[SeriesResult]]:
    """Return the series whose values of a figure can stand on one axis."""
    if figure != "quality":
        return [series]
    by_metric = defaultdict[str, list[SeriesResult]](list)
    for each in series:
        by_metric[each.headline or ""].append(each)
    return by_metric.values()


def _chart(
    what: str,
    series: Sequence[SeriesResult],
    figure: str,
    alerts: Sequence[AlertRecord],
    changes: Sequence[DatedChange],
) -> LineChart | None:
    moments = sorted({point.at for each in series for point in drawn_points(each)})
    if len(moments) < 2:
        return None
    lines = [
        LabelledLine(label=each.candidate, points=points)
        for each in sorted(series, key=lambda each: -each.n_points)
        if (points := tuple(_points(drawn_points(each), figure, moments[0])))
    ]
    if not lines:
        return None
    shown = FIGURES[figure]
    metric = series[0].headline if figure == "quality" else None
    title = f"Mean {metric}" if metric else shown.title
    begin, end = moments[0], moments[-1]
    changed = (each.at for each in changes if each.task == what)
    began = (
        min(each.known_since, end)
        for each in alerts
        if is_about(each, figure) and any(concerns(each, of_one) for of_one in series)
    )
    happened = [
        Happening(x=_days(begin, at), kind=kind)
        for kind, happenings in _kinds(changed, began)
        for at in happenings
        if begin <= at <= end
    ]
    is_short = (end - begin).total_seconds() < 2 * 86_400
    return LineChart(
        title=f"{title} over time · {what}",
        description=f"{title} of each candidate from run to run, with alerts and changes of weights or servers marked",
        lines=tuple(lines),
        x_title="when the run began, UTC",
        y_title=shown.unit,
        y_range=_RANGES.get(figure, (0.0, inf)),
        ticks=tuple(Tick(x=_days(begin, at), label=_tick(at, is_short=is_short)) for at in moments),
        happenings=tuple(happened),
    )


def _points(points: Sequence[PointResult], figure: str, begin: datetime) -> Iterator[PointOnLine]:
    for point in points:
        value: float | None = getattr(point, figure)
        if value is not None:
            yield PointOnLine(x=_days(begin, point.at), number=PlottedNumber(value=value))


def _tick(at: datetime, *, is_short: bool) -> str:
    return f"{at:%H:%M}" if is_short else f"{at:%a} {at.day} {at:%b}"


def _days(begin: datetime, at: datetime) -> float:
    return (at - begin).total_seconds() / 86_400


def _kinds(
    changed: Iterable[datetime], began: Iterable[datetime]
) -> tuple[tuple[Literal["change", "alert"], Iterable[datetime]], ...]:
    return ("change", changed), ("alert", began)
