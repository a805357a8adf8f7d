"""A request for a person's ratings of some cases.

The process ends until there is an answer, be it days later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prefect import get_run_logger
from prefect.context import FlowRunContext
from prefect.flow_runs import asuspend_flow_run
from pydantic import ValidationError

from evaluation.errors import ConfigurationError
from evaluation.records.reviews import ReviewItem, ReviewRecord, Said
from evaluation.reviews.blinded_cases import page_as_markdown
from evaluation.reviews.progress import page_key
from tasks.reviews.form import page_form, read_form
from tasks.reviews.publish import publish_page

_DAY_S = 24 * 60 * 60
EMPTY = "the form came back empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form that is shown until it is filled in."""

    review: ReviewRecord
    page: Sequence[ReviewItem]
    rater: str | None
    """Name of the rater with which the form is prefilled."""
    wait_days: float


def was_asked(page: Sequence[ReviewItem]) -> bool:
    """Return whether this flow run asked for the page before, so that its answer may exist."""
    return page_key(page) in _keys_so_far()


def _keys_so_far() -> set[str]:
    context = FlowRunContext.get()
    run: Any = context.flow_run if context is not None else None
    return set() if run is None else set(run.empirical_policy.pause_keys or ())


async def ask(form: Form) -> tuple[str, tuple[Said, ...]]:
    """Show the form, and return the rater and the ratings.

    The process ends here, and a new one returns here once there is an answer.

    Ratings that cannot be stored are asked for again, with the reason in the form.
    """
    refused: str | None = None
    attempt = 0
    while True:
        attempt += 1
        try:
            return await _answered(form, page_key(form.page, attempt), refused)
        except ConfigurationError as error:
            refused = error.message
        except ValidationError as error:
            refused = _in_words(error)
        get_run_logger().info("the answers were not stored; asking again: %s", refused)


async def _answered(form: Form, key: str, refused: str | None) -> tuple[str, tuple[Said, ...]]:
    markdown = page_as_markdown(form.review, form.page, refused=refused)
    model = page_form(form.review, form.page, description=markdown, rater=form.rater, refused=refused)
    if key not in _keys_so_far():
        await publish_page(form.review.review_id, form.page, len(form.review.items), markdown)
    filled_form = await asuspend_flow_run(wait_for_input=model, key=key, timeout=round(form.wait_days * _DAY_S))
    return read_form(form.review, form.page, filled_form)


def _in_words(error: ValidationError) -> str:
    """Return the problem of a form as text. Prefect gives an empty one where a run was resumed without it."""
    errors = error.errors(include_url=False)
    if all(problem["type"] == "missing" and len(problem["loc"]) == 1 for problem in errors):
        return EMPTY
    return "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in errors)
