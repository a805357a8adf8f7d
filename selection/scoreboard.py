"""The scoreboard: what is known of each candidate on each task, as plain arrays for recommendations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from evaluation.records.evidence import Choosable, Evidence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Levels:
    """What was measured, and what makes the expected quality another number; shape (n_candidates,), NaN where unknown.

    The expected quality is `measured + filled_in + pulled`.
    """

    measured: "NDArray[np.float64]"
    """Mean over the families that each was asked; over all tasks the mean of its tasks' means."""
    filled_in: "NDArray[np.float64]"
    """What the cases (or tasks) add that it was not asked, filled in from what others made of them."""
    pulled: "NDArray[np.float64]"
    """What its results on other tasks add."""
    parts: tuple[str, ...]
    """The benchmarks of a task; of the whole the tasks."""
    are_tasks: bool
    """What the parts are."""
    by_part: "NDArray[np.float64]"
    """Measured on each part alone, shape (n_candidates, n_parts), like the next two."""
    n_by_part: "NDArray[np.int64]"
    """Cases."""
    n_answers: "NDArray[np.int64]"
    """More than cases where some were asked several times."""
    n_cases: "NDArray[np.int64]"
    """Cases of each part that anybody was asked, shape (n_parts,)."""


BY_STUDENTS_T, BY_SIGN_FLIPS = -1, -2
"""Tests of scores that are not all right or wrong."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairTests:
    """Which two can be told apart on what both were asked; shape (n_candidates, n_candidates), the same both ways."""

    p_adjusted: "NDArray[np.float64]"
    """Two-sided, adjusted by Holm over all pairs that were tested; NaN where two share too little."""
    n_differing: "NDArray[np.int64]"
    """Families that one of two alone has right, where all answers are right or wrong and McNemar's test was made; else
    `BY_STUDENTS_T` or `BY_SIGN_FLIPS`."""
    n_tests: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaskStanding:
    """How the candidates stand on a task; arrays are shape (n_candidates,) unless they say so, NaN where unknown."""

    task: str
    n_cases: int
    """Cases of the task that anybody was measured on."""
    n_measured: "NDArray[np.int64]"
    """Cases that each was measured on."""
    quality: "NDArray[np.float64]"
    """Expected on all cases of the task: adjusted for the cases one was not asked, shrunk towards the overall."""
    quality_se: "NDArray[np.float64]"
    difference: "NDArray[np.float64]"
    """Row minus column on their common cases, shape (n_candidates, n_candidates)."""
    difference_se: "NDArray[np.float64]"
    n_pairs: "NDArray[np.int64]"
    """Common families behind a difference; under 6 nothing is told apart. On the diagonal: the families of each."""
    latency_s: "NDArray[np.float64]"
    """Quantiles at 0, .01 … 1, shape (n_candidates, 101)."""
    n_timed: "NDArray[np.int64]"
    cost_usd: "NDArray[np.float64]"
    """Mean of an answer."""
    cost_se: "NDArray[np.float64]"
    energy_j: "NDArray[np.float64]"
    energy_se: "NDArray[np.float64]"
    lowest: float = 0.0
    """What no quality on this task can be below, as far as is known."""
    highest: float = 1.0
    n_cached: "NDArray[np.int64] | None" = None
    """Answers of each to prompts that servers had, or may have had, in their caches: not timed. None: nobody's."""
    levels: Levels | None = None
    """None where nothing but expectations is known."""
    tests: PairTests | None = None
    """Of the qualities alone; None where they were not made."""

    @property
    def is_fraction(self) -> bool:
        """True where a quality is a share, to be shown in percent and points."""
        return self.lowest == 0 and self.highest == 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scoreboard:
    """All candidates on all tasks, from one state of the evidence."""

    candidates: tuple[Choosable, ...]
    standings: Mapping[str, TaskStanding]
    overall: TaskStanding
    """Over all tasks, each task counting alike; for a question that names no task."""
    fingerprint: str
    """Of the evidence."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Deviations:
    """How far each candidate will be from its mean on the task, for one prompt; shape (n_candidates,), 0 if unknown."""

    value: "NDArray[np.float64]"
    se: "NDArray[np.float64]"
    told: "NDArray[np.float64] | None" = None
    """Knots by which an expectation is told, see `selection.choosing.calibrated_quality`; None: as it is."""


class Predictor(Protocol):
    """A trained selection model, as far as serving needs it."""

    @property
    def version(self) -> str:
        """What is said of who decided, such as `ridge 7 (3f2a9c)`."""
        ...

    def deviations(self, task: str | None, prompt: str, keys: tuple[str, ...]) -> Deviations | None:
        """For the candidates with these keys, in their order; None where it knows nothing of this task."""
        ...

    def task_shares(self, prompt: str) -> Mapping[str, float] | None:
        """Return how likely the prompt is of each task; None where it cannot tell."""
        ...

    def as_of(self, evidence: Evidence) -> "Predictor":
        """Return the same, saying only what this evidence bears out."""
        ...

    def notes_on(self, task: str | None) -> tuple[str, ...]:
        """Return what the reader of an answer for a prompt should know of it."""
        ...
