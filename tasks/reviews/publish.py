"""Tasks that publish a review in Prefect: the cases to be rated, blinded, and the result, with names."""

from collections.abc import Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.records.reviews import ReviewItem
from evaluation.reports.page_links import Shown, own_page_links
from evaluation.reports.reviews.blinded import blinded_as_markdown, without_names
from evaluation.reports.reviews.result_page import result_as_markdown, score_rows
from evaluation.results.reviews import OpenReviewResult, ReviewResult
from evaluation.reviews.blinded_cases import cases_title
from evaluation.reviews.progress import page_key
from evaluation.reviews.results import review_result
from evaluation.settings import Settings
from tasks import artifacts
from tasks.artifacts import artifact_key
from tasks.prefect_outage import going_on_without
from tasks.reviews.session import forget_ended_sessions
from tasks.store_calls import call_with_store


async def publish_page(review_id: str, page: Sequence[ReviewItem], n_items: int, markdown: str) -> None:
    """Publish some cases with their answers. Neither key nor description identifies candidates."""
    await _publish_page(page_key(page), review_id, cases_title(page, n_items), markdown)


@task(name="show cases", task_run_name="show {key}", cache_policy=NO_CACHE, persist_result=False)
async def _publish_page(key: str, review_id: str, title: str, markdown: str) -> None:
    description = (
        f"{title} of review {review_id}. To rate them: open the menu of this flow run (three dots) and choose Resume."
    )
    await artifacts.publish_page(markdown, key=artifact_key("review", review_id, key), description=description)


@task(name="publish review", task_run_name="publish the result", cache_policy=NO_CACHE, persist_result=False)
async def publish_result(review_id: str, *, unblind: bool = False) -> ReviewResult | OpenReviewResult:
    """Publish the ratings by candidate in Prefect, and return them.

    No names while somebody may rate.

    Args:
        review_id: Its id, the beginning of it, or `last`.
        unblind: Tell it with names all the same.
    """
    await forget_ended_sessions(review_id)
    result = await call_with_store(review_result, review_id)
    key = artifact_key("review", result.review_id)
    if not (result.awaited.is_over or unblind):
        shown = without_names(result)
        async with going_on_without("the review's votes"):
            await artifacts.publish_page(blinded_as_markdown(result), key=f"{key}-result", description=shown.sentence)
        return shown
    async with going_on_without("the review's results"):
        if rows := score_rows(result):
            await artifacts.publish_table(rows, key=f"{key}-scores", description=result.sentence)
        markdown = result_as_markdown(result)
        links = own_page_links(Settings().pages_url, Shown.REVIEW, result.review_id)
        page = "\n".join([markdown, *links])
        await artifacts.publish_page(page, key=f"{key}-result", description=result.sentence)
    return result
