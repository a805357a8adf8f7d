"""Routes on people's ratings: the cases of a review as raters see them, and what was said of them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field

from deployments.api.access import READ, RUN, Access
from deployments.api.bodies import NO_NUL, Body
from deployments.api.description import PROBLEMS, answer, page_of
from deployments.api.idempotency import IdempotentRoute
from deployments.api.replies import Paging, page, paging, reply, sorted_page
from deployments.cli.arguments import open_stored
from deployments.python.catalogues import load_review
from evaluation.requests.review_request import LEAST, LONGEST_NAME, MOST, Criterion
from evaluation.results.reviews import BlindedCase, OpenReviewResult, ReviewResult, ToldRating
from evaluation.reviews.lettered_ratings import LetteredRating, cases_to_rate, store_lettered
from evaluation.reviews.rating_checks import LONGEST_NOTE
from evaluation.reviews.told_ratings import told_ratings

router = APIRouter(route_class=IdempotentRoute, responses=PROBLEMS, tags=["reviews"])
Page = Annotated[Paging, Depends(paging)]
Letter = Literal["A", "B", "C", "D"]
Grade = Annotated[int, Field(ge=LEAST, le=MOST, strict=True)]
Rater = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, pattern=NO_NUL)]
NamedRater = Annotated[
    str | None, Query(max_length=LONGEST_NAME, pattern=NO_NUL, description="Name of the person who rates.")
]


class CaseRating(Body):
    """A rating of one case: `grades` or `better`, as the review asks."""

    case: int = Field(ge=1, description="Place of the case in the review, from 1 on.")
    grades: dict[Letter, dict[Criterion, Grade]] | None = Field(None, description="By letter, then by criterion.")
    better: Letter | Literal["tie"] | None = None
    notes: Annotated[str, Field(max_length=LONGEST_NOTE, pattern=NO_NUL)] = ""


class NewRatings(Body):
    """Ratings of one person, stored all or none; each replaces what this person said of the case before."""

    rater: Rater | None = Field(None, description="Who rates; default: the name of the key.")
    ratings: list[CaseRating] = Field(min_length=1, max_length=500)


@router.get("/ratings", responses=page_of(ToldRating), dependencies=[READ])
def ratings(
    request: Request,
    paging: Page,
    review: str | None = None,
    run: str | None = None,
    candidate: str | None = None,
    rater: NamedRater = None,
) -> Response:
    """List people's ratings, the newest first; of an open review only those of the named rater, without candidates."""
    with open_stored(None) as store:
        listed = told_ratings(
            store,
            review=review,
            run=run,
            candidate=candidate,
            rater=rater,
            before=paging.place(int),
            limit=paging.limit + 1,
        )
    items = listed[: paging.limit]
    return page(request, items, paging, next_place=items[-1].rating_id if len(listed) > len(items) else None)


@router.get("/reviews/{review}/cases", responses=page_of(BlindedCase), dependencies=[READ])
def cases_to_be_rated(request: Request, paging: Page, review: str, rater: NamedRater = None) -> Response:
    """List the cases of a review as raters see them; with a rater, those that this person has not rated."""
    with open_stored(None) as store:
        listed = cases_to_rate(store, review, rater=rater)
    return sorted_page(request, listed, paging, key=lambda item: str(item.case))


@router.post("/reviews/{review}/ratings", responses=answer(ReviewResult | OpenReviewResult))
def rate(request: Request, review: str, body: NewRatings, access: Annotated[Access, RUN]) -> Response:
    """Rate cases; the answer is the review, which tells whose answers are whose once nobody is waited for."""
    lettered = [LetteredRating(**each.model_dump()) for each in body.ratings]
    with open_stored(None) as store:
        record = store_lettered(store, review, rater=body.rater or access.name, ratings=lettered)
    return reply(request, load_review(record.review_id))
