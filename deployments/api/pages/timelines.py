"""Figures over time as the pages of trends and of alerts show them, of the last half minute."""

import json

from fastapi import Request

from deployments.api.pages.rendering import address
from deployments.api.recent import RecentAnswers
from deployments.api.replies import written
from deployments.python.analytics import load_timeline
from evaluation.reports.monitoring.trend_charts import series_place
from evaluation.results.analytics import TimelineResult
from evaluation.results.as_json import from_json
from evaluation.results.monitoring import SeriesResult

TRENDS = "/trends"
PERIODS = (7, 30, 90, 365)
"""Days of which trends are shown."""
USUAL_DAYS = 30


def recent_timeline(request: Request, days: int) -> TimelineResult:
    """Return the figures of so many days, as the HTTP interface gives them."""
    recent: RecentAnswers = request.app.state.recent
    answer = recent.get(("trends", days), lambda: written(load_timeline(days=days)))
    return from_json(TimelineResult, json.loads(answer))


def trend_address(series: SeriesResult, days: int = USUAL_DAYS) -> str:
    """Return where every figure of one candidate on one benchmark, or task in production, is drawn."""
    return trends_address(days, place=series_place(series), candidate=series.candidate)


def trends_address(days: int, *, place: str = "", candidate: str = "") -> str:
    """Return the address of trends, of all candidates where none is named."""
    return address(TRENDS, days="" if days == USUAL_DAYS else days, of=place, candidate=candidate)
