"""Time series of figures from the store: each candidate on each benchmark, and on each task in production."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from evaluation.monitoring.run_figures import RunFigures, figures_of_runs
from evaluation.monitoring.values import Point, Series, Setting, point_of_live
from evaluation.records.candidates import MetricUse
from evaluation.records.runs import BASELINE
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.store.monitored import LiveCall, MonitoredRun, read_live
from evaluation.store.session import Store

MOST_POINTS = 60
"""Newest runs of a series that are followed; those of its baseline are added."""
USUAL_DAYS = 7
"""Days of live traffic that define the usual level."""
FULL_DAY = timedelta(days=1)
_BY_HOUR_UP_TO = timedelta(days=3)


def evaluation_series(
    store: Store, runs: Sequence[MonitoredRun], request: MonitorRequest, moment: datetime
) -> list[Series]:
    """Return a series for each candidate on each benchmark version with a recent evaluation.

    Args:
        store: Where their answers are.
        runs: Those that have ended, the oldest first.
        request: How far to look back, and how long a baseline is.
        moment: Now.
    """
    since = moment - timedelta(days=request.since_days)
    groups: defaultdict[tuple[str, str, str], list[MonitoredRun]] = defaultdict(list)
    for run in runs:
        groups[run.benchmark_version, run.benchmark, run.candidate].append(run)
    kept = [_kept(group, request.baseline_runs) for group in groups.values() if group[-1].created_at >= since]
    shown = {run.run_id for group in kept for run in group}
    figures = figures_of_runs(store, [run for run in runs if run.run_id in shown])
    return [_evaluated(group, figures) for group in kept]


def _kept(group: Sequence[MonitoredRun], n_baseline: int) -> list[MonitoredRun]:
    """Return the newest points, and all that may be in a baseline."""
    complete = [run for run in group if run.is_complete]
    tagged = [run for run in complete if BASELINE in run.tags]
    kept = {run.row_id for run in (*group[-MOST_POINTS:], *complete[: 2 * n_baseline], *tagged[-n_baseline:])}
    return [run for run in group if run.row_id in kept]


def _evaluated(group: Sequence[MonitoredRun], figures: Mapping[int, RunFigures]) -> Series:
    newest = group[-1]
    return Series(
        source="evaluation",
        task=newest.task,
        candidate=newest.candidate,
        benchmark=newest.benchmark,
        benchmark_version=newest.benchmark_version,
        headline=newest.headline,
        points=tuple(_point(run, figures[run.row_id], newest.headline) for run in group),
    )


def _point(run: MonitoredRun, figures: RunFigures, headline: str | None) -> Point:
    """Return a run's figures; its quality is that of `headline`, whatever the run's own headline was."""
    use = metric_use(run, headline)
    shown = figures if run.given_up is None else figures.only_counts()
    return Point(
        n=shown.n,
        n_ok=shown.n_ok,
        failures=shown.failures,
        duration_s=shown.duration_s,
        n_timed=shown.n_timed,
        n_cached=shown.n_cached,
        tokens=shown.tokens,
        n_counted=shown.n_counted,
        tokens_per_s=shown.tokens_per_s,
        energy_j=shown.energy_j,
        n_not_asked=0 if run.given_up is None else max(0, run.n_planned - figures.n),
        at=run.created_at,
        ended_at=run.ended_at,
        quality=None if use is None else figures.quality(use),
        run_id=run.run_id,
        row_id=run.row_id,
        given_up=run.given_up,
        is_complete=run.is_complete,
        is_baseline=BASELINE in run.tags,
        setting=Setting(
            model=run.digest,
            parts=run.parts,
            judge=None if use is None else use.signature,
            server=run.server_versions.get(run.endpoint),
            endpoint=run.endpoint,
            slots=run.slots,
            prompts=figures.prompts,
            cases=run.cases,
        ),
    )


def headline_of(run: MonitoredRun) -> MetricUse | None:
    """Return the headline metric with its signature, as the run planned it."""
    return metric_use(run, run.headline)


def metric_use(run: MonitoredRun, name: str | None) -> MetricUse | None:
    """Return a metric of the run with its signature; None: the run did not measure it."""
    return next((use for use in run.metrics if use.name == name), None)


def live_series(store: Store, request: MonitorRequest, moment: datetime) -> list[Series]:
    """Return a series for each candidate on each task in production."""
    live_calls = read_live(store, since=moment - timedelta(days=request.since_days), until=moment)
    return [_lived(task, candidate, calls, request, moment) for (task, candidate), calls in sorted(live_calls.items())]


def _lived(task: str, candidate: str, calls: Sequence[LiveCall], request: MonitorRequest, moment: datetime) -> Series:
    n_newest = _n_newest(calls, request, moment)
    before, newest = calls[: len(calls) - n_newest], calls[len(calls) - n_newest :]
    usual = [call for call in before if call.started_at >= moment - timedelta(days=USUAL_DAYS)]
    points = [point_of_live(stretch) for stretch in _stretches(before)]
    return Series(
        source="live",
        task=task,
        candidate=candidate,
        points=(*points, point_of_live(newest)) if newest else tuple(points),
        usual=point_of_live(usual) if usual and newest else None,
    )


def _n_newest(calls: Sequence[LiveCall], request: MonitorRequest, moment: datetime) -> int:
    """Return how many of the latest calls count as newest: those of the last hours, else the last few of a day."""
    n_recent = sum(call.started_at >= moment - timedelta(hours=request.live_hours) for call in calls)
    n_of_day = sum(call.started_at >= moment - FULL_DAY for call in calls)
    return max(n_recent, min(n_of_day, request.min_calls))


def _stretches(calls: Sequence[LiveCall]) -> list[list[LiveCall]]:
    """Group the calls by day, or by hour where there are few days of them."""
    if not calls:
        return []
    is_short = calls[-1].started_at - calls[0].started_at <= _BY_HOUR_UP_TO
    by_time: defaultdict[tuple[date, int], list[LiveCall]] = defaultdict(list)
    for call in calls:
        by_time[call.started_at.date(), call.started_at.hour if is_short else 0].append(call)
    return list(by_time.values())
