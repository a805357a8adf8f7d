"""How far a review is, without a word of whose answers are whose: all that is told while somebody may still rate."""

from collections.abc import Mapping
from typing import Any

from evaluation.comparisons.words import listed
from evaluation.escaping import as_markdown_code, for_markdown
from evaluation.formatting import counted
from evaluation.reviews.result_words import rater_words

_SHOWN = (
    "review_id",
    "kind",
    "criteria",
    "benchmark",
    "run_ids",
    "created_at",
    "n_items",
    "n_rated",
    "raters",
    "awaited",
)


def without_names(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be known of a review before its result is told."""
    return {"status": "open", "sentence": blinded_sentence(result), **{name: result[name] for name in _SHOWN}}


def blinded_sentence(result: Mapping[str, Any]) -> str:
    """Return how far a review is, where its result is not told yet."""
    return (
        f"{result['n_rated']} of {counted(result['n_items'], 'case')} of review {result['review_id']} are rated, by "
        f"{rater_words(result)}. The candidates are revealed when {awaited_words(result['awaited'])}."
    )


def awaited_words(awaited: Mapping[str, Any]) -> str:
    """Return `ben has rated the other 3 cases and 1 more person has rated`."""
    parts = [
        f"{person['rater']} has rated the {counted(person['n_left'], 'case')} left to them"
        for person in awaited["unfinished"]
    ]
    parts += _people_rated(awaited["n_unnamed"], "who started without giving a name")
    parts += _people_rated(awaited["n_to_come"], "more")
    return listed(parts) if parts else "every case is rated"


def _people_rated(n: int, which: str) -> list[str]:
    if not n:
        return []
    return [f"one {which} has rated" if n == 1 else f"{n} {which} have rated"]


def blinded_as_markdown(result: Mapping[str, Any]) -> str:
    """Return the page that stands where the result will be."""
    review_id = result["review_id"]
    command = as_markdown_code(f"benchwright review show {review_id} --unblind")
    return (
        f"# Review\n\n> {for_markdown(blinded_sentence(result))}\n\nThe result, with names, will be published here "
        "after the last rating.\n\nTo see it before: run the deployment *review* with review "
        f"{as_markdown_code(review_id)} and *Show the result now*, or {command}. Anybody who rates afterwards may "
        "know whose answers they see.\n"
    )
