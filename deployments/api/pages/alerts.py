"""Pages of alerts: the list, and one with the trend that it is about and the runs that it compares."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

from fastapi import APIRouter, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.rendering import PageRoute, address
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Cell, Link, Section, State, Table, drawn, filled
from deployments.api.pages.timelines import PERIODS, recent_timeline, trend_address
from deployments.cli.arguments import open_stored
from deployments.python.stored import load_alerts
from evaluation.formatting import excerpt
from evaluation.records.alerts import AlertRecord
from evaluation.reports.monitoring.figures import FIGURES, OF_RULES
from evaluation.reports.monitoring.trend_charts import concerns, dated_changes, trend_charts
from evaluation.results.monitoring import SeriesResult
from evaluation.store.alerts import find_alert
from evaluation.store.monitored import monitored_runs

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
ALERTS = "/alerts"
MOST_ALERTS, MOST_SERIES = 500, 6
_DAYS_BEFORE = 7
"""Days before an alert began that its pictures show too, at least."""


class Standing(StrEnum):
    """Which alerts to show."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    ALL = "all"


@router.get(ALERTS)
def alerts(request: Request, state: Standing = Standing.OPEN) -> Response:
    """List the alerts of the monitor: those that are open, that somebody knows of, or that are over."""
    listed = [
        alert
        for alert in load_alerts(all=state in (Standing.RESOLVED, Standing.ALL))
        if state in (Standing.ALL, alert.state)
    ]
    listed.sort(key=lambda alert: alert.known_since, reverse=True)
    columns = (
        "Alert",
        "State",
        "Severity",
        "What",
        "Since",
        "Noticed",
        "In run",
        "Compared with",
        "Rule",
        "Seen",
    )
    table = Table(label="Alerts", columns=columns, rows=tuple(map(_row, listed[:MOST_ALERTS])))
    left = len(listed) - MOST_ALERTS
    more = f"{left:,} more: benchwright alerts list --all lists them."
    return section_page(
        request,
        "Alerts",
        filled(Section(table=table, after=(more,) if left > 0 else ())),
        choices=[
            Link(text=each.value, address=address(ALERTS, state="" if each == Standing.OPEN else each.value))
            for each in Standing
        ],
        empty="No alert is open." if state == Standing.OPEN else "There are no such alerts.",
        next_step="`benchwright monitor` looks at evaluations and calls, and raises an alert where one became slower, "
        "worse or another model.",
    )


def alert_link(alert: AlertRecord) -> Link:
    """Return the link to an alert with its trend."""
    return Link(text=f"{alert.alert_id[:8]}, its trend", address=f"{ALERTS}/{alert.alert_id}")


def _row(alert: AlertRecord) -> tuple[Cell, ...]:
    return (
        alert_link(alert),
        State(word=alert.state),
        State(word=alert.severity),
        alert_words(alert),
        alert.began_at,
        alert.raised_at,
        _run(alert.began_in_run or alert.run_id),
        _run(alert.earlier_run),
        alert.rule,
        alert.n_seen,
    )


def _run(run_id: str | None) -> Link | None:
    return None if run_id is None else Link(text=run_id[:8], address=f"/runs/{run_id}")


def alert_words(alert: AlertRecord) -> str:
    """Return what an alert says, what changed, and what became of it."""
    changes = [f"{change.what}: {change.was} → {change.now}" for change in alert.changes]
    by = [f"acknowledged by {alert.acknowledged_by}"] if alert.acknowledged_by else []
    note = [alert.note] if alert.note else []
    over = [f"resolved: {alert.resolution}"] if alert.resolution else []
    return " · ".join([alert.sentence, *changes, *by, *note, *over])


@router.get(f"{ALERTS}/{{alert}}")
def alert(request: Request, alert: str) -> Response:
    """Show an alert: since when it is so, the trend with the alert marked, and the runs that it compares."""
    with open_stored(None) as store:
        shown = find_alert(store, alert)
        changes = dated_changes(monitored_runs(store), since=datetime.min.replace(tzinfo=UTC))
    days = _days(shown)
    series = [each for each in recent_timeline(request, days).series if concerns(shown, each)][:MOST_SERIES]
    figures = [OF_RULES[shown.rule]] if shown.rule in OF_RULES else list(FIGURES)
    pictures = [
        chart
        for each in series
        for chart in trend_charts(
            [each], [shown], [change for change in changes if change.candidate == each.candidate], figures=figures
        )
    ]
    words = alert_words(shown).removeprefix(shown.sentence).removeprefix(" · ")
    return section_page(
        request,
        f"{shown.rule} · {shown.candidate or shown.benchmark or shown.task or shown.alert_id}",
        filled(
            Section(lines=(words,) if words else ()),
            Section(table=_when(shown)),
            Section(
                title="Trend",
                pictures=drawn(*pictures),
                links=tuple(_trend_link(each, days) for each in series),
                after=() if pictures else ("There are fewer than two points to draw.",),
            ),
            Section(title="Runs", links=_run_links(shown)),
            Section(title="Its numbers", table=_evidence(shown)),
        ),
        up=Link(text="Alert", address=ALERTS),
        about=f"{shown.alert_id} · {shown.severity}",
        lead=shown.sentence,
        state=shown.state,
    )


def _days(alert: AlertRecord) -> int:
    """Return the shortest period of trends in which an alert began well after the beginning."""
    needed = (datetime.now(UTC) - alert.known_since).days + _DAYS_BEFORE
    return next((days for days in PERIODS if days >= max(needed, 30)), PERIODS[-1])


def _when(alert: AlertRecord) -> Table:
    columns = ("Since", "Noticed", "Seen last", "Seen", "Over")
    row = (alert.began_at, alert.raised_at, alert.seen_at, alert.n_seen, alert.resolved_at)
    return Table(label="When", columns=columns, rows=(row,))


def _trend_link(series: SeriesResult, days: int) -> Link:
    return Link(text=f"Every figure of {series.candidate}", address=trend_address(series, days))


def _run_links(alert: AlertRecord) -> tuple[Link, ...]:
    """Return links to the runs that an alert compares, and to what differs between them."""
    before, first, newest = alert.earlier_run, alert.began_in_run or alert.run_id, alert.run_id
    links = []
    if before is not None:
        links.append(Link(text=f"Run {before[:8]}, with which it is compared", address=f"/runs/{before}"))
    if first is not None:
        links.append(Link(text=f"Run {first[:8]}, in which it began", address=f"/runs/{first}"))
    if newest is not None and newest != first:
        links.append(Link(text=f"Run {newest[:8]}, the newest that has it", address=f"/runs/{newest}"))
    if before is not None and first is not None and before != first:
        differences = address("/differences", first=before, second=first)
        links.append(Link(text=f"What differs between {before[:8]} and {first[:8]}", address=differences))
    return tuple(links)


def _evidence(alert: AlertRecord) -> Table:
    rows = tuple((name, excerpt(_as_text(value), 2000)) for name, value in alert.evidence.items())
    return Table(label="Its numbers", columns=("Name", "Value"), rows=rows)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def alert_rows(listed: Sequence[AlertRecord]) -> Table:
    """Return alerts as a short table beside trends, each with the link to it."""
    return Table(
        label="Alerts in this time",
        columns=("Alert", "Severity", "What", "State", "Since", "Noticed"),
        rows=tuple(
            (
                alert_link(each),
                State(word=each.severity),
                alert_words(each),
                State(word=each.state),
                each.began_at,
                each.raised_at,
            )
            for each in listed
        ),
    )
