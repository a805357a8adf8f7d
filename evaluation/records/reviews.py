"""Records of reviews: the cases shown, the candidates behind their answers, and people's ratings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from evaluation.case import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOutput:
    """An answer as shown, with its candidate. Its index in the item gives its letter: 0 is A."""

    candidate: str
    """Name in the result, hidden until then."""
    run_id: str
    generation_id: int
    answer: str
    total_s: float | None
    """Duration of the request in seconds; None if not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewQuestion:
    """What the candidates were asked, and what counts as right."""

    messages: tuple[Message, ...]
    references: tuple[str, ...]
    """Empty where they are not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """A case selected for review."""

    item_id: int = 0
    """0 if not stored yet."""
    position: int
    """Position in the review, from 0."""
    case_id: str
    cluster: str | None
    reason: str
    """Reason for the selection: `disagreement`, `flip`, `control`, `further` or `chosen`."""
    why: str
    """The reason in words."""
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
    """Empty for preferences."""
    run_ids: tuple[str, ...]
    headline: str | None
    """Signature of the metric by which cases were selected; None if selected by their texts."""
    seed: int
    n_raters: int
    """How many people were asked to rate; one where nothing is said."""
    code_version: str
    created_at: datetime
    items: tuple[ReviewItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSession:
    """One person's session of a review."""

    session_id: str
    review_id: str
    place: str
    """`prefect` or `terminal`."""
    rater: str | None
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A person's rating of one item: grades for every output, or the better output."""

    item_id: int
    grades: tuple[Mapping[str, int], ...] | None = None
    """Grades by criterion, in the order of the outputs. None for a preference."""
    preferred: int | None = None
    """Index of the better output; None for grades, or for a tie."""
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRecord:
    """A rating as stored."""

    said: Said
    rater: str
    session_id: str
    rated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRating:
    """A stored rating in a list of several reviews."""

    rating_id: int
    review_id: str
    rating: RatingRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSummary:
    """A review in a list."""

    review_id: str
    benchmark: str
    kind: str
    run_ids: tuple[str, ...]
    n_items: int
    n_rated: int
    """Items with at least one rating."""
    raters: tuple[str, ...]
    created_at: datetime
    rated_at: datetime | None
    """Time of the newest rating."""
