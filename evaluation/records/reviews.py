"""Records of reviews: the cases shown, the candidates behind their answers, and people's ratings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from evaluation.case import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOutput:
    """An answer as it is shown, and whose it is. Its place among its item's is its letter: 0 is A."""

    candidate: str
    """What the result calls it; never shown before."""
    run_id: str
    generation_id: int
    answer: str
    total_s: float | None
    """Seconds of the request; None: not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewQuestion:
    """What the candidates were asked, and what counts as right."""

    messages: tuple[Message, ...]
    references: tuple[str, ...]
    """Empty where they are not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """A picked case."""

    item_id: int = 0
    """0: not stored yet."""
    position: int
    """Its place in the review, from 0 on."""
    case_id: str
    cluster: str | None
    reason: str
    """Why it was picked: `disagreement`, `flip`, `control` or `further`."""
    why: str
    """The same in words."""
    question: ReviewQuestion
    outputs: tuple[ShownOutput, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRecord:
    """A review with its items."""

    review_id: str
    benchmark_version: str
    benchmark_name: str
    kind: str
    """`grades` or `preference`."""
    criteria: tuple[str, ...]
    """Empty for a preference."""
    run_ids: tuple[str, ...]
    headline: str | None
    """Signature of the metric by which cases were picked; None: by their texts."""
    seed: int
    n_raters: int
    """How many people were asked to rate; one where nothing is said."""
    code_version: str
    created_at: datetime
    items: tuple[ReviewItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSession:
    """A person at work on a review."""

    session_id: str
    review_id: str
    place: str
    """`prefect` or `terminal`."""
    rater: str | None
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person says of one item: grades for every output, or which is better."""

    item_id: int
    grades: tuple[Mapping[str, int], ...] | None = None
    """By criterion, in the order of the outputs. None: a preference."""
    preferred: int | None = None
    """Position of the better output; None with no grades: a tie."""
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRecord:
    """The same as stored."""

    said: Said
    rater: str
    session_id: str
    rated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSummary:
    """One line of a list of reviews."""

    review_id: str
    benchmark: str
    kind: str
    run_ids: tuple[str, ...]
    n_items: int
    n_rated: int
    """Items that anybody rated."""
    raters: tuple[str, ...]
    created_at: datetime
    rated_at: datetime | None
    """Of the newest rating."""
