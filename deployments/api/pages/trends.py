"""The page of trends: figures over time with what happened meanwhile, of all candidates or of one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.pages.alerts import ALERTS, alert_rows
from deployments.api.pages.rendering import PageRoute
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Cell, Link, Section, Table, drawn, filled
from deployments.api.pages.speed_changes import speed_section
from deployments.api.pages.timelines import PERIODS, TRENDS, USUAL_DAYS, recent_timeline, trend_address, trends_address
from deployments.cli.arguments import open_stored
from deployments.python.stored import load_alerts
from evaluation.charts.curve_chart import LineChart
from evaluation.formatting import counted, measured, p_value, percent, quantity
from evaluation.reports.monitoring.figures import FIGURES
from evaluation.reports.monitoring.trend_charts import (
    DRAWN,
    concerns,
    dated_changes,
    drawn_points,
    series_place,
    trend_charts,
)
from evaluation.results.monitoring import Insight, SeriesResult, TrendResult
from evaluation.store.monitored import monitored_runs

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
MOST_CHANGES, MOST_MARKED, MOST_PICTURES = 500, 30, 12
NEWEST_NOTE = (
    "Each figure is of the newest run or period alone. Scores are means over the scored answers; seconds are medians "
    "over the answers, waiting included and loading the model not; tokens are means over the calls, of prompt and "
    "output together; tokens/s are medians of the output after its first token. The page of the run has intervals."
)


@router.get(TRENDS)
def trends(
    request: Request,
    days: Annotated[int, Query(ge=1, le=3650)] = USUAL_DAYS,
    of: Annotated[str, Query(max_length=1000)] = "",
    candidate: Annotated[str, Query(max_length=1000)] = "",
) -> Response:
    """Show evaluations and calls over time: what is worth knowing, the newest figures and their trends.

    They are of the last half minute, as the HTTP interface gives them. Of one candidate on one benchmark, or task in
    production, every figure is drawn.
    """
    timeline = recent_timeline(request, days)
    is_of_one = bool(of or candidate)
    series = [
        each
        for each in timeline.series
        if (not of or series_place(each) == of) and (not candidate or each.candidate == candidate)
    ]
    insights = [each for each in timeline.insights if not is_of_one or _is_about(each, series)]
    up = Link(text="Trends", address=trends_address(days)) if is_of_one else None
    return section_page(
        request,
        " on ".join(each for each in (candidate, of) if each) or "Trends",
        (
            *filled(speed_section(request, series, days, is_of_one=is_of_one)),
            *_pictures(series, since=timeline.moment - timedelta(days=days), is_of_one=is_of_one),
            *_trend_sections(series, insights, days),
        ),
        up=up,
        about=f"The last {counted(days, 'day')}.",
        choices=[
            Link(text=counted(each, "day"), address=trends_address(each, place=of, candidate=candidate))
            for each in PERIODS
        ],
        empty="There is nothing in this time.",
        next_step="`benchwright evaluate` and recorded calls give figures; `benchwright monitor` watches them.",
    )


def _is_about(insight: Insight, series: Sequence[SeriesResult]) -> bool:
    return any(insight.text.startswith(f"{each.candidate} on {series_place(each)}:") for each in series)


def _pictures(series: Sequence[SeriesResult], *, since: datetime, is_of_one: bool) -> tuple[Section, ...]:
    """Return the figures over time with what happened meanwhile, and that as tables."""
    alerts_then = [
        alert
        for alert in load_alerts(all=True)
        if alert.raised_at >= since and (not is_of_one or any(concerns(alert, each) for each in series))
    ]
    alerts_then.sort(key=lambda alert: alert.known_since, reverse=True)
    with open_stored(None) as store:
        changes = dated_changes(monitored_runs(store), since=since)
    if is_of_one:
        shown = {(series_place(each), each.candidate) for each in series}
        changes = [each for each in changes if (each.task, each.candidate) in shown]
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
        for each in changes[:MOST_CHANGES]
    )
    columns = ("Changed", "Benchmark", "Candidate", "Before", "After", "Run", "When")
    pictures = trend_charts(series, alerts_then, changes, figures=tuple(FIGURES) if is_of_one else DRAWN)
    return filled(
        Section(
            title="Over time",
            pictures=drawn(*pictures[:MOST_PICTURES]),
            after=(*_left_out(pictures), *_of_other_cases(series)),
        ),
        Section(title="Alerts in this time", table=alert_rows(alerts_then[:MOST_MARKED])),
        Section(title="Other weights and servers", table=Table(label="Changes", columns=columns, rows=rows)),
    )


def _left_out(pictures: Sequence[LineChart]) -> tuple[str, ...]:
    if len(pictures) <= MOST_PICTURES:
        return ()
    return (
        f"{counted(len(pictures) - MOST_PICTURES, 'more picture')} left out: choose a candidate in the table of the "
        "newest figures to see its own.",
    )


def _of_other_cases(series: Sequence[SeriesResult]) -> tuple[str, ...]:
    n_left_out = sum(len(each.points) - len(drawn_points(each)) for each in series)
    if not n_left_out:
        return ()
    return (
        f"Not drawn: {counted(n_left_out, 'point')}. A line joins runs of the same cases of a benchmark alone: those "
        "that most runs asked, or else the newest.",
    )


def _trend_sections(series: Sequence[SeriesResult], insights: Sequence[Insight], days: int) -> tuple[Section, ...]:
    clear = [(each, trend) for each in series for trend in each.trends if trend.is_clear]
    return filled(
        Section(title="Worth knowing", lines=tuple(insight.text for insight in insights)),
        Section(
            title="Clear trends",
            table=Table(
                label="Clear trends",
                columns=("Benchmark or task", "Candidate", "Figure", "Goes", "In a week", "p", "Points"),
                rows=tuple(_trend(each, trend) for each, trend in clear),
            ),
            after=("Only those that chance does not explain, adjusted for all figures that were tested.",)
            if clear
            else (),
        ),
        Section(
            title="Newest figures",
            table=_newest(series, days),
            links=(Link(text="Open alerts", address=ALERTS),) if series else (),
            after=(NEWEST_NOTE,) if series else (),
        ),
    )


def _trend(series: SeriesResult, trend: TrendResult) -> tuple[Cell, ...]:
    change = trend.relative_per_week
    return (
        series_place(series),
        series.candidate,
        FIGURES[trend.quantity].column,
        trend.direction,
        quantity(trend.per_week, signed=True) if change is None else percent(change, digits=1),
        p_value(trend.p_adjusted if trend.p_adjusted is not None else trend.p_value),
        trend.n_points,
    )


def _newest(series: Sequence[SeriesResult], days: int) -> Table:
    """Return the newest figures of each series; those that none of them has are left out."""
    figures = [name for name in FIGURES if any(getattr(each.newest, name) is not None for each in series)]
    names = [FIGURES[name].column for name in figures]
    columns = ("Benchmark or task", "Candidate", "Newest", "Begun", "Metric", *map(_capital, names), "Calls", "Points")
    rows = tuple(_row(each, figures, days) for each in series)
    return Table(label="Newest figures", columns=columns, rows=rows)


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _row(series: SeriesResult, figures: Sequence[str], days: int) -> tuple[Cell, ...]:
    newest = series.newest
    name = "live" if newest.run_id is None else newest.run_id[:8]
    return (
        series_place(series),
        Link(text=series.candidate, address=trend_address(series, days)),
        name if newest.run_id is None else Link(text=name, address=f"/runs/{newest.run_id}"),
        newest.at,
        series.headline,
        *(_shown(figure, getattr(newest, figure)) for figure in figures),
        newest.n,
        series.n_points,
    )


def _shown(figure: str, value: float | None) -> str:
    if value is None:
        return "–"
    return percent(value) if figure == "success" else measured(value)
