"""What became of a retraining, and what the training found: as it is shown, and stored with a selection model."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.formatting import percent, points

BEST_PER_TASK = "best_per_task"
"""Kind of a model by which the best candidate on a task is named whatever the prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GainResult:
    """How much better one way of choosing did than another, in the unit of quality."""

    value: float
    low: float | None
    """None where there is no interval."""
    high: float | None
    n_cases: int
    n_families: int
    confidence_level: float = 0.95

    @property
    def is_real(self) -> bool:
        """True if the whole interval is above zero."""
        return self.low is not None and self.low > 0

    @property
    def is_loss(self) -> bool:
        """True if the whole interval is below zero."""
        return self.high is not None and self.high < 0

    def in_points(self) -> str:
        """Return text such as `+1.20 points [0.31, 2.09]`; a point is a hundredth."""
        level = "" if self.confidence_level == 0.95 else f" at {percent(self.confidence_level)}"
        low, high = -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high
        interval = f"[{points(low, digits=2)}, {points(high, digits=2)}]"
        return f"{points(self.value, digits=2, signed=True)} points {interval}{level}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapKept:
    """Result of choosing under a cap on the mean cost: each task's median of the candidates."""

    n_cases: int
    n_violations: int
    """Number of cases with a named candidate whose training estimate is above the cap."""
    held_out_over_cap: float
    """Mean cost of the held-out answers divided by the mean of their caps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutReport:
    """How a model did on families that nothing was learned from; qualities are means over the cases."""

    n_cases: int
    n_families: int
    model: float
    best_single: float
    best_per_task: float
    oracle: float
    """Were the best answer's candidate named each time."""
    over_single: GainResult
    over_best_per_task: GainResult
    oracle_share: float | None
    """Share of the way from the best single candidate to the oracle; None where the two are equal."""
    regret: float
    """Oracle minus model."""
    top_1: float
    """Share of cases whose best answer the named candidate gave."""
    calibration_error: float | None
    """Calibration error of all expectations; None where qualities are no fractions."""
    cap: CapKept | None
    """None where no costs are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReport:
    """What was learned on a task."""

    task: str
    learner: str
    """Which decides there; `best_per_task`: the best candidate is named whatever the prompt."""
    n_cases: int
    n_families: int
    reason: str
    shrink: float
    """Factor on its deviations; 0: prompts say nothing here."""
    gains: Mapping[str, GainResult]
    """Of each learner over the best per task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReport:
    """What a training found."""

    learner: str
    """Which decides; `best_per_task` where none gained."""
    reason: str
    n_cases: int
    """Number of cases learned from."""
    n_families: int
    learners: Mapping[str, GainResult]
    """Of each learner over the best per task, on all tasks."""
    tasks: tuple[TaskReport, ...]
    held_out: HeldOutReport | None
    """None where no family could be held out."""

    @property
    def rows(self) -> tuple[TaskReport, ...]:
        """Each task, and all of them together."""
        together = TaskReport(
            task="all tasks",
            learner=self.learner,
            n_cases=self.n_cases,
            n_families=self.n_families,
            reason=self.reason,
            shrink=0.0,
            gains=self.learners,
        )
        return (*self.tasks, together)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraining:
    """Result of a retraining: whether a selection model was trained, and whether it decides now."""

    decision: str
    """`promoted`, `kept` (trained, but the previous one still decides) or `not trained`."""
    sentence: str
    """The decision with its reason as text."""
    reason: str
    notes: tuple[str, ...]
    model_id: str | None
    """Id of the trained model; None: none was trained."""
    model: str | None
    """Kind and version of the trained model."""
    champion_id: str | None
    """Id of the model that decides now; None: the scoreboard decides alone."""
    report: TrainingReport | None
    """Report of the held-out test; None: no model was trained."""
    evidence_fingerprint: str
    n_rows: int
    """Number of scored answers."""
    n_new_rows: int
    """Number of scored answers that are new since the last training of a model."""
    n_outcomes: int
    """Number of outcomes reported since then."""
