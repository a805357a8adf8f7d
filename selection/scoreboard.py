"""The scoreboard: what is known of each candidate on each task, as plain arrays for recommendations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from evaluation.records.evidence import Choosable, Evidence
from evaluation.results.frames import REAL, TEXT, WHOLE, ShownInNotebooks, frame

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Levels:
    """Measured quality and its adjustments to the expected one; shape (n_candidates,), NaN where unknown.

    The expected quality is `measured + filled_in + pulled`.
    """

    measured: "NDArray[np.float64]"
    """Mean over the families that each was asked; over all tasks the mean of its tasks' means."""
    filled_in: "NDArray[np.float64]"
    """Effect of the cases (or tasks) that it was not asked, filled in from the other candidates' results."""
    pulled: "NDArray[np.float64]"
    """Effect of its results on other tasks."""
    parts: tuple[str, ...]
    """Benchmarks of a task; tasks of the whole."""
    are_tasks: bool
    """Whether the parts are tasks."""
    by_part: "NDArray[np.float64]"
    """Measured quality on each part, shape (n_candidates, n_parts), like the next two."""
    n_by_part: "NDArray[np.int64]"
    """Number of cases."""
    n_answers: "NDArray[np.int64]"
    """More than cases where some were asked several times."""
    n_cases: "NDArray[np.int64]"
    """Number of cases of each part that any candidate was asked, shape (n_parts,)."""


BY_STUDENTS_T, BY_SIGN_FLIPS = -1, -2
"""Codes of the tests of scores that are not all right or wrong."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairTests:
    """Tests of all pairs on their common cases; shape (n_candidates, n_candidates), symmetric."""

    p_adjusted: "NDArray[np.float64]"
    """Two-sided p-values, adjusted by Holm over all tested pairs; NaN where two share too little."""
    n_differing: "NDArray[np.int64]"
    """Number of families that only one of the two has right, where all answers are right or wrong and McNemar's
    test was made; otherwise `BY_STUDENTS_T` or `BY_SIGN_FLIPS`.
    """
    n_tests: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaskStanding:
    """Results of the candidates on a task; arrays have shape (n_candidates,) unless they say so, NaN where unknown."""

    task: str
    n_cases: int
    """Number of cases of the task that any candidate was measured on."""
    n_measured: "NDArray[np.int64]"
    """Number of cases that each candidate was measured on."""
    quality: "NDArray[np.float64]"
    """Expected quality on all cases of the task: adjusted for the cases not asked, shrunk towards the overall."""
    quality_se: "NDArray[np.float64]"
    difference: "NDArray[np.float64]"
    """Row minus column on their common cases, shape (n_candidates, n_candidates)."""
    difference_se: "NDArray[np.float64]"
    n_pairs: "NDArray[np.int64]"
    """Common families behind a difference; below 6 no pair is told apart. On the diagonal: the families of each."""
    latency_s: "NDArray[np.float64]"
    """Quantiles at 0, .01 … 1, shape (n_candidates, 101)."""
    n_timed: "NDArray[np.int64]"
    cost_usd: "NDArray[np.float64]"
    """Mean per answer."""
    cost_se: "NDArray[np.float64]"
    energy_j: "NDArray[np.float64]"
    energy_se: "NDArray[np.float64]"
    lowest: float = 0.0
    """Lower bound of quality on this task, as far as is known."""
    highest: float = 1.0
    n_cached: "NDArray[np.int64] | None" = None
    """Answers of each to prompts that servers had, or may have had, in their caches, which are not timed. None: no
    answers.
    """
    levels: Levels | None = None
    """None where only expectations are known."""
    tests: PairTests | None = None
    """Tests of the qualities alone; None where they were not made."""

    @property
    def is_fraction(self) -> bool:
        """True if quality is a share, to be shown in percent and points."""
        return self.lowest == 0 and self.highest == 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scoreboard(ShownInNotebooks):
    """Results of all candidates on all tasks, from one state of the evidence."""

    candidates: tuple[Choosable, ...]
    standings: Mapping[str, TaskStanding]
    overall: TaskStanding
    """Results over all tasks, each task counting alike; for a question that names no task."""
    fingerprint: str
    """Fingerprint of the evidence."""
    PAGES: ClassVar[str] = "selection.pages.notebook"

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per task and candidate measured on it.

        Columns: `task`, `candidate`, `model` and `not_ready` (`string`), `n_cases` (`Int64`), `quality`, `quality_se`,
        `latency_s` (the 95th percentile), `cost_usd` and `energy_j` (`float64`).
        """
        columns = {"task": TEXT, "candidate": TEXT, "model": TEXT, "not_ready": TEXT, "n_cases": WHOLE}
        columns |= dict.fromkeys(("quality", "quality_se", "latency_s", "cost_usd", "energy_j"), REAL)
        rows = [row for standing in self.standings.values() for row in self._rows(standing)]
        return frame(rows, columns)

    def _rows(self, standing: TaskStanding) -> Iterator[dict[str, object]]:
        for place, candidate in enumerate(self.candidates):
            if standing.n_measured[place]:
                yield {
                    "task": standing.task,
                    "candidate": candidate.label,
                    "model": candidate.model,
                    "not_ready": candidate.not_ready,
                    "n_cases": int(standing.n_measured[place]),
                    "quality": standing.quality[place],
                    "quality_se": standing.quality_se[place],
                    "latency_s": standing.latency_s[place, 95],
                    "cost_usd": standing.cost_usd[place],
                    "energy_j": standing.energy_j[place],
                }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Deviations:
    """Deviations of candidates from their mean on the task for one prompt; shape (n_candidates,), 0 if unknown."""

    value: "NDArray[np.float64]"
    se: "NDArray[np.float64]"
    told: "NDArray[np.float64] | None" = None
    """Knots that calibrate an expectation, see `selection.choosing.calibrated_quality`; None: not calibrated."""


class Predictor(Protocol):
    """Interface of a trained selection model for serving."""

    @property
    def version(self) -> str:
        """Name of the decider, such as `ridge 7 (3f2a9c)`."""
        ...

    def deviations(self, task: str | None, prompt: str, keys: tuple[str, ...]) -> Deviations | None:
        """Return the deviations of the candidates with these keys, in order; None where the task is unknown."""
        ...

    def task_shares(self, prompt: str) -> Mapping[str, float] | None:
        """Return the probability of each task for the prompt; None where it cannot be determined."""
        ...

    def as_of(self, evidence: Evidence) -> "Predictor":
        """Return the model restricted to what this evidence supports."""
        ...

    def notes_on(self, task: str | None) -> tuple[str, ...]:
        """Return notes on the model for the reader of an answer for a prompt."""
        ...
