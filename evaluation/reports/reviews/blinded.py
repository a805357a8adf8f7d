"""The progress of a review without candidate names: all that is shown while people may still rate."""

from evaluation.escaping import as_markdown_code, for_markdown
from evaluation.formatting import counted, listed
from evaluation.results.reviews import AwaitedRaters, OpenReviewResult, ReviewResult
from evaluation.reviews.result_words import part_shown, rater_words


def without_names(result: ReviewResult) -> OpenReviewResult:
    """Return the part of a review's result that may be known before the result is revealed."""
    return OpenReviewResult(
        sentence=blinded_sentence(result),
        review_id=result.review_id,
        kind=result.kind,
        criteria=result.criteria,
        benchmark=result.benchmark,
        run_ids=result.run_ids,
        created_at=result.created_at,
        n_items=result.n_items,
        n_rated=result.n_rated,
        raters=result.raters,
        awaited=result.awaited,
        part_shown=part_shown(result),
    )


def blinded_sentence(result: ReviewResult) -> str:
    """Return the progress of a review whose result is not revealed yet, in a sentence."""
    part = part_shown(result)
    return (
        f"{result.n_rated} of {counted(result.n_items, 'case')} of review {result.review_id} are rated, "
        f"by {rater_words(result.raters)}. The candidates are revealed when {awaited_words(result.awaited)}."
    ) + (f" {part.capitalize()}." if part else "")


def awaited_words(awaited: AwaitedRaters) -> str:
    """Return `ben has rated the other 3 cases and 1 more person has rated`."""
    parts = [
        f"{person.rater} has rated the {counted(person.n_left, 'case')} left to them" for person in awaited.unfinished
    ]
    parts += _people_rated(awaited.n_unnamed, "who started without giving a name")
    parts += _people_rated(awaited.n_to_come, "more")
    return listed(parts) if parts else "every case is rated"


def _people_rated(n: int, which: str) -> list[str]:
    if not n:
        return []
    return [f"one {which} has rated" if n == 1 else f"{n} {which} have rated"]


def blinded_as_markdown(result: ReviewResult) -> str:
    """Return the page that is shown until the result is revealed."""
    review_id = as_markdown_code(result.review_id)
    command = as_markdown_code(f"benchwright review show {result.review_id} --unblind")
    return (
        f"# Review\n\n> {for_markdown(blinded_sentence(result))}\n\n"
        "The result will stand here then, with names: whoever rates last has it published.\n\n"
        f"To tell it before: run the deployment *review* with review {review_id} and *Tell the "
        f"result now*, or {command}. Whoever rates afterwards may know whose answers they see.\n"
    )
