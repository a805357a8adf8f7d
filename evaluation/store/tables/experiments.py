"""Tables of experiments, which group several runs, and of people's notes and tags."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from evaluation.store.tables.row import (
    METADATA,
    Row,
    json_field,
    key_field,
    optional_parent_field,
    parent_field,
    text_field,
    time_field,
    whole_field,
)


class ExperimentTable(Row, table=True):
    """A named question."""

    __tablename__ = "experiment"
    __table_args__ = (sa.UniqueConstraint("name"),)

    id: str = text_field(primary_key=True)
    name: str = text_field()
    question: str = text_field()
    description: str = text_field()
    template: dict[str, Any] | None = json_field(null=True)
    """Request in the form of `evaluate -f`; None if the experiment has none."""
    tags: list[str] = json_field()
    favourite: bool
    archived_at: datetime | None = time_field(null=True)
    created_at: datetime = time_field()


class ExperimentRunTable(Row, table=True):
    """A run of an experiment; a run may belong to several."""

    __tablename__ = "experiment_run"
    __table_args__ = (sa.UniqueConstraint("experiment_id", "run_id"), sa.Index(None, "run_id"))

    id: int | None = key_field()
    experiment_id: str = parent_field("experiment.id", big=False)
    run_id: str = parent_field("run.id", big=False)
    position: int = whole_field()
    added_at: datetime = time_field()


class AnnotationTable(Row, table=True):
    """A person's note on one of an experiment, a run, a case of a run, an answer to it, or a comparison."""

    __tablename__ = "annotation"
    __table_args__ = (sa.Index(None, "experiment_id"), sa.Index(None, "run_id"), sa.Index(None, "comparison_id"))

    id: int | None = key_field()
    experiment_id: str | None = optional_parent_field("experiment.id")
    run_id: str | None = optional_parent_field("run.id")
    case_id: str | None = text_field(null=True)
    fingerprint: str | None = text_field(null=True)
    """Of the candidate whose answer to the case it is on; None: on the whole case."""
    comparison_id: str | None = optional_parent_field("comparison.id")
    author: str = text_field()
    text: str = text_field()
    created_at: datetime = time_field()


class AnswerTagTable(Row, table=True):
    """A person's tag on a case of a run, or on a candidate's answer to it."""

    __tablename__ = "answer_tag"
    __table_args__ = (sa.UniqueConstraint("run_id", "case_id", "fingerprint", "tag"),)

    id: int | None = key_field()
    run_id: str = parent_field("run.id", big=False)
    case_id: str = text_field()
    fingerprint: str = text_field()
    """Of the candidate; empty: on the whole case."""
    tag: str = text_field()
    author: str = text_field()
    created_at: datetime = time_field()


experiment = METADATA.tables["experiment"]
experiment_run = METADATA.tables["experiment_run"]
annotation = METADATA.tables["annotation"]
answer_tag = METADATA.tables["answer_tag"]
