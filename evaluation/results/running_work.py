"""What runs now: frozen dataclasses for whoever watches."""

from dataclasses import dataclass
from datetime import datetime

from evaluation.records.runs import RunSummary
from evaluation.results.estimates import MetricEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCandidate:
    """A candidate of a run under way."""

    run_candidate_id: int
    run_id: str
    benchmark: str
    label: str
    model: str
    options: str
    """Its options in words, `temperature=0.2, num_ctx=4096`."""
    endpoint: str
    status: str
    n_planned: int
    n_ended: int
    n_failed: int
    """Failures of the server, and the candidate's own."""
    metric: str
    """The headline of its run."""
    mean: MetricEstimate | None
    """Mean of the headline so far; None: nothing is scored yet."""
    is_final: bool
    """Whether the mean is over all cases."""
    is_best: bool
    """Whether no other candidate of the run has a better mean now, which is no test of the difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnswer:
    """An answer that was stored lately."""

    run_id: str
    case_id: str
    repeat: int
    """Counted from 0."""
    label: str
    benchmark: str
    text: str
    """What is shown of it first, or why there is none."""
    is_failure: bool
    seconds: float | None
    n_tokens: int | None
    finished_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuNow:
    """A GPU of a server at work."""

    endpoint: str
    name: str
    utilisation: float | None
    """Share of the last second or so, in [0, 1]."""
    memory_used_bytes: int | None
    memory_total_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningWork:
    """An invocation that is under way."""

    invocation_id: str
    runs: tuple[RunSummary, ...]
    flow_run_id: str | None
    """The Prefect flow run that works on it; None where it is not stored yet."""
    candidates: tuple[RunningCandidate, ...]
    n_planned: int
    n_ended: int
    answers_per_s: float | None
    """Pace of the newest answers; None before there are two."""
    left_s: float | None
    answers: tuple[NewAnswer, ...]
    """The newest ones, the newest first."""
    gpus: tuple[GpuNow, ...]

    @property
    def at_work(self) -> tuple[RunningCandidate, ...]:
        """The candidates that are asked now, each once though it has several benchmarks to go."""
        running = [each for each in self.candidates if each.status == "running" and each.n_ended < each.n_planned]
        return tuple({(each.label, each.endpoint): each for each in reversed(running)}.values())[::-1]

    @property
    def stage(self) -> str:
        """What is done now: waiting, answering, or scoring what was answered."""
        if not self.n_ended and not self.at_work:
            return "waiting to begin"
        return "answering" if self.n_ended < self.n_planned else "scoring"
