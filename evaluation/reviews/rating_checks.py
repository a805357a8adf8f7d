"""Validation of ratings before they are stored, shared by forms and the terminal."""

from collections.abc import Sequence

from evaluation.errors import ConfigurationError
from evaluation.records.reviews import ReviewItem, ReviewRecord, Said
from evaluation.requests.review_request import LEAST, LONGEST_NAME, MOST
from evaluation.reviews.blinded_cases import criteria_of, letter

LONGEST_NOTE = 4000


def checked_rater(name: str) -> str:
    """Return the rater's name with single blanks.

    Raises:
        ConfigurationError: it is empty, or too long.
    """
    rater = " ".join(name.split())
    if not rater:
        raise ConfigurationError("the rater's name is empty", "Give the rater's name.")
    if len(rater) > LONGEST_NAME:
        raise ConfigurationError(f"the rater's name has {len(rater)} letters", f"At most {LONGEST_NAME}.")
    return rater


def checked_grade(value: object, *, of: str) -> int:
    """Return the grade, validated.

    Raises:
        ConfigurationError: it is not a whole number from 1 to 5.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not LEAST <= value <= MOST:
        raise ConfigurationError(
            f"{of} is {value!r}, and a grade is a whole number from {LEAST} to {MOST}", "Grade it again."
        )
    return value


def checked(review: ReviewRecord, judgements: Sequence[Said]) -> tuple[Said, ...]:
    """Return the ratings, validated against the review.

    Raises:
        ConfigurationError: an invalid grade, one too few or too many, or a preference for what is not there.
    """
    items = {item.item_id: item for item in review.items}
    for judgement in judgements:
        if judgement.item_id not in items:
            raise ConfigurationError(
                f"item {judgement.item_id} does not belong to review {review.review_id}",
                "Rate the cases of this review.",
            )
        _check(review, items[judgement.item_id], judgement)
    return tuple(judgements)


def _check(review: ReviewRecord, item: ReviewItem, judgement: Said) -> None:
    case = f"case {item.position + 1}"
    if len(judgement.notes) > LONGEST_NOTE:
        raise ConfigurationError(
            f"the note on {case} has {len(judgement.notes):,} letters", f"At most {LONGEST_NOTE:,}."
        )
    if not review.criteria:
        _check_preference(item, judgement, case)
        return
    criteria = criteria_of(review, item)
    if judgement.grades is None or len(judgement.grades) != len(item.outputs):
        raise ConfigurationError(f"{case} has {len(item.outputs)} answers", "Grade each of them.")
    for position, grades in enumerate(judgement.grades):
        if set(grades) != set(criteria):
            raise ConfigurationError(
                f"{case}, {letter(position)}: grades given for {', '.join(grades) or 'nothing'}",
                f"Grade {', '.join(criteria)}.",
            )
        for name, value in grades.items():
            checked_grade(value, of=f"{case}, {letter(position)}, {name}")


def _check_preference(item: ReviewItem, judgement: Said, case: str) -> None:
    if judgement.grades is not None or judgement.preferred not in (None, *range(len(item.outputs))):
        raise ConfigurationError(f"{case} asks which of two answers is better", "Say A, B or tie.")
