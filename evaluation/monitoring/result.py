"""What a look found, as plain values: for JSON, the terminal and Prefect's pages alike."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from evaluation.formatting import counted
from evaluation.monitoring.monitoring_pass import MonitoringPass
from evaluation.monitoring.trends import Trend
from evaluation.monitoring.values import QUANTITIES, Point, Series
from evaluation.records import AlertChanges, AlertRecord, SilenceRecord

_MOMENTS = ("raised_at", "seen_at", "notified_at", "acknowledged_at", "resolved_at")


def monitor_result(
    seen: MonitoringPass, changes: AlertChanges, open_alerts: Sequence[AlertRecord], silences: Sequence[SilenceRecord]
) -> dict[str, Any]:
    """Return all that a look found.

    Args:
        seen: The look.
        changes: What it did to the alerts.
        open_alerts: Those that are not over.
        silences: Those that hold.
    """
    raised = {alert.alert_id for alert in changes.raised}
    silenced = {alert.alert_id for alert in open_alerts if any(quiet.covers(alert, seen.moment) for quiet in silences)}
    return {
        "moment": seen.moment.isoformat(),
        "sentence": _sentence(seen, changes, open_alerts),
        "alerts": [
            alert_as_plain(alert) | {"is_new": alert.alert_id in raised, "is_silenced": alert.alert_id in silenced}
            for alert in open_alerts
        ],
        "resolved": [alert_as_plain(alert) for alert in changes.resolved],
        "n_looked_at": len(seen.looks),
        "statistics": [_statistics(series, seen.trends) for series in seen.series],
        "anomalies": [anomaly.plain() for anomaly in seen.anomalies],
        "insights": [insight.plain() for insight in seen.insights],
    }


def alert_as_plain(alert: AlertRecord) -> dict[str, Any]:
    """Return the alert as plain values."""
    plain = asdict(alert) | {"state": alert.state, "changes": [dict(change) for change in alert.changes]}
    for name in _MOMENTS:
        moment = getattr(alert, name)
        plain[name] = None if moment is None else moment.isoformat()
    return plain


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


def _statistics(series: Series, trends: Sequence[Trend]) -> dict[str, Any]:
    newest = series.points[-1]
    return {
        "source": series.source,
        "task": series.task,
        "benchmark": series.benchmark,
        "benchmark_version": series.benchmark_version,
        "candidate": series.candidate,
        "headline": series.headline,
        "n_points": len(series.points),
        "n_calls": sum(point.n for point in series.points),
        "newest": _point(newest),
        "trends": [trend.plain() for trend in trends if trend.series is series],
        "points": [_point(point) for point in series.points],
    }


def _point(point: Point) -> dict[str, Any]:
    figures: dict[str, float | None] = {name: point.value(name) for name in QUANTITIES}
    return {
        "at": point.at.isoformat(),
        "run_id": point.run_id,
        "n": point.n,
        "n_ok": point.n_ok,
        "failures": dict(point.failures),
        "n_cached": point.n_cached,
        "prompts": point.setting.prompts,
        **figures,
    }
