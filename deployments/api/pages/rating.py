"""Rating the cases of a review in the browser, one at a time, without seeing whose the answers are."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from deployments.api.access import READ, RUN
from deployments.api.bodies import NO_NUL, Body
from deployments.api.pages.checked_forms import checked, see_other
from deployments.api.pages.posted_forms import Form, PostedForm
from deployments.api.pages.raters import is_named_by_key, rater_cookie, rater_of
from deployments.api.pages.rendering import PageRoute, page
from deployments.api.pages.reviews import review_page
from deployments.api.problems import ProblemError
from deployments.cli.arguments import open_stored
from evaluation.errors import ConfigurationError
from evaluation.requests.review_request import LEAST, LONGEST_NAME, MOST
from evaluation.reviews.blinded_cases import MEANING, blinded_case, letter
from evaluation.reviews.lettered_ratings import LetteredRating, item_at, store_lettered
from evaluation.reviews.rater_progress import (
    RaterProgress,
    begin_rating,
    leave_review,
    rater_progress,
    refuse_change,
    take_back,
)
from evaluation.reviews.rating_checks import LONGEST_NOTE

router = APIRouter(route_class=PageRoute, dependencies=[READ], include_in_schema=False)
Case = Annotated[int | None, Query(ge=1, le=10_000)]


class RaterForm(Body):
    """Who rates."""

    rater: Annotated[str, Field(max_length=LONGEST_NAME, pattern=NO_NUL)] = ""


class UndoForm(Body):
    """The case of which the rating is taken back."""

    case: int = Field(ge=1)


@router.get("/reviews/{review}/rate")
def rate(
    request: Request, review: str, case: Case = None, after: Annotated[int, Query(ge=0, le=10_000)] = 0
) -> Response:
    """Show a case to rate: the named one, or the next one that this rater has not rated."""
    rater = rater_of(request)
    if rater is None:
        return review_page(request, review)
    with open_stored(None) as store:
        progress = rater_progress(store, review, rater)
    path = f"/reviews/{progress.review.review_id}"
    if not progress.has_begun:
        return review_page(request, review)
    item = progress.next_case(after) if case is None else item_at(progress.review, case)
    if item is None and progress.is_over:
        return see_other(path)
    return page(
        request,
        "rate.html",
        progress=progress,
        case=None if item is None else blinded_case(progress.review, item),
        given=None if item is None else progress.rating_of(item),
        grades=range(LEAST, MOST + 1),
        meaning=MEANING,
        longest_note=LONGEST_NOTE,
        base=path,
    )


@router.post("/reviews/{review}/raters", dependencies=[RUN])
def begin(request: Request, review: str, form: Annotated[RaterForm, checked(RaterForm)]) -> Response:
    """Begin to rate under the key's name, or under the one that is given here and kept in a cookie."""
    by_key = is_named_by_key(request)
    name = rater_of(request) if by_key or not form.rater else form.rater
    with open_stored(None) as store:
        record = begin_rating(store, review, name or "")
    answer = see_other(f"/reviews/{record.review_id}/rate")
    if not by_key and name:
        answer.headers["Set-Cookie"] = rater_cookie(request, " ".join(name.split()))
    return answer


@router.post("/reviews/{review}/ratings", dependencies=[RUN])
def store_rating(request: Request, review: str, form: Form) -> Response:
    """Store the rating of one case, and go on to the next."""
    rater = _rater(request)
    with open_stored(None) as store:
        progress = rater_progress(store, review, rater)
        rating = _rating(progress, form)
        refuse_change(progress, item_at(progress.review, rating.case))
        store_lettered(store, progress.review.review_id, rater=progress.rater, ratings=[rating])
    return see_other(f"/reviews/{progress.review.review_id}/rate", after=rating.case)


@router.post("/reviews/{review}/undone", dependencies=[RUN])
def undo(request: Request, review: str, form: Annotated[UndoForm, checked(UndoForm)]) -> Response:
    """Take the rating of a case back, and show the case again."""
    with open_stored(None) as store:
        take_back(store, review, _rater(request), form.case)
    return see_other(f"/reviews/{review}/rate", case=form.case)


@router.post("/reviews/{review}/left", dependencies=[RUN])
def leave(request: Request, review: str, form: Annotated[Body, checked(Body)]) -> Response:
    """Forget the name in this browser, and wait no longer for who has rated nothing."""
    rater = _rater(request)
    with open_stored(None) as store:
        if not rater_progress(store, review, rater).own:
            leave_review(store, review, rater)
    answer = see_other(f"/reviews/{review}")
    answer.headers["Set-Cookie"] = rater_cookie(request, "")
    return answer


def _rater(request: Request) -> str:
    """Return who rates.

    Raises:
        ProblemError: 409, this browser has not said it.
    """
    rater = rater_of(request)
    if rater is None:
        raise ProblemError(409, "nobody said in this browser who rates", "Begin on the page of the review.")
    return rater


def _rating(progress: RaterProgress, form: PostedForm) -> LetteredRating:
    """Return the rating in a form.

    Raises:
        ConfigurationError: a field that the case does not have, or a grade that is no whole number.
    """
    item = item_at(progress.review, _number(form, "case"))
    case = blinded_case(progress.review, item)
    letters = [letter(position) for position in range(len(item.outputs))]
    fields = {f"{each}_{name}": (each, name) for each in letters for name in case.criteria}
    allowed = {"case", "notes", *(fields if case.criteria else ["better"])}
    for name in form.fields:
        if name not in allowed or len(form.texts(name)) > 1:
            raise ConfigurationError(
                f"case {case.case} has no field {name!r}, or it was sent twice", "Send the form from the page."
            )
    grades: dict[str, dict[str, int]] = {each: {} for each in letters}
    for field, (each, name) in fields.items():
        grades[each][name] = _number(form, field)
    return LetteredRating(
        case=case.case,
        grades=grades if case.criteria else None,
        better=None if case.criteria else form.text("better") or None,
        notes=form.text("notes").replace("\r\n", "\n"),
    )


def _number(form: PostedForm, name: str) -> int:
    text = form.text(name)
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise ConfigurationError(f"{name} is {text[:40]!r}, which is no number", "Choose one on the page.")
    return int(text)
