"""Results of an evaluation: the invocation, its runs, their candidates, and each candidate's metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from evaluation.errors import ConfigurationError, FailureKind, UnknownNameError
from evaluation.metrics.class_table import ClassTable
from evaluation.records import AnnotationRecord, Status
from evaluation.results.as_json import MERGED, json_key
from evaluation.results.estimates import MetricEstimate
from evaluation.results.frames import REAL, TEXT, WHOLE, Row, columns_of, frame, row_of
from evaluation.results.rendering import ShownInNotebooks

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One sign of a fault."""

    kind: str
    """`near_chance`, `zero_variance`, `extraction_failed`, `empty_answers`, `cut_answers`, `too_many_slots`,
    `score_failures` or `no_number`."""
    metric: str | None
    candidate: str | None
    """None: all of them."""
    share: float | None
    """Of the answers or scores, in [0, 1]; None for an alarm that counts none."""
    n: int
    """How many answers or scores it is about; for `near_chance` and `zero_variance`, how many cases."""
    message: str
    """What it is and what to do next."""
    about_baseline: bool = False
    """True for a baseline, which fails in ways of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureExample:
    """One outcome that failed."""

    candidate: str
    """Label of the candidate."""
    case_id: str
    repeat: int
    """Which asking of the case, from 0."""
    message: str | None
    """What the server or the client said."""
    n_attempts: int
    """Requests that were sent for it."""
    endpoint: str
    """Name of the server that was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureSummary:
    """One kind of failure in a run."""

    kind: FailureKind
    is_own: bool = field(metadata=json_key("own"))
    """True: the candidate's own failure, scored as an empty answer; False: the server's, not scored."""
    n: int
    """Outcomes of the run that failed so."""
    by_candidate: Mapping[str, int]
    """How many of them each candidate had, by its label."""
    example: FailureExample | None
    """The first of them; None where it was answered meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuResult:
    """One GPU over a whole invocation. None: the card never said."""

    endpoint: str
    """Name of the server whose machine has it."""
    gpu_index: int
    """Its number on that machine, from 0."""
    gpu_name: str = field(metadata=json_key("gpu"))
    """As the driver calls it."""
    n_samples: int
    first_at: datetime
    """Moment of the first sample."""
    last_at: datetime
    """Moment of the last sample."""
    utilisation_mean: float | None
    """Share of time in which it was busy, in [0, 1]."""
    utilisation_peak: float | None
    """The greatest share in one sample, in [0, 1]."""
    memory_peak_bytes: int | None
    """The most memory in use, by whomever."""
    memory_total_bytes: int | None
    power_mean_w: float | None
    """Watts drawn."""
    power_peak_w: float | None
    """Watts drawn in the greatest sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyResult:
    """Joules of a candidate's answers, as far as they were measured."""

    n_answers: int = field(metadata=json_key("n"))
    """Answers whose energy was measured."""
    total_j: float
    """Joules of all of them together."""
    mean_j: float
    """Joules of one answer, on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricMean(MetricEstimate):
    """A metric's value for a run: its mean over cases, or what it computes from all cases together."""

    signature: str
    """The metric with its options and its scorer's version, by which the cases were scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricResult:
    """What a candidate reached on a metric: the mean, and other quantities of the same metric beside it."""

    mean: MetricMean | None = field(metadata=MERGED)
    """None where there is no value, but another quantity."""
    quantities: Mapping[str, MetricEstimate] = field(metadata=MERGED)
    """By name: `mean_with_failures_as_zero`, `strict`, `flexible`, `p50`, `p95`, `total`, `cached_prompts`, …"""

    @property
    def value(self) -> float | None:
        """The mean, in the metric's unit; None where there is none."""
        return None if self.mean is None else self.mean.value

    @property
    def low(self) -> float | None:
        """Lower end of the mean's 95 % interval; None where there is no interval."""
        return None if self.mean is None else self.mean.low

    @property
    def high(self) -> float | None:
        """Upper end of the mean's 95 % interval; None where there is no interval."""
        return None if self.mean is None else self.mean.high

    @property
    def signature(self) -> str | None:
        """Signature of the metric that the mean is of; None where there is no mean."""
        return None if self.mean is None else self.mean.signature


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateResult:
    """One candidate of a run: what it was, what became of its cases, and its metrics."""

    label: str = field(metadata=json_key("candidate"))
    """What it is called; no two of a run are called the same."""
    model: str
    """Name of the weights at the provider."""
    digest: str | None
    """Hash of the weights; None: unverified."""
    fingerprint: str
    """Hash of all that can change its answers."""
    options: Mapping[str, object]
    """Effective options: the candidate's over the benchmark's over the defaults."""
    endpoint: str
    """Name of the server that it was planned for."""
    endpoint_url: str
    provider: str
    """The wire protocol: one of those that `--provider` takes."""
    server_version: str | None
    status: Status
    given_up_reason: str | None = field(metadata=json_key("given_up"))
    """Why it was given up; None: it was not."""
    n_cases: int
    """Cases of the run."""
    n_ok: int
    """Answers, the candidate's own failures among them: all that is scored."""
    n_failed: int
    """Failures of the server: counted, never scored."""
    n_reused: int
    """Outcomes taken from earlier runs, which are in no timing figure."""
    n_cached: int
    """Answers to prompts that a server had, or may have had, in its cache."""
    vram_share: float | None
    """The least share of the model that was in the GPU's memory, in [0, 1]; None: no server said so."""
    failures: Mapping[str, int]
    """Failures of the server, by kind."""
    own_failures: Mapping[str, int]
    """The candidate's own failures, by kind."""
    metrics: Mapping[str, MetricResult]
    """By the metric's word, as in `RunResult.metrics`; figures of speed, energy and cost beside them."""
    details: Mapping[str, object]
    """What else its server said: quantisation, context length, warnings."""
    score_failures: Mapping[str, Mapping[str, int]]
    """Failed scores, by the metric's word, then by kind."""
    n_scored: Mapping[str, int]
    """Answers that have a score, by the metric's word."""
    endpoints: Mapping[str, int] | None
    """Outcomes that each server of a pool gave; None where there was but one server."""
    energy: EnergyResult | None
    """None where it was not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult(ShownInNotebooks):
    """One run: a benchmark asked of candidates. Numbers are not rounded."""

    run_id: str
    invocation_id: str
    status: Status
    reason: str | None
    """Why it failed or was cancelled."""
    benchmark: str
    """Name of the benchmark."""
    benchmark_version: str
    """Hash of the benchmark's cases, prompt and metrics."""
    task_type: str | None
    """None where the store no longer has the benchmark."""
    headline: str
    """Word of the metric that ranks the candidates."""
    metrics: Mapping[str, str]
    """Signatures of the metrics, by the words under which their numbers stand."""
    alarms: tuple[Alarm, ...]
    """Signs that the measuring is at fault: those about all candidates first."""
    seed: int
    n_repeats: int = field(metadata=json_key("repeats"))
    """How often each case was asked."""
    limit: int | None
    """How many cases were asked for at most; None: all."""
    n_cases: int
    """Cases that were chosen."""
    code_version: str
    """Version of this program that planned the run."""
    tags: tuple[str, ...]
    started_at: datetime | None
    finished_at: datetime | None
    flow_run_ids: tuple[str, ...]
    """Prefect's flow runs that worked on it."""
    gpus: tuple[GpuResult, ...] = field(metadata=json_key("gpu"))
    """Of the whole invocation; empty where none was sampled."""
    judging: tuple[str, ...]
    """Whether its judges agree, and what they look at beside the answers: a sentence each; empty without judges."""
    candidates: tuple[CandidateResult, ...]
    """In the order in which they were planned."""

    def candidate(self, label: str) -> CandidateResult:
        """Return the candidate of that label.

        Raises:
            UnknownNameError: there is none.
        """
        for candidate in self.candidates:
            if candidate.label == label:
                return candidate
        raise UnknownNameError("candidate", label, [candidate.label for candidate in self.candidates])

    def to_frame(self) -> "pd.DataFrame":
        """Return a row a candidate, as `InvocationResult.to_frame` does for all runs."""
        return _candidates_frame([self])


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInFull:
    """A run with what `show` has beyond its results."""

    run: RunResult = field(metadata=MERGED)
    failures: tuple[FailureSummary, ...] = field(metadata=json_key("failure_examples"))
    """The server's first, then the most frequent."""
    classes: Mapping[str, ClassTable]
    """Classes and confusion matrix of each candidate, by its label; empty where no metric notes the classes."""
    experiments: tuple[str, ...]
    """Names of the experiments that the run belongs to."""
    annotations: tuple[AnnotationRecord, ...]
    """What people noted on the run and its cases."""
    case_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationResult(ShownInNotebooks):
    """The runs of one invocation, which were planned together."""

    status: Status
    """The worst of its runs'."""
    invocation_id: str
    runs: tuple[RunResult, ...]
    """One a benchmark, in the order in which they were asked for."""

    @property
    def run(self) -> RunResult:
        """The only run, of an invocation with one benchmark.

        Raises:
            ConfigurationError: there are several, or none.
        """
        if len(self.runs) != 1:
            names = ", ".join(run.benchmark for run in self.runs) or "none"
            raise ConfigurationError(f"the invocation has {len(self.runs)} runs: {names}", "Take one of its `runs`.")
        return self.runs[0]

    def to_frame(self) -> "pd.DataFrame":
        """Return a row a run and candidate.

        Columns: `run_id`, `benchmark` and `candidate`, then the fields of `CandidateResult` that hold one value, and
        `options` as JSON, with the dtypes of `evaluation.results.frames`; then for each metric its word, `WORD low` and
        `WORD high` (`float64`) and `WORD n` (`Int64`), and for each other quantity of it `WORD QUANTITY` (`float64`).
        """
        return _candidates_frame(self.runs)


