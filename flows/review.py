"""The review flow: people rate blinded answers, and the result is published."""

from typing import Any

from prefect import flow, get_run_logger
from prefect.runtime import flow_run

from evaluation.requests.review_request import ReviewRequest
from evaluation.reviews.progress import cases_per_form, is_rated, page_key, pages
from tasks.flow_settings import use_own_settings
from tasks.reviews.ask import Form, ask, was_asked
from tasks.reviews.publish import publish_result
from tasks.reviews.session import open_session, ratings_so_far, store_ratings

_AS_IT_IS = ReviewRequest()


def _flow_run_name() -> str:
    request = flow_run.parameters.get("request") or _AS_IT_IS
    if not isinstance(request, ReviewRequest):
        request = ReviewRequest.model_validate(request)
    if request.review is not None:
        return f"{'show the result of' if request.unblind else 'resume'} review {request.review}"
    return f"review {', '.join(request.runs) or request.benchmark or 'the newest run'}"


@flow(name="review", flow_run_name=_flow_run_name, persist_result=False)
async def review(request: ReviewRequest = _AS_IT_IS) -> Any:
    """Show people answers side by side without the candidates' names, wait for their ratings, and report the result.

    Where others still rate, whoever of them is the last has it told.

    To rate: the three dots of the flow run, then Resume. Nothing runs while it waits.

    Args:
        request: Whose answers, how many cases, and how they are rated.
    """
    request = await use_own_settings(request)
    if request.unblind and request.review is not None:
        return await publish_result(request.review, unblind=True)
    # Each time that a person has answered, all of this starts again in another process: what is done is stored.
    session_id = str(flow_run.id)
    record = await open_session(request, session_id)
    rater = request.rater
    for page in pages(record, cases_per_form(record, request.cases_per_form)):
        ratings = await ratings_so_far(record.review_id)
        own = [rating.rater for rating in ratings if rating.session_id == session_id]
        rater = own[-1] if own else rater
        known_rater = None if was_asked(page) else request.rater
        if is_rated(page, ratings, session_id=session_id, rater=known_rater):
            continue
        name, page_ratings = await ask(Form(review=record, page=page, rater=rater, wait_days=request.wait_days))
        rater = await store_ratings(page_key(page), session_id, name, page_ratings)
        get_run_logger().info("%s of review %s are rated by %s", page_key(page), record.review_id, rater)
    return await publish_result(record.review_id)
