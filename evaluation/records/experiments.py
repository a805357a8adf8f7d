"""Records of experiments, which group several runs, and of people's notes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentRecord:
    """A named question as stored."""

    experiment_id: str
    name: str
    question: str
    description: str
    template: Mapping[str, Any] | None
    """Fields of `EvaluationRequest`; None if its runs have nothing in common."""
    tags: tuple[str, ...]
    favourite: bool
    archived_at: datetime | None
    created_at: datetime
    run_ids: tuple[str, ...]
    """Run ids in the order in which they were added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonSummary:
    """A comparison in an experiment's list."""

    comparison_id: str
    benchmark: str
    """Name of the benchmark."""
    run_ids: tuple[str, ...]
    """The runs that were compared."""
    sentence: str | None
    """Conclusion of the comparison; None if there is none."""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationRecord:
    """A person's note."""

    annotation_id: int
    experiment_id: str | None
    run_id: str | None
    case_id: str | None
    """Of the run."""
    fingerprint: str | None = None
    """Of the candidate whose answer to the case it is on; None: on the whole case."""
    comparison_id: str | None
    author: str
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTagRecord:
    """A person's tag on a case of a run, or on a candidate's answer to it."""

    tag_id: int
    run_id: str
    case_id: str
    fingerprint: str | None
    """Of the candidate; None: on the whole case."""
    tag: str
    author: str
    created_at: datetime