def _candidates_frame(runs: Sequence[RunResult]) -> "pd.DataFrame":
    fixed = {"run_id": TEXT, "benchmark": TEXT, "candidate": TEXT}
    of_candidates = columns_of(CandidateResult, leaving_out=("label",))
    rows, of_metrics = [], dict[str, str]()
    for run in runs:
        for candidate in run.candidates:
            about = {"run_id": run.run_id, "benchmark": run.benchmark, "candidate": candidate.label}
            numbers: dict[str, object] = {}
            for word, result in candidate.metrics.items():
                numbers |= _numbers(word, result)
                of_metrics |= {name: WHOLE if name == f"{word} n" else REAL for name in _numbers(word, result)}
            rows.append({**about, **row_of(candidate, (*of_candidates, "options")), **numbers})
    return frame(rows, {**fixed, **of_candidates, "options": TEXT, **of_metrics})


def _numbers(word: str, result: MetricResult) -> Row:
    """Return the cells of a metric: its mean first."""
    mean = result.mean
    cells: dict[str, object] = (
        {}
        if mean is None
        else {word: mean.value, f"{word} low": mean.low, f"{word} high": mean.high, f"{word} n": mean.n_cases}
    )
    return cells | {f"{word} {name}": estimate.value for name, estimate in result.quantities.items()}
