"""Records of a judge's grades of calls in production."""

from dataclasses import dataclass
from datetime import date

from evaluation.records.candidates import MetricUse
from evaluation.records.question_context import QuestionContext
from evaluation.scores import Measurement, ScoreFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlace:
    """A call in production that can be graded, without its texts."""

    row_id: int
    call_id: str
    task: str
    candidate: str
    policy: str | None
    """Name of the policy by which the gateway answered; None: it did not answer, or without a policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradableCall:
    """A call in production whose question and answer are stored."""

    row_id: int
    call_id: str
    input: str
    output: str
    context: QuestionContext | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficGrade:
    """What a judge found of a call."""

    row_id: int
    """Row of the call."""
    metric: MetricUse
    """With its signature, which holds the judge's weights, its criteria and the wording of its prompt."""
    scorer_version: str
    flow_run_id: str
    """Flow run that asked for it."""
    measurement: Measurement | ScoreFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfGrades:
    """Grades of the calls of a candidate on a task under a policy on one day, by one judge."""

    task: str
    candidate: str
    policy: str | None
    """As of `CallPlace`."""
    metric: MetricUse
    day: date
    """Day (UTC) of the calls."""
    values: tuple[float, ...]
    """Grades in [0, 1], in the order of the calls."""
    outcomes: tuple[float | None, ...]
    """What was reported of the same calls: the quality, else 1 or 0 for `ok`; None: nothing."""
