"""What a question for the right candidate is answered with."""

from dataclasses import dataclass
from datetime import datetime

from evaluation.evidence import Choosable


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What may be expected, with a 95 % interval where there is one, and on how many cases that rests."""

    value: float
    low: float | None
    high: float | None
    n_cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A feasible candidate with what may be expected of it."""

    candidate: Choosable
    utility: float
    """In points (hundredths of quality), as `Weights` says."""
    quality: Expected
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
class Recommendation:
    """A candidate ready to call, or the reason why none is named."""

    id: str
    task: str | None
    candidate: Choosable | None
    """None: it abstained."""
    quality: Expected | None
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

    @property
    def abstained(self) -> bool:
        """True where no candidate is named."""
        return self.candidate is None
