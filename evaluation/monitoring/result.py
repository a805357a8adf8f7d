"""What a look found, for JSON, the terminal and Prefect's pages alike."""

from collections.abc import Sequence
from datetime import datetime

from evaluation.formatting import counted
from evaluation.monitoring.anomalies import anomalies
from evaluation.monitoring.insights import insights
from evaluation.monitoring.monitoring_pass import MonitoringPass
from evaluation.monitoring.series import evaluation_series, live_series
from evaluation.monitoring.trends import Trend, trends
from evaluation.monitoring.values import QUANTITIES, Point, Series
from evaluation.records.alerts import AlertChanges, AlertRecord, SilenceRecord
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.results.analytics import TimelineResult
from evaluation.results.monitoring import AlertResult, MonitorResult, OpenAlertResult, PointResult, SeriesResult
from evaluation.store.monitored import monitored_runs
from evaluation.store.session import Store


def monitor_result(
    seen: MonitoringPass, changes: AlertChanges, open_alerts: Sequence[AlertRecord], silences: Sequence[SilenceRecord]
) -> MonitorResult:
    """Return the result of a monitoring pass.

    Args:
        seen: The pass.
        changes: What it did to the alerts.
        open_alerts: Alerts that are still open.
        silences: Silences in force.
    """
    raised = {alert.alert_id for alert in changes.raised}
    return MonitorResult(
        moment=seen.moment,
        sentence=_sentence(seen, changes, open_alerts),
        alerts=tuple(
            OpenAlertResult(
                alert=alert,
                state=alert.state,
                is_new=alert.alert_id in raised,
                is_silenced=any(quiet.covers(alert, seen.moment) for quiet in silences),
            )
            for alert in open_alerts
        ),
        resolved=tuple(map(AlertResult.of, changes.resolved)),
        n_looked_at=len(seen.looks),
        statistics=tuple(_statistics(series, seen.trends) for series in seen.series),
        anomalies=tuple(anomaly.result for anomaly in seen.anomalies),
        insights=seen.insights,
    )


def timeline(store: Store, request: MonitorRequest, moment: datetime) -> TimelineResult:
    """Return evaluations and calls in production over time, with their trends and insights. No alert is raised.

    Args:
        store: Where everything is.
        request: How far back, and which figures of calls are put together.
        moment: Now.
    """
    series = (*evaluation_series(store, monitored_runs(store), request, moment), *live_series(store, request, moment))
    over_time, odd = trends(series), anomalies(series)
    return TimelineResult(
        moment=moment,
        series=tuple(_statistics(each, over_time) for each in series),
        anomalies=tuple(anomaly.result for anomaly in odd),
        insights=insights(series, over_time, odd),
    )


def _sentence(seen: MonitoringPass, changes: AlertChanges, open_alerts: Sequence[AlertRecord]) -> str:
    if not seen.series:
        return "There were no evaluations and no production calls in that time."
    n_calls = sum(point.n for series in seen.series for point in series.points)
    looked = f"{counted(len(seen.series), 'candidate and task')}, {counted(n_calls, 'call')}"
    looked = looked.replace("candidate and tasks", "pairs of candidate and task").replace(
        "1 candidate and task", "1 pair of candidate and task"
    )
    if not open_alerts:
        over = f"; {counted(len(changes.resolved), 'alert')} resolved" if changes.resolved else ""
        return f"No open alerts: {looked}{over}."
    parts = [f"{counted(len(open_alerts), 'open alert')}, {len(changes.raised):,} new"]
    parts += [f"{len(changes.resolved):,} resolved"] if changes.resolved else []
    return f"{', '.join(parts)}: {looked}."


def _statistics(series: Series, trends: Sequence[Trend]) -> SeriesResult:
    points = tuple(map(_point, series.points))
    return SeriesResult(
        source=series.source,
        task=series.task,
        benchmark=series.benchmark,
        benchmark_version=series.benchmark_version,
        candidate=series.candidate,
        headline=series.headline,
        n_points=len(points),
        n_calls=sum(point.n for point in points),
        newest=points[-1],
        trends=tuple(trend.result for trend in trends if trend.series is series),
        points=points,
    )


def _point(point: Point) -> PointResult:
    figures: dict[str, float | None] = {name: point.value(name) for name in QUANTITIES}
    return PointResult(
        at=point.at,
        run_id=point.run_id,
        n=point.n,
        n_ok=point.n_ok,
        n_not_asked=point.n_not_asked,
        failures=point.failures,
        n_cached=point.n_cached,
        prompts=point.setting.prompts,
        cases=point.setting.cases,
        **figures,
    )
