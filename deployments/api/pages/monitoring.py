"""Pages of the monitor: alerts with what became of them, and the figures over time."""

import json
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.rendering import PageRoute, address
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Cell, Link, Section, State, Table, drawn, filled
from deployments.api.recent import RecentAnswers
from deployments.api.replies import written
from deployments.cli.arguments import open_stored
from deployments.python.analytics import load_timeline
from deployments.python.stored import load_alerts
from evaluation.formatting import counted, measured, p_value, percent, quantity
from evaluation.records.alerts import AlertRecord
from evaluation.reports.monitoring.trend_charts import dated_changes, trend_charts
from evaluation.results.analytics import TimelineResult
from evaluation.results.as_json import from_json
from evaluation.results.monitoring import SeriesResult, TrendResult
from evaluation.store.monitored import monitored_runs

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
_ALERTS, _TRENDS = "/alerts", "/trends"
MOST_ALERTS, MOST_MARKED = 500, 30
PERIODS = (7, 30, 90, 365)
"""Days of which trends are shown."""


class Standing(StrEnum):
    """Which alerts to show."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    ALL = "all"


@router.get(_ALERTS)
def alerts(request: Request, state: Standing = Standing.OPEN) -> Response:
    """List the alerts of the monitor: those that are open, that somebody knows of, or that are over."""
    listed = [
        alert
        for alert in load_alerts(all=state in (Standing.RESOLVED, Standing.ALL))
        if state in (Standing.ALL, alert.state)
    ]
    columns = ("Alert", "State", "Severity", "What", "Rule", "Run", "Seen", "Since")
    table = Table(label="Alerts", columns=columns, rows=tuple(map(_row, listed[:MOST_ALERTS])))
    left = len(listed) - MOST_ALERTS
    more = f"{left:,} more: benchwright alerts list --all lists them."
    return section_page(
        request,
        "Alerts",
        filled(Section(table=table, after=(more,) if left > 0 else ())),
        choices=[
            Link(text=each.value, address=address(_ALERTS, state="" if each == Standing.OPEN else each.value))
            for each in Standing
        ],
        empty="No alert is open." if state == Standing.OPEN else "There are no such alerts.",
        next_step="`benchwright monitor` looks at evaluations and calls, and raises an alert where one became slower, "
        "worse or another model.",
    )


def _row(alert: AlertRecord) -> tuple[Cell, ...]:
    return (
        alert.alert_id[:8],
        State(word=alert.state),
        State(word=alert.severity),
        _what(alert),
        alert.rule,
        None if alert.run_id is None else Link(text=alert.run_id[:8], address=f"/runs/{alert.run_id}"),
        alert.n_seen,
        alert.raised_at,
    )


def _what(alert: AlertRecord) -> str:
    changes = [f"{change.what}: {change.was} → {change.now}" for change in alert.changes]
    by = [f"acknowledged by {alert.acknowledged_by}"] if alert.acknowledged_by else []
    note = [alert.note] if alert.note else []
    over = [f"resolved: {alert.resolution}"] if alert.resolution else []
    return " · ".join([alert.sentence, *changes, *by, *note, *over])


@router.get(_TRENDS)
def trends(request: Request, days: Annotated[int, Query(ge=1, le=3650)] = 30) -> Response:
    """Show evaluations and calls over time: what is worth knowing, the newest figures and their trends.

    They are of the last half minute, as the HTTP interface gives them.
    """
    recent: RecentAnswers = request.app.state.recent
    answer = recent.get(("trends", days), lambda: written(load_timeline(days=days)))
    shown = from_json(TimelineResult, json.loads(answer))
    columns = ("Task", "Candidate", "Points", "Calls", "Newest", "Success", "Quality", "Seconds", "Tokens", "Tokens/s")
    return section_page(
        request,
        "Trends",
        (*_pictures(shown, days), *_trend_sections(shown, columns)),
        about=f"The last {counted(days, 'day')}.",
        choices=[
            Link(text=counted(each, "day"), address=address(_TRENDS, days="" if each == 30 else each))
            for each in PERIODS
        ],
        empty="There is nothing in this time.",
        next_step="`benchwright evaluate` and recorded calls give figures; `benchwright monitor` watches them.",
    )


def _pictures(shown: TimelineResult, days: int) -> tuple[Section, ...]:
    """Return the figures over time with what happened meanwhile, and that as tables."""
    since = shown.moment - timedelta(days=days)
    alerts_then = [alert for alert in load_alerts(all=True) if alert.raised_at >= since]
    with open_stored(None) as store:
        changes = dated_changes(monitored_runs(store), since=since)
    rows = tuple(
        (
            each.change.what,
            each.task,
            each.candidate,
            each.change.was.removeprefix("sha256:")[:12],
            each.change.now.removeprefix("sha256:")[:12],
            Link(text=each.run_id[:8], address=f"/runs/{each.run_id}"),
            each.at,
        )
        for each in changes[:MOST_ALERTS]
    )
    raised = tuple(
        (State(word=alert.severity), _what(alert), State(word=alert.state), alert.raised_at)
        for alert in alerts_then[:MOST_MARKED]
    )
    columns = ("Changed", "Benchmark", "Candidate", "Before", "After", "Run", "When")
    return filled(
        Section(title="Over time", pictures=drawn(*trend_charts(shown.series, alerts_then, changes))),
        Section(title="Other weights and servers", table=Table(label="Changes", columns=columns, rows=rows)),
        Section(
            title="Alerts in this time",
            table=Table(label="Alerts in this time", columns=("Severity", "What", "State", "Raised"), rows=raised),
        ),
    )


def _trend_sections(shown: TimelineResult, columns: tuple[str, ...]) -> tuple[Section, ...]:
    clear = [(series, trend) for series in shown.series for trend in series.trends if trend.is_clear]
    return filled(
        Section(title="Worth knowing", lines=tuple(insight.text for insight in shown.insights)),
        Section(
            title="Clear trends",
            table=Table(
                label="Clear trends",
                columns=("Task", "Candidate", "Figure", "Goes", "In a week", "p", "Points"),
                rows=tuple(_trend(series, trend) for series, trend in clear),
            ),
            after=("Only those that chance does not explain, adjusted for all figures that were tested.",)
            if clear
            else (),
        ),
        Section(
            title="Newest figures",
            table=Table(label="Newest figures", columns=columns, rows=tuple(map(_series, shown.series))),
            links=(Link(text="Open alerts", address=_ALERTS),) if shown.series else (),
            after=("The newest means, each of one run or period; the page of a run has their intervals.",)
            if shown.series
            else (),
        ),
    )


def _trend(series: SeriesResult, trend: TrendResult) -> tuple[Cell, ...]:
    change = trend.relative_per_week
    return (
        series.benchmark or f"{series.task} (live)",
        series.candidate,
        trend.quantity,
        trend.direction,
        quantity(trend.per_week, signed=True) if change is None else percent(change, digits=1),
        p_value(trend.p_adjusted if trend.p_adjusted is not None else trend.p_value),
        trend.n_points,
    )


def _series(series: SeriesResult) -> tuple[Cell, ...]:
    newest = series.newest

    def shown(value: float | None) -> str:
        return "–" if value is None else measured(value)

    name = "live" if newest.run_id is None else newest.run_id[:8]
    return (
        series.benchmark or f"{series.task} (live)",
        series.candidate,
        series.n_points,
        series.n_calls,
        name if newest.run_id is None else Link(text=name, address=f"/runs/{newest.run_id}"),
        "–" if newest.success is None else percent(newest.success),
        shown(newest.quality),
        shown(newest.duration_s),
        shown(newest.tokens),
        shown(newest.tokens_per_s),
    )
