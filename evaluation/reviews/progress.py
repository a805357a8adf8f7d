"""Progress of a review by pages. Pages never change, so a form filled in days later is still about its cases."""

from collections.abc import Collection, Sequence

from evaluation.records.reviews import RatingRecord, ReviewItem, ReviewRecord
from evaluation.reviews.blinded_cases import criteria_of

FIELDS_WITH_EASE = 24
"""Number of fields that a form can have before it becomes tedious."""
MOST_CASES = 5


def cases_per_form(review: ReviewRecord, n_cases: int | None) -> int:
    """Return how many cases a form asks about."""
    if n_cases is not None:
        return n_cases
    most = max(len(item.outputs) * len(criteria_of(review, item)) for item in review.items) if review.criteria else 1
    return max(1, min(MOST_CASES, FIELDS_WITH_EASE // max(1, most)))


def pages(review: ReviewRecord, size: int) -> list[tuple[ReviewItem, ...]]:
    """Return the cases grouped by form."""
    return [review.items[start : start + size] for start in range(0, len(review.items), size)]


def page_key(page: Sequence[ReviewItem], attempt: int = 1) -> str:
    """Return the key under which a flow run asks for a page.

    `cases-1-3`, or `cases-1-3-again-2` where it had to ask again.
    """
    again = f"-again-{attempt}" if attempt > 1 else ""
    return f"cases-{page[0].position + 1}-{page[-1].position + 1}{again}"


def is_rated(
    page: Sequence[ReviewItem], ratings: Collection[RatingRecord], *, session_id: str | None, rater: str | None
) -> bool:
    """Return True where each case of the page was rated in that session or by that rater."""
    rated_ids = {rating.said.item_id for rating in ratings if _is_by(rating, session_id, rater)}
    return all(item.item_id in rated_ids for item in page)


def _is_by(rating: RatingRecord, session_id: str | None, rater: str | None) -> bool:
    return rating.session_id == session_id or (rater is not None and rating.rater.casefold() == rater.casefold())
