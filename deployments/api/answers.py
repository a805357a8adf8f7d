"""Answers of routes that are more than one result of Python's functions."""

from dataclasses import dataclass, field

from deployments.api.health import Check
from evaluation.case import Case
from evaluation.records.access import ApiKey
from evaluation.records.policies import Policy
from evaluation.results.as_json import MERGED
from evaluation.results.catalogue_entries import BenchmarkFacts
from evaluation.results.experiments import ExperimentFacts
from selection.answers import Ranked
from selection.pages.scoreboard import TaskScoreboard


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """That the server answers."""

    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the checks of the parts found."""

    ok: bool
    """Whether every part is there without which no request can be answered."""
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """That something was removed."""

    name: str
    """Its name or number."""
    removed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKey:
    """A key that was made, with its text, which is told once."""

    made: ApiKey = field(metadata=MERGED)
    key: str
    """The text to send as `Authorization: Bearer KEY`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkCases:
    """A benchmark with a page of its cases."""

    facts: BenchmarkFacts
    cases: tuple[Case, ...]
    next: str | None
    """Cursor of the next page; null on the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedExperiment:
    """That an experiment was deleted."""

    experiment: str
    """Its name."""
    deleted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedRuns:
    """An experiment to which runs were added."""

    experiment: ExperimentFacts
    n_added: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedRuns:
    """An experiment out of which runs were taken."""

    experiment: ExperimentFacts
    n_removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeNote:
    """A note that was stored."""

    note: int
    """Its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedNote:
    """That a note was deleted."""

    note: int
    """Its number."""
    deleted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewedPolicy:
    """A policy on whose candidate was decided anew."""

    policy: Policy
    changed: bool
    """Whether another candidate was chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """All candidates that satisfy the constraints."""

    items: tuple[Ranked, ...]
    """The best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a candidate was recommended, and none of the others."""

    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOutcomeReport:
    """That the outcome of a recommendation was stored."""

    stored: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeScoreboard:
    """What is known of every candidate on every task."""

    tasks: tuple[TaskScoreboard, ...]
