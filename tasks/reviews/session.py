"""A flow run's session of a review: which review it is, and which of its cases are still to be rated."""

from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import PrefectClient, get_client
from prefect.exceptions import ObjectNotFound

from evaluation.records.reviews import RatingRecord, ReviewRecord, Said
from evaluation.requests.review_request import ReviewRequest
from evaluation.reviews.creation import open_review
from evaluation.store.ratings import load_ratings, save_ratings
from evaluation.store.reviews import begin_session, find_review, find_session, forget_session, list_sessions
from evaluation.store.session import Store
from tasks.store_calls import call_with_store

PLACE = "prefect"


@task(name="open review", task_run_name="find or pick the cases", cache_policy=NO_CACHE, persist_result=False)
async def open_session(request: ReviewRequest, session_id: str) -> ReviewRecord:
    """Return the review of a session: a flow run that begins again, days later, finds the one that it began with.

    Args:
        request: What was asked for.
        session_id: The flow run's id.
    """
    return await call_with_store(_open, request, session_id)


def _open(store: Store, request: ReviewRequest, session_id: str) -> ReviewRecord:
    session = find_session(store, session_id)
    if session is None:
        review = open_review(store, request)
        begin_session(store, session_id=session_id, review_id=review.review_id, place=PLACE, rater=request.rater)
        return review
    return find_review(store, session.review_id)


async def ratings_so_far(review_id: str) -> tuple[RatingRecord, ...]:
    """Return all ratings of a review."""
    return await call_with_store(load_ratings, review_id)


@task(name="store ratings", task_run_name="store the ratings of {key}", cache_policy=NO_CACHE, persist_result=False)
async def store_ratings(key: str, session_id: str, rater: str, ratings: tuple[Said, ...]) -> str:
    """Store the ratings, and return the rater's name as stored with them.

    Args:
        key: Key of the cases, for people.
        session_id: The flow run's id.
        rater: Name as typed.
        ratings: Ratings of each case.
    """
    return await call_with_store(save_ratings, session_id=session_id, rater=rater, ratings=ratings)


async def forget_ended_sessions(review: str) -> None:
    """Stop waiting for sessions whose flow run ended without ratings, for example by cancellation.

    Args:
        review: Id of the review, a prefix of it, or `last`.
    """
    async with get_client() as client:
        for session_id in await call_with_store(_without_ratings, review):
            if await _has_ended(client, session_id):
                await call_with_store(forget_session, session_id)


def _without_ratings(store: Store, review: str) -> list[str]:
    review_id = find_review(store, review).review_id
    rated_in = {rating.session_id for rating in load_ratings(store, review_id)}
    sessions = list_sessions(store, review_id)
    return [session.session_id for session in sessions if session.place == PLACE and session.session_id not in rated_in]


async def _has_ended(client: PrefectClient, session_id: str) -> bool:
    """Return whether the flow run has ended; False if this server does not know it: it may be another server's."""
    try:
        state = (await client.read_flow_run(UUID(session_id))).state
    except (ObjectNotFound, ValueError):
        return False
    return state is not None and (state.is_final() or state.is_cancelling())
