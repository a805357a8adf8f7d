"""Value types of monitoring: figures of a candidate over time, from evaluations and from production."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import fmean, median
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from evaluation.store.monitored import LiveCall

Source = Literal["evaluation", "live"]
Quantity = Literal["duration_s", "success", "tokens", "tokens_per_s", "call_tokens_per_s", "quality", "energy_j"]
QUANTITIES: Mapping[Quantity, str] = {
    "duration_s": "median duration",
    "success": "success rate",
    "tokens": "mean tokens a call",
    "tokens_per_s": "median output tokens a second after the first",
    "call_tokens_per_s": "median output tokens for each second of a call",
    "quality": "quality",
    "energy_j": "mean joules an answer",
}
"""Quantities that are followed over time, with their descriptions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Conditions that figures may depend on apart from chance. None if unknown."""

    model: str | None = None
    """Digest of the weights."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """What else a pipeline rests on, with its identity: weights of other models, its corpus, its version."""
    judge: str | None = None
    """Signature of the headline metric, which includes its judge's weights."""
    server: str | None = None
    """Version of the server."""
    endpoint: str | None = None
    slots: int | None = None
    """Concurrent requests."""
    prompts: str | None = None
    """Cache states of the prompts whose answers were timed."""
    cases: str | None = None
    """Which cases of the benchmark were asked: `all`, `50 by seed 7`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Figures of a candidate at one time: a run, or a period of calls in production. None if unknown."""

    at: datetime
    n: int
    """Calls made."""
    n_ok: int
    n_not_asked: int = 0
    """Calls that were planned and not made, since the candidate was given up."""
    failures: Mapping[str, int] = field(default_factory=dict)
    duration_s: float | None = None
    n_timed: int = 0
    tokens: float | None = None
    n_counted: int = 0
    """Calls with known token counts."""
    tokens_per_s: float | None = None
    """Rate after the first token; known only for servers that report generation time."""
    call_tokens_per_s: float | None = None
    """Rate over the whole call, including waiting and prompt: all that is known of calls in production."""
    n_cached: int = 0
    """Number of answers to prompts that a server had, or may have had, in its cache."""
    energy_j: float | None = None
    quality: float | None = None
    run_id: str | None = None
    row_id: int | None = None
    begun_at: datetime | None = None
    """Begin of a period of calls, where `at` is that of its last one."""
    ended_at: datetime | None = None
    given_up: str | None = None
    is_complete: bool = True
    is_baseline: bool = False
    """True if a person tagged it as a baseline."""
    setting: Setting = Setting()

    @property
    def success(self) -> float | None:
        """The share of calls that got an answer."""
        return self.n_ok / self.n if self.n else None

    def value(self, quantity: Quantity) -> float | None:
        """Return one of the monitored quantities."""
        number: float | None = getattr(self, quantity)
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One candidate on one task, over time."""

    source: Source
    task: str
    candidate: str
    benchmark: str | None = None
    benchmark_version: str | None = None
    headline: str | None = None
    points: tuple[Point, ...]
    """Oldest first; at least one."""
    usual: Point | None = None
    """Days of live traffic before the newest hours."""

    @property
    def what(self) -> str:
        """The benchmark, or the task in production."""
        return self.benchmark if self.benchmark is not None else f"{self.task} (live)"

    @property
    def about(self) -> str:
        """Its unique name, for the identity of an alert."""
        version = "" if self.benchmark_version is None else f"@{self.benchmark_version[:12]}"
        return f"{self.source} · {self.task} · {self.benchmark or ''}{version} · {self.candidate}"

    @property
    def name(self) -> str:
        """Its display name."""
        return f"{self.candidate} on {self.what}"


def point_of_live(calls: "Sequence[LiveCall]") -> Point:
    """Return the figures of calls in production; at least one call."""
    ok = [call for call in calls if call.error is None]
    failures: dict[str, int] = {}
    for call in calls:
        if call.error is not None:
            failures[call.error] = failures.get(call.error, 0) + 1
    tokens = [float(call.tokens) for call in calls if call.tokens is not None]
    rates = [call.output_tokens / call.duration_s for call in ok if call.output_tokens and call.duration_s > 0]
    return Point(
        at=calls[-1].started_at,
        begun_at=calls[0].started_at,
        n=len(calls),
        n_ok=len(ok),
        failures=failures,
        duration_s=median_of([call.duration_s for call in ok]),
        n_timed=len(ok),
        tokens=mean_of(tokens),
        n_counted=len(tokens),
        call_tokens_per_s=median_of(rates),
    )


def median_of(values: Sequence[float]) -> float | None:
    """Return the median; None: there are no values."""
    return float(median(values)) if values else None


def mean_of(values: Sequence[float]) -> float | None:
    """Return the mean; None: there are no values."""
    return fmean(values) if values else None
