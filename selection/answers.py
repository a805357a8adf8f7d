"""Result types of a recommendation: the candidate, its alternatives, expectations, and what was ruled out."""

from dataclasses import dataclass
from datetime import datetime

from evaluation.records.evidence import Choosable


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What may be expected, with a 95 % interval where there is one, and on how many cases that rests."""

    value: float
    low: float | None
    high: float | None
    n_cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPart:
    """What a candidate reached on one benchmark; where no task was asked for, on one task."""

    name: str
    value: float | None
    """None: it was not asked any case of it."""
    n_cases: int
    n_answers: int
    """More than cases where some were asked several times."""
    of_n_cases: int
    """That anybody was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredQuality:
    """What a candidate reached on the cases that it was asked: a fact, from which what is expected of it may differ."""

    value: float
    """The mean over cases, cases of one family counting as one; over all tasks the mean of its tasks' means."""
    n_cases: int
    parts: tuple[MeasuredPart, ...]
    """The benchmarks of the task; where no task was asked for, the tasks."""
    over_tasks: bool
    """Whether it is a mean over tasks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustments:
    """What makes the expected quality another number than the measured one: the three add up to the difference."""

    n_filled_in: int
    """Cases that others were asked and it was not; where no task was asked for, tasks."""
    filled_in: float
    """What these add, filled in from what others made of them."""
    other_tasks: float
    """What its results on other tasks add: where few cases say little, it is pulled towards what it does elsewhere."""
    prompt: float | None
    """What a selection model adds for the prompt; None: none looked at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A feasible candidate with what may be expected of it."""

    candidate: Choosable
    utility: float
    """In points (hundredths of quality), as `Weights` says."""
    quality: Expected
    """What may be expected on all of the task's cases, or of the prompt; `measured` is what it rests on."""
    latency_s: Expected | None
    """At the percentile that was asked for."""
    cost_per_1k: Expected | None
    """US dollars for 1,000 answers."""
    energy_j: Expected | None
    memory_gb: float | None
    is_tied: bool
    """It cannot be told from the best."""
    is_pareto: bool
    """No other feasible candidate is at least as good in everything and better in something."""
    measured: MeasuredQuality | None = None
    adjustments: Adjustments | None = None
    """Why `quality` is another number than `measured`; None where nothing was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A candidate that was ruled out."""

    candidate: Choosable
    constraint: str
    """The constraint's name, or `not_ready`, `not_measured`."""
    reason: str
    """In words, with the value and the limit."""
    value: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What the newest outcomes say of a candidate on a task. They move no ranking, and are told beside it."""

    n_outcomes: int
    n_ok_known: int
    """Of these, how many said whether the answer was useful."""
    ok_share: float | None
    """Of those the share that was; None where none said so."""
    quality: float | None
    """Mean of those reported."""
    p_value: float | None
    """Of the test whether they are worse than what is expected; None: too few prompts."""
    contradicts: bool
    """They are worse than what is expected, beyond chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """A candidate ready to call, or the reason why none is named."""

    id: str
    task: str | None
    candidate: Choosable | None
    """None: it abstained."""
    quality: Expected | None
    """What may be expected; `measured` is what it rests on."""
    latency_s: Expected | None
    cost_per_1k: Expected | None
    energy_j: Expected | None
    memory_gb: float | None
    reason: str
    """In words, with numbers."""
    alternatives: tuple[Ranked, ...]
    """The other feasible candidates, best first."""
    pareto: tuple[str, ...]
    """Labels of the feasible candidates that no other one beats in everything."""
    tied: tuple[str, ...]
    """Labels of those that cannot be told from the best, with it; one alone is no tie."""
    removed: tuple[Removed, ...]
    n_cases: int
    """Cases of the task behind the expected quality."""
    decided_by: str
    """`rules`, `scoreboard`, or the version of the selection model."""
    notes: tuple[str, ...]
    """What the reader should know: a store that is away, a model file that was refused, evidence that is thin."""
    created_at: datetime
    measured: MeasuredQuality | None = None
    adjustments: Adjustments | None = None
    """Why `quality` is another number than `measured`; None where nothing was measured."""
    reported: Reported | None = None
    """What came of it when it was named before; None: nothing was reported."""
    tested_by: str | None = None
    """The test that compared the best with the others: `exact McNemar over all measured runs, Holm over 6 pairs`; None
    where there was nobody to hold it against."""

    @property
    def abstained(self) -> bool:
        """True where no candidate is named."""
        return self.candidate is None
