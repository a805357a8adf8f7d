"""The request of a review: the parameters of `review`, as form and command."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from evaluation.requests.request_model import Names, OneOrMore, RequestModel, checked_request

Kind = Literal["grades", "preference"]
Criterion = Literal["accuracy", "completeness", "relevance", "speed"]
CRITERIA: tuple[Criterion, ...] = ("accuracy", "completeness", "relevance", "speed")
LEAST, MOST = 1, 5
"""Worst and best grade."""
LONGEST_NAME = 80
_ABOUT = "`benchwright review start --help` lists the options."


class ReviewRequest(RequestModel):
    """Candidates whose answers people review, the number of cases, and the way of rating."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Review")

    runs: Names = Field(
        default=[],
        description="Ids of runs of one benchmark, beginnings of ids, or `last`. Empty: the newest run of the "
        "benchmark, or of all.",
    )
    benchmark: str | None = Field(default=None, description="Only runs of this benchmark.")
    candidates: Names = Field(
        default=[],
        description=("Only answers of these candidates, named as in the results. Empty: all candidates of the runs."),
    )
    kind: Kind = Field(
        default="grades",
        title="Kind of rating",
        description="`grades`: each answer from 1 to 5 by each criterion. `preference`: which of two is better.",
    )
    criteria: OneOrMore[Criterion] = Field(
        default=list(CRITERIA), min_length=1, description="Criteria of the grades; not used for preferences."
    )
    n_cases: int = Field(default=10, ge=1, le=500, title="Cases", description="Number of cases to review.")
    flip_share: float = Field(
        default=0.3,
        ge=0,
        le=1,
        title="Share of flipped cases",
        description="Cases on which a model was right in one run and wrong in another, or one candidate is right "
        "and another wrong. The remaining cases, beside these and the controls, are those on which "
        "candidates differ most.",
    )
    control_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        title="Share of random controls",
        description="Cases drawn at random from all cases: only these are representative of the whole benchmark.",
    )
    seed: int = Field(
        default=0, ge=0, description=("Determines which cases are drawn, and the order in which everything is shown.")
    )
    show_references: bool = Field(default=True, description="Show the reference answers beside the answers.")
    cases_per_form: int | None = Field(
        default=None, ge=1, le=10, title="Cases per form", description="Empty: as many as fit a form well."
    )
    review: str | None = Field(
        default=None,
        title="Existing review",
        description="Its id, or `last`: resume it, or join it as its second rater. The fields above are then ignored.",
    )
    rater: str | None = Field(
        default=None,
        max_length=LONGEST_NAME,
        title="Rater",
        description="Your name: cases that you have rated are not asked again. Empty: the form asks for it.",
    )
    n_raters: int | None = Field(
        default=None,
        ge=1,
        le=50,
        title="Number of raters",
        description="The candidates are revealed when this many have rated every case, and nobody who started has "
        "cases left. Empty: one, or the number given before.",
    )
    wait_days: float = Field(
        default=30, gt=0, le=365, title="Days to wait", description="How long a form waits to be filled in."
    )
    unblind: bool = Field(
        default=False,
        title="Show the result now",
        description="Reveal the candidates of the existing review above although ratings are missing. Nobody is "
        "asked anything.",
    )

    @field_validator("criteria")
    @classmethod
    def _each_once(cls, value: list[Criterion]) -> list[Criterion]:
        return [criterion for criterion in CRITERIA if criterion in value]

    @field_validator("benchmark", "review", "rater")
    @classmethod
    def _empty_is_none(cls, value: str | None) -> str | None:
        return " ".join(value.split()) or None if value is not None else None

    @model_validator(mode="after")
    def _a_review_is_named_where_its_result_is_wanted(self) -> "ReviewRequest":
        if self.unblind and self.review is None:
            raise ValueError("to show a result now, give the review: its id, or `last`")
        return self

    @model_validator(mode="after")
    def _shares_fit(self) -> "ReviewRequest":
        if self.flip_share + self.control_share > 1 + 1e-9:
            raise ValueError(
                f"the shares of flipped cases ({self.flip_share:g}) and of controls ({self.control_share:g}) add up "
                "to more than 1"
            )
        return self


def read_review_request(fields: Mapping[str, Any]) -> ReviewRequest:
    """Return the validated request from the command line's fields.

    Raises:
        ConfigurationError: names each field, its value and what is allowed.
    """
    return checked_request(ReviewRequest, fields, about=_ABOUT)
