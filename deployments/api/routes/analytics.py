"""Routes that look at what is stored as a whole: over time, by task and metric, and how metrics go together."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from deployments.api.access import READ
from deployments.api.description import PROBLEMS, answer, page_of
from deployments.api.reading_route import ReadingRoute
from deployments.api.recent import RecentAnswers
from deployments.api.replies import Paging, paging, reply, reply_written, sorted_page, written
from deployments.python import analytics, stored
from evaluation.results.analytics import BreakdownRow, CorrelationsResult, TimelineResult
from evaluation.results.sweeps import SweepResult

router = APIRouter(
    route_class=ReadingRoute, prefix="/analytics", dependencies=[READ], responses=PROBLEMS, tags=["analytics"]
)
Page = Annotated[Paging, Depends(paging)]
Names = Annotated[list[str] | None, Query(description="May be repeated.")]
Days = Annotated[int, Query(ge=1, le=3650, description="How far back.")]


@router.get("/trends", responses=answer(TimelineResult))
def trends(request: Request, days: Days = 30) -> Response:
    """Return evaluations and calls in production over time, with trends, unusual figures and insights in words.

    It is of the last half minute, at the moment that it names.
    """
    recent: RecentAnswers = request.app.state.recent
    return reply_written(request, recent.get(("trends", days), lambda: written(analytics.load_timeline(days=days))))


@router.get("/breakdown", responses=page_of(BreakdownRow))
def breakdown(
    request: Request,
    paging: Page,
    run: Names = None,
    experiment: str | None = None,
    task: Names = None,
    metric: Names = None,
) -> Response:
    """List the metrics' means with intervals by task, metric and candidate: of the last run, if none is named."""
    listed = analytics.load_breakdown(run=run or (), experiment=experiment, task=task or (), metric=metric or ())
    return sorted_page(request, listed, paging, key=lambda item: f"{item.run_id} {item.candidate} {item.signature}")


@router.get("/correlations/{run}", responses=answer(CorrelationsResult))
def correlations(request: Request, run: str) -> Response:
    """Return how the metrics of a run go together over its cases, with intervals and adjusted p-values."""
    return reply(request, analytics.load_correlations(run))


@router.get("/effects/{run}", responses=answer(SweepResult))
def effects(request: Request, run: str) -> Response:
    """Return what each parameter of a sweep changes, and which of these effects are not chance."""
    return reply(request, stored.load_sweep(run))
