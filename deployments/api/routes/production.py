"""Routes on what happens in production: alerts, recorded calls, recommendations and their outcomes."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field

from deployments.api.access import READ, RUN, Access
from deployments.api.answers import Explanation, Ranking, StoredOutcomeReport, WholeScoreboard
from deployments.api.bodies import Body
from deployments.api.description import PROBLEMS, answer, page_of
from deployments.api.idempotency import IdempotentRoute
from deployments.api.replies import Paging, page, paging, reply, sorted_page
from deployments.cli.arguments import open_stored
from deployments.python import catalogues, changes, stored
from deployments.python.selecting import load_scoreboard
from evaluation.records.alerts import AlertRecord
from evaluation.records.reviews import ReviewSummary
from evaluation.records.selection import RecommendationRecord
from evaluation.records.traffic_calls import TrafficCall
from evaluation.results.reviews import OpenReviewResult, ReviewResult
from evaluation.store.recommendations import list_recommendations
from evaluation.store.traffic import list_traffic
from selection import Constraints, explain, rank, recommend, report_outcome
from selection.answers import Recommendation
from selection.pages.scoreboard import task_scoreboard

router = APIRouter(route_class=IdempotentRoute, responses=PROBLEMS)
Page = Annotated[Paging, Depends(paging)]


class Question(Body):
    """A question for a candidate."""

    task: str | None = Field(None, max_length=200, examples=["summarization"])
    prompt: str | None = Field(None, max_length=1_000_000)
    max_latency_s: float | None = Field(None, gt=0, allow_inf_nan=False)
    max_memory_gb: float | None = Field(None, gt=0, allow_inf_nan=False)
    on_tie: Literal["cheapest", "fastest", "best"] = "cheapest"
    on_little_evidence: Literal["abstain", "rules"] = "abstain"

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of `recommend()` and `rank()`."""
        return {
            "task": self.task,
            "prompt": self.prompt,
            "constraints": Constraints(max_latency_s=self.max_latency_s, max_memory_gb=self.max_memory_gb),
            "on_little_evidence": self.on_little_evidence,
        }


class Outcome(Body):
    """What came of a recommendation."""

    recommendation: str = Field(min_length=1, max_length=200)
    quality: float | None = Field(None, ge=0, le=1, allow_inf_nan=False)
    latency_s: float | None = Field(None, ge=0, allow_inf_nan=False)
    ok: bool | None = None


class Acknowledgement(Body):
    """A note to an alert that somebody knows of."""

    note: str = Field("", max_length=4000)


@router.get("/alerts", responses=page_of(AlertRecord), tags=["monitoring"], dependencies=[READ])
def alerts(
    request: Request,
    paging: Page,
    all: bool = False,
    rule: str | None = None,
    task: str | None = None,
    candidate: str | None = None,
) -> Response:
    """List open alerts; with `all` those that are over too."""
    listed = stored.load_alerts(all=all, rule=rule, task=task, candidate=candidate)
    return sorted_page(request, listed, paging, key=lambda item: item.alert_id)


@router.post("/alerts/{alert}/acknowledgement", responses=answer(AlertRecord), tags=["monitoring"])
def acknowledge(request: Request, alert: str, body: Acknowledgement, access: Annotated[Access, RUN]) -> Response:
    """Say that you know of an alert: nobody is notified of it any more."""
    return reply(request, changes.acknowledge_alert(alert, note=body.note, by=access.name))


@router.get("/traffic/calls", responses=page_of(TrafficCall), tags=["monitoring"], dependencies=[READ])
def calls(
    request: Request,
    paging: Page,
    task: str | None = None,
    candidate: str | None = None,
    failed: Annotated[bool, Query(description="Only calls that failed.")] = False,
) -> Response:
    """List recorded calls, the newest first."""
    with open_stored(None) as store:
        listed = list_traffic(
            store,
            task=task,
            candidate=candidate,
            ok=False if failed else None,
            limit=paging.limit + 1,
            before=paging.place(str),
        )[::-1]
    items = listed[: paging.limit]
    return page(request, items, paging, next_place=items[-1].call_id if len(listed) > len(items) else None)


@router.get("/recommendations", responses=page_of(RecommendationRecord), tags=["recommendations"], dependencies=[READ])
def recommendations(request: Request, paging: Page, task: str | None = None) -> Response:
    """List stored recommendations with what came of them, the newest first."""
    with open_stored(None) as store:
        listed = list_recommendations(
            store, task=task, limit=paging.limit + 1, before=paging.moment(), with_prompts=False
        )[::-1]
    items = listed[: paging.limit]
    has_more = len(listed) > len(items)
    return page(request, items, paging, next_place=place_of(items[-1]) if has_more else None)


@router.post("/recommendations", responses=answer(Recommendation), tags=["recommendations"], dependencies=[READ])
def recommended(request: Request, body: Question) -> Response:
    """Recommend a candidate, ready to call, with the reason; or abstain."""
    with open_stored(None) as store:
        return reply(request, recommend(**body.arguments, on_tie=body.on_tie, store=store.url))


@router.post("/recommendations/ranked", responses=answer(Ranking), tags=["recommendations"], dependencies=[READ])
def ranked(request: Request, body: Question) -> Response:
    """List all candidates that satisfy the constraints, the best first."""
    with open_stored(None) as store:
        return reply(request, Ranking(items=rank(**body.arguments, store=store.url)))


@router.get(
    "/recommendations/{recommendation}/explanation",
    responses=answer(Explanation),
    tags=["recommendations"],
    dependencies=[READ],
)
def explanation(request: Request, recommendation: str) -> Response:
    """Say at length why a candidate was recommended, and none of the others."""
    with open_stored(None) as store:
        return reply(request, Explanation(explanation=explain(recommendation, store=store.url)))


@router.post("/outcomes", responses=answer(StoredOutcomeReport), tags=["recommendations"], dependencies=[RUN])
def outcome(request: Request, body: Outcome) -> Response:
    """Report what came of a recommendation."""
    with open_stored(None) as store:
        report_outcome(body.recommendation, quality=body.quality, latency_s=body.latency_s, ok=body.ok, store=store.url)
    return reply(request, StoredOutcomeReport())


@router.get("/scoreboard", responses=answer(WholeScoreboard), tags=["recommendations"], dependencies=[READ])
def scoreboard(request: Request) -> Response:
    """Return what is known of every candidate on every task."""
    with open_stored(None) as store:
        board = load_scoreboard(store=store.url)
    return reply(
        request, WholeScoreboard(tasks=tuple(task_scoreboard(board, each) for each in board.standings.values()))
    )


@router.get("/reviews", responses=page_of(ReviewSummary), tags=["reviews"], dependencies=[READ])
def reviews(request: Request, paging: Page) -> Response:
    """List reviews with the number of their ratings."""
    return sorted_page(request, catalogues.list_reviews(), paging, key=lambda item: item.review_id)


@router.get(
    "/reviews/{review}", responses=answer(ReviewResult | OpenReviewResult), tags=["reviews"], dependencies=[READ]
)
def review(request: Request, review: str) -> Response:
    """Return a review; who gave which answer only once it is over."""
    return reply(request, catalogues.load_review(review))


def place_of(recommendation: RecommendationRecord) -> list[str]:
    """Return where the page behind a recommendation begins."""
    return [recommendation.created_at.isoformat(), recommendation.recommendation_id]
