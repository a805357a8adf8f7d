"""Tables of blind reviews and people's ratings."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from evaluation.store.tables.row import (
    METADATA,
    Row,
    json_field,
    key_field,
    parent_field,
    real_field,
    text_field,
    time_field,
    whole_field,
)


class ReviewTable(Row, table=True):
    """Cases of runs that people look at. It outlives the runs: what was shown is kept with it."""

    __tablename__ = "review"
    __table_args__ = (sa.Index(None, "created_at"),)

    id: str = text_field(primary_key=True)
    benchmark_version: str = text_field()
    benchmark_name: str = text_field()
    kind: str = text_field()
    criteria: list[str] = json_field()
    run_ids: list[str] = json_field()
    headline: str | None = text_field(null=True)
    """The signature of the metric by which cases were picked; None: by their texts."""
    request: dict[str, Any] = json_field()
    code_version: str = text_field()
    created_at: datetime = time_field()


class ReviewItemTable(Row, table=True):
    """A picked case."""

    __tablename__ = "review_item"
    __table_args__ = (sa.UniqueConstraint("review_id", "position"),)

    id: int | None = key_field()
    review_id: str = parent_field("review.id", big=False)
    position: int = whole_field()
    case_id: str = text_field()
    cluster: str | None = text_field(null=True)
    reason: str = text_field()
    why: str = text_field()
    """The reason in words."""
    question: dict[str, Any] = json_field()
    """What was asked, and the references."""


class ReviewOutputTable(Row, table=True):
    """An answer as it is shown, and whose it is: the only place that says so."""

    __tablename__ = "review_output"
    __table_args__ = (sa.UniqueConstraint("item_id", "position"),)

    id: int | None = key_field()
    item_id: int = parent_field("review_item.id")
    position: int = whole_field()
    """0 is shown as A."""
    candidate: str = text_field()
    run_id: str = text_field()
    generation_id: int = whole_field()
    answer: str = text_field()
    total_s: float | None = real_field()
    """None: not measured."""


class ReviewSessionTable(Row, table=True):
    """A person at work on a review: a flow run, or a command."""

    __tablename__ = "review_session"
    __table_args__ = (sa.Index(None, "review_id"),)

    id: str = text_field(primary_key=True)
    """The flow run's id, or one of the command's own."""
    review_id: str = parent_field("review.id", big=False)
    place: str = text_field()
    rater: str | None = text_field(null=True)
    """As far as it was said before the first rating."""
    started_at: datetime = time_field()


class RatingTable(Row, table=True):
    """What a person said of a case."""

    __tablename__ = "rating"
    __table_args__ = (sa.UniqueConstraint("item_id", "rater"), sa.Index(None, "session_id"))

    id: int | None = key_field()
    item_id: int = parent_field("review_item.id")
    session_id: str = parent_field("review_session.id", big=False)
    rater: str = text_field()
    grades: list[dict[str, int]] | None = json_field(null=True)
    """By criterion, for each output in the order in which they were shown; None for a preference."""
    preferred: int | None = whole_field(null=True)
    """Position of the better one; None: a tie, or grades."""
    notes: str = text_field()
    rated_at: datetime = time_field()


review = METADATA.tables["review"]
review_item = METADATA.tables["review_item"]
review_output = METADATA.tables["review_output"]
review_session = METADATA.tables["review_session"]
rating = METADATA.tables["rating"]
