"""Pages of reviews: the list, a new one, how far one is or what came of it, and the ratings."""

from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from deployments.api.access import READ, RUN
from deployments.api.bodies import NO_NUL, Body
from deployments.api.pages.checked_forms import checked, see_other
from deployments.api.pages.raters import is_named_by_key, rater_of
from deployments.api.pages.rendering import PageRoute, address, page
from deployments.api.pages.section_page import section_page
from deployments.api.pages.sections import Cell, Link, Section, Table, filled, table_of
from deployments.cli.arguments import open_stored
from deployments.python.catalogues import load_review
from evaluation.formatting import counted
from evaluation.reports.reviews.result_page import item_rows, result_tables
from evaluation.requests.review_request import CRITERIA, LONGEST_NAME, read_review_request
from evaluation.results.reviews import OpenReviewResult, ReviewResult, ToldRating
from evaluation.reviews.creation import open_review
from evaluation.reviews.rater_progress import rater_progress
from evaluation.reviews.told_ratings import told_ratings
from evaluation.store.reviews import list_reviews

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
MOST_LISTED = 200
MOST_RATINGS = 2000


class ReviewForm(Body):
    """A new review, or the existing one of the same question."""

    run: Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)] = "last"
    kind: Literal["grades", "preference"] = "grades"
    criteria: tuple[Literal["accuracy", "completeness", "relevance", "speed"], ...] = CRITERIA
    n_cases: int = Field(10, ge=1, le=500)
    n_raters: int = Field(1, ge=1, le=50)
    seed: int = Field(0, ge=0, le=2**53)
    hide_references: bool = False


@router.get("/reviews")
def reviews(request: Request) -> Response:
    """List reviews, the newest first, with the form for a new one."""
    with open_stored(None) as store:
        listed = list_reviews(store)[:MOST_LISTED]
    return page(request, "reviews.html", reviews=listed, criteria=CRITERIA, most=MOST_LISTED)


@router.post("/reviews", dependencies=[RUN])
def make_review(form: Annotated[ReviewForm, checked(ReviewForm)]) -> Response:
    """Make a review, or open the one of the same question."""
    fields = form.model_dump(exclude={"run", "hide_references"})
    fields |= {"runs": [form.run], "criteria": list(form.criteria), "show_references": not form.hide_references}
    with open_stored(None) as store:
        record = open_review(store, read_review_request(fields))
    return see_other(f"/reviews/{record.review_id}")


@router.get("/reviews/{review}")
def review(request: Request, review: str) -> Response:
    """Show how far a review is, and how to take part; once nobody is waited for, what came of it."""
    return review_page(request, review)


def review_page(request: Request, review: str) -> Response:
    """Return the page of a review."""
    result = load_review(review)
    rater = rater_of(request)
    progress = None
    if rater is not None:
        with open_stored(None) as store:
            progress = rater_progress(store, result.review_id, rater)
    return page(
        request,
        "review.html",
        review=result,
        is_over=isinstance(result, ReviewResult),
        rater=rater,
        progress=progress,
        is_named_by_key=is_named_by_key(request),
        longest_name=LONGEST_NAME,
        sections=_told(result) if isinstance(result, ReviewResult) else (),
        raters=_raters(result),
    )


def _told(result: ReviewResult) -> tuple[Section, ...]:
    """Return what came of a review that is over."""
    tables = [Section(title=title, table=table_of(title, rows)) for title, rows in result_tables(result).items()]
    run = next((output.run_id for item in result.items for output in item.outputs), "")
    by_case = Section(
        title="Case by case",
        table=table_of(
            "Case by case",
            item_rows(result)[:MOST_RATINGS],
            links={"id": lambda row: address(f"/runs/{run}/case", id=row["id"])},
        ),
    )
    return filled(*tables, by_case)


def _raters(result: ReviewResult | OpenReviewResult) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (rater.rater, f"{rater.n_cases:,} of {result.n_items:,}", rater.last_at) for rater in result.raters
    ]
    return Table(label="Raters", columns=("Rater", "Cases", "Newest rating"), rows=tuple(rows))


@router.get("/reviews/{review}/ratings")
def ratings(request: Request, review: str) -> Response:
    """List ratings: one's own while the review is open, those of all with candidates once it is over."""
    result = load_review(review)
    is_over, rater = isinstance(result, ReviewResult), rater_of(request)
    listed: tuple[ToldRating, ...] = ()
    if is_over or rater is not None:
        with open_stored(None) as store:
            listed = told_ratings(store, review=result.review_id, rater=None if is_over else rater, limit=MOST_RATINGS)
    base = f"/reviews/{result.review_id}"
    section = Section(
        table=Table(
            label="Ratings",
            columns=("Case", "Rater", "Rating", "Notes", "When"),
            rows=tuple(_rating_row(each, base, is_own=not is_over) for each in listed),
        )
    )
    return section_page(
        request,
        "Ratings",
        filled(section),
        up=Link(text=f"Review of {result.benchmark}", address=base),
        about=counted(len(listed), "rating") + ("" if is_over else ", your own: those of others are told at the end"),
        empty="There is none of yours yet.",
        next_step="Begin on the page of the review.",
    )


def _rating_row(each: ToldRating, base: str, *, is_own: bool) -> tuple[Cell, ...]:
    case: Cell = Link(text=f"{each.case}", address=f"{base}/rate?case={each.case}") if is_own else f"{each.case}"
    return (case, each.rater, "; ".join(_words(each)), each.notes or None, each.rated_at)


def _words(each: ToldRating) -> Iterator[str]:
    names = each.candidates or {}
    if each.better is not None:
        yield "a tie" if each.better == "tie" else f"{each.better} is better"
        yield from (f"{letter} was {name}" for letter, name in names.items())
    for letter, grades in (each.grades or {}).items():
        of = f"{letter} ({names[letter]})" if letter in names else letter
        yield f"{of}: " + ", ".join(f"{name} {grade}" for name, grade in grades.items())
