"""Is what a person said of some cases fit to be stored? The same check for forms and for the terminal."""

from collections.abc import Sequence

from evaluation.errors import ConfigurationError
from evaluation.records import ReviewItem, ReviewRecord, Said
from evaluation.requests.review_request import LEAST, LONGEST_NAME, MOST
from evaluation.reviews.blinded_cases import criteria_of, letter

LONGEST_NOTE = 4000


def checked_rater(name: str) -> str:
    """The name with single blanks.

    Raises:
        ConfigurationError: it is empty, or too long.
    """
    found = " ".join(name.split())
    if not found:
        raise ConfigurationError("nobody is named as the rater", "Say who rates.")
    if len(found) > LONGEST_NAME:
        raise ConfigurationError(f"the rater's name has {len(found)} letters", f"At most {LONGEST_NAME}.")
    return found


def checked_grade(value: object, *, of: str) -> int:
    """The grade.

    Raises:
        ConfigurationError: it is no whole number from 1 to 5.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not LEAST <= value <= MOST:
        raise ConfigurationError(
            f"{of} is {value!r}, and a grade is a whole number from {LEAST} to {MOST}", "Grade it again."
        )
    return value


def checked(review: ReviewRecord, said: Sequence[Said]) -> tuple[Said, ...]:
    """What was said, where all of it fits the review.

    Raises:
        ConfigurationError: a grade that is none, one too few or too many, or a preference for what is not there.
    """
    items = {item.item_id: item for item in review.items}
    for one in said:
        if one.item_id not in items:
            raise ConfigurationError(f"item {one.item_id} is none of review {review.review_id}", "Rate its own cases.")
        _check(review, items[one.item_id], one)
    return tuple(said)


def _check(review: ReviewRecord, item: ReviewItem, said: Said) -> None:
    case = f"case {item.position + 1}"
    if len(said.notes) > LONGEST_NOTE:
        raise ConfigurationError(f"the note on {case} has {len(said.notes):,} letters", f"At most {LONGEST_NOTE:,}.")
    if not review.criteria:
        _check_preference(item, said, case)
        return
    wanted = criteria_of(review, item)
    if said.grades is None or len(said.grades) != len(item.outputs):
        raise ConfigurationError(f"{case} has {len(item.outputs)} answers", "Grade each of them.")
    for position, grades in enumerate(said.grades):
        if set(grades) != set(wanted):
            raise ConfigurationError(f"{case}, {letter(position)}: {', '.join(grades)} are graded", f"Grade {wanted}.")
        for name, value in grades.items():
            checked_grade(value, of=f"{case}, {letter(position)}, {name}")


def _check_preference(item: ReviewItem, said: Said, case: str) -> None:
    if said.grades is not None or said.preferred not in (None, *range(len(item.outputs))):
        raise ConfigurationError(f"{case} asks which of two answers is better", "Say A, B or tie.")
