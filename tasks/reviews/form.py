"""The form in Prefect's pages by which a person rates some cases, and the ratings read from it."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from prefect.input import RunInput
from pydantic import BaseModel, ConfigDict, Field, create_model

from evaluation.records.reviews import ReviewItem, ReviewRecord, Said
from evaluation.requests.review_request import LEAST, LONGEST_NAME, MOST
from evaluation.reviews.blinded_cases import MEANING, as_code, criteria_of, item_as_hint, letter
from evaluation.reviews.rating_checks import LONGEST_NOTE, checked, checked_rater

TIE = "tie"


class _OfCase(BaseModel):
    """Form fields of one case."""

    model_config = ConfigDict(extra="forbid")


def page_form(
    review: ReviewRecord,
    page: Sequence[ReviewItem],
    *,
    description: str,
    rater: str | None,
    refused: str | None = None,
) -> type[RunInput]:
    """Return the form for these cases: the rater's name, and a group of fields for each case.

    Args:
        review: The review of the cases.
        page: The cases.
        description: Text above the fields, as Markdown.
        rater: Name of the rater to prefill.
        refused: Why the previous answers were not stored.
    """
    fields: dict[str, Any] = {"rater": (str, _rater_field(rater, refused))}
    for item in page:
        # A default for the whole would lose the bounds of its parts: there is none.
        hint = item_as_hint(review, item)
        fields[_case(item)] = (_case_model(review, item), Field(title=f"Case {item.position + 1}", description=hint))
    form = create_model("Ratings", __base__=RunInput, **fields)
    # Given values here, fields would lose their bounds: the description alone is given.
    return form.with_initial_data(description=description)


def _rater_field(rater: str | None, refused: str | None) -> Any:
    default: dict[str, Any] = {} if rater is None else {"default": rater}
    description = "It is stored with your ratings."
    if refused is not None:
        description = f"Your previous answers were not stored: {as_code(refused)}\n\n{description}"
    return Field(min_length=1, max_length=LONGEST_NAME, title="Your name", description=description, **default)


def _case(item: ReviewItem) -> str:
    return f"case_{item.position + 1}"


def _case_model(review: ReviewRecord, item: ReviewItem) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    if not review.criteria:
        letters = (*map(letter, range(len(item.outputs))), TIE)
        better = Field(title="Which is better?", description="A, B, or tie where they are equally good.")
        fields["better"] = (Literal[letters], better)
    for position in range(len(item.outputs)) if review.criteria else ():
        for name in criteria_of(review, item):
            fields[_grade(position, name)] = (int, _grade_field(position, name))
    fields["notes"] = (str, Field(default="", max_length=LONGEST_NOTE, title="Notes", description="Optional."))
    made: type[BaseModel] = create_model(f"Case{item.position + 1}", __base__=_OfCase, **fields)
    return made


def _grade(position: int, name: str) -> str:
    return f"{letter(position).lower()}_{name}"


def _grade_field(position: int, name: str) -> Any:
    return Field(
        ge=LEAST,
        le=MOST,
        title=f"{letter(position)}: {name}",
        description=f"{MEANING[name][0].upper()}{MEANING[name][1:]} {LEAST} (worst) to {MOST} (best).",
    )


def read_form(review: ReviewRecord, page: Sequence[ReviewItem], form: RunInput) -> tuple[str, tuple[Said, ...]]:
    """Return the rater, and the ratings of each case.

    Raises:
        ConfigurationError: an answer cannot be stored.
    """
    values: Mapping[str, Any] = form.model_dump()
    rater = checked_rater(values["rater"])
    return rater, checked(review, [_ratings_in(review, item, values[_case(item)]) for item in page])


def _ratings_in(review: ReviewRecord, item: ReviewItem, values: Mapping[str, Any]) -> Said:
    notes = values["notes"].strip()
    if not review.criteria:
        letters = [letter(position) for position in range(len(item.outputs))]
        better = values["better"]
        return Said(item_id=item.item_id, preferred=None if better == TIE else letters.index(better), notes=notes)
    names = criteria_of(review, item)
    grades = tuple({name: values[_grade(position, name)] for name in names} for position in range(len(item.outputs)))
    return Said(item_id=item.item_id, grades=grades, notes=notes)
