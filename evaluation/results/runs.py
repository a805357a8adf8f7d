"""Results of an evaluation: the invocation, its runs, their candidates, and each candidate's metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.metrics.classification import ClassTable
from evaluation.records.experiments import AnnotationRecord
from evaluation.records.indexes import IndexRecord
from evaluation.records.status import Status
from evaluation.results.as_json import MERGED, OMITTED_IF_EMPTY, json_key
from evaluation.results.estimates import MetricEstimate
from evaluation.results.failures import FailureSummary
from evaluation.results.frames import REAL, TEXT, WHOLE, Row, ShownInNotebooks, columns_of, frame, row_of
from evaluation.results.levels import LevelResult
from evaluation.results.stages import StageTotal
from evaluation.retrieval.left_out import CorpusSummary

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A sign of a fault in the measurement."""

    kind: str
    """`near_chance`, `zero_variance`, `extraction_failed`, `empty_answers`, `cut_answers`, `too_many_slots`,
    `passages_left_out`, `nothing_found`, `same_search`, `no_signal`, `score_failures` or `no_number`."""
    metric: str | None
    candidate: str | None
    """None for all candidates."""
    share: float | None
    """Share of answers or scores affected, in [0, 1]; None for an alarm without a count."""
    n: int
    """Number of answers or scores affected; for `near_chance` and `zero_variance`, number of cases."""
    message: str
    """Description with the next step to take."""
    about_baseline: bool = False
    """True for a baseline, which fails in ways of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuResult:
    """One GPU during a whole invocation. None if the card never reported a value."""

    endpoint: str
    """Name of the server on the GPU's machine."""
    gpu_index: int
    """Index on that machine, from 0."""
    gpu_name: str = field(metadata=json_key("gpu"))
    """Name reported by the driver."""
    n_samples: int
    first_at: datetime
    """Time of the first sample."""
    last_at: datetime
    """Time of the last sample."""
    utilisation_mean: float | None
    """Mean share of time in which it was busy, in [0, 1]."""
    utilisation_peak: float | None
    """Greatest share in a single sample, in [0, 1]."""
    memory_peak_bytes: int | None
    """Largest memory in use by all processes."""
    memory_total_bytes: int | None
    power_mean_w: float | None
    """Mean power in watts."""
    power_peak_w: float | None
    """Largest power of a single sample, in watts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyResult:
    """Energy in joules of a candidate's answers, as far as measured."""

    n_answers: int = field(metadata=json_key("n"))
    """Answers whose energy was measured."""
    total_j: float
    """Total joules of these answers."""
    mean_j: float
    """Mean joules per answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricMean(MetricEstimate):
    """A metric's value for a run: its mean over cases, or a value computed from all cases together."""

    signature: str
    """The metric with its options and its scorer's version, as used for scoring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricResult:
    """A candidate's result on a metric: the mean, and other quantities of the same metric."""

    mean: MetricMean | None = field(metadata=MERGED)
    """None if there are only other quantities."""
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
    """One candidate of a run with its counts and metrics."""

    label: str = field(metadata=json_key("candidate"))
    """Name of the candidate, unique within the run."""
    model: str
    """Name of the model at the provider."""
    digest: str | None
    """Hash of the weights; None if unverified."""
    fingerprint: str
    """Hash of everything that can change its answers."""
    options: Mapping[str, object]
    """Effective options: those of the candidate override the benchmark's, which override the defaults."""
    endpoint: str
    """Name of the server assigned in planning."""
    endpoint_url: str
    provider: str
    """The wire protocol: one of the values of `--provider`."""
    server_version: str | None
    status: Status
    given_up_reason: str | None = field(metadata=json_key("given_up"))
    """Why it was given up; None if it was not."""
    n_cases: int
    """Cases of the run."""
    n_ok: int
    """Answers, including the candidate's own failures: all that is scored. `n_answered` leaves those out."""
    n_failed: int
    """Failures of the server: counted, never scored."""
    n_reused: int
    """Outcomes taken from earlier runs, which are excluded from every timing figure."""
    n_cached: int
    """Number of answers to prompts that a server had, or may have had, in its cache."""
    vram_share: float | None
    """Least share of the model in GPU memory, in [0, 1]; None if no server reported it."""
    failures: Mapping[str, int]
    """Failures of the server, by kind."""
    own_failures: Mapping[str, int]
    """The candidate's own failures, by kind."""
    metrics: Mapping[str, MetricResult]
    """Results by the metric's name, as in `RunResult.metrics`; includes figures of speed, energy and cost."""
    details: Mapping[str, object]
    """Further details from its server: quantisation, context length, warnings."""
    score_failures: Mapping[str, Mapping[str, int]]
    """Failed scores, by the metric's word, then by kind."""
    n_scored: Mapping[str, int]
    """Answers with a score, by the metric's name."""
    endpoints: Mapping[str, int] | None
    """Outcomes by server of a pool; None for a single server."""
    energy: EnergyResult | None
    """None if not measured."""
    stages: tuple[StageTotal, ...] = field(default=(), metadata=OMITTED_IF_EMPTY)
    """Where the time and the tokens of its pipeline go, in the order in which it asks; empty without a pipeline."""

    @property
    def n_own_failed(self) -> int:
        """Its own failures, which are among `n_ok` since they are scored."""
        return sum(self.own_failures.values())

    @property
    def n_answered(self) -> int:
        """Answers without its own failures."""
        return self.n_ok - self.n_own_failed


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult(ShownInNotebooks):
    """One run: a benchmark asked of candidates. Values are not rounded."""

    run_id: str
    invocation_id: str
    status: Status
    reason: str | None
    """Why the run failed or was cancelled."""
    benchmark: str
    """Name of the benchmark."""
    benchmark_version: str
    """Hash of the benchmark's cases, prompt and metrics."""
    task_type: str | None
    """None if the benchmark is no longer stored."""
    headline: str
    """Name of the metric that ranks the candidates."""
    metrics: Mapping[str, str]
    """Signatures of the metrics, by the names used for their values."""
    alarms: tuple[Alarm, ...]
    """Signs of faults in the measurement: those about all candidates first."""
    seed: int
    n_repeats: int = field(metadata=json_key("repeats"))
    """Repeats of each case."""
    limit: int | None
    """Requested limit of cases; None for all."""
    n_cases: int
    """Number of selected cases."""
    code_version: str
    """Version of the program that planned the run."""
    tags: tuple[str, ...]
    started_at: datetime | None
    finished_at: datetime | None
    flow_run_ids: tuple[str, ...]
    """Prefect's flow runs that worked on it."""
    gpus: tuple[GpuResult, ...] = field(metadata=json_key("gpu"))
    """GPUs of the whole invocation; empty if none was sampled."""
    judging: tuple[str, ...]
    """Sentences on the agreement and the biases of its judges; empty without judges."""
    candidates: tuple[CandidateResult, ...]
    """Candidates in the order of planning."""
    corpora: tuple[CorpusSummary, ...] = field(default=(), metadata=OMITTED_IF_EMPTY)
    """What was read of each corpus when the run began, and what was left out; empty where nothing is searched."""
    indexes: tuple[IndexRecord, ...] = field(default=(), metadata=OMITTED_IF_EMPTY)
    """The indexes that were searched, with the texts and tokens that were embedded for them by whichever run."""

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
        """Return a data frame with one row per candidate, as `InvocationResult.to_frame` does for all runs."""
        return _candidates_frame([self])

    def stages_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per candidate and stage of its pipeline, without rows where none has one.

        Columns: `run_id`, `benchmark` and `candidate`, then the fields of `StageTotal`, with the dtypes of
        `evaluation.results.frames`.
        """
        columns = columns_of(StageTotal)
        about = {"run_id": self.run_id, "benchmark": self.benchmark}
        rows = [
            {**about, "candidate": candidate.label, **row_of(stage, columns)}
            for candidate in self.candidates
            for stage in candidate.stages
        ]
        return frame(rows, {"run_id": TEXT, "benchmark": TEXT, "candidate": TEXT, **columns})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInFull:
    """A run with the further details that `show` displays."""

    run: RunResult = field(metadata=MERGED)
    failures: tuple[FailureSummary, ...] = field(metadata=json_key("failure_examples"))
    """Failures of the server first, then by frequency."""
    classes: Mapping[str, ClassTable]
    """Classes and confusion matrix of each candidate, by its label; empty if no metric records the classes."""
    experiments: tuple[str, ...]
    """Names of the experiments that contain the run."""
    annotations: tuple[AnnotationRecord, ...]
    """People's notes on the run and its cases."""
    case_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationResult(ShownInNotebooks):
    """The runs of one invocation, planned together."""

    status: Status
    """The worst status of its runs."""
    invocation_id: str
    runs: tuple[RunResult, ...]
    """One for each benchmark, in the requested order."""
    levels: LevelResult | None = field(default=None, metadata=MERGED)
    """Its level, and what that leaves open; None for an evaluation without a level."""

    @property
    def run(self) -> RunResult:
        """The only run of an invocation with one benchmark.

        Raises:
            ConfigurationError: there are several runs, or none.
        """
        if len(self.runs) != 1:
            names = ", ".join(run.benchmark for run in self.runs) or "none"
            raise ConfigurationError(f"the invocation has {len(self.runs)} runs: {names}", "Take one of its `runs`.")
        return self.runs[0]

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per run and candidate.

        Columns: `run_id`, `benchmark` and `candidate`, then the fields of `CandidateResult` that hold one value, and
        `options` as JSON, with the dtypes of `evaluation.results.frames`; then for each metric its key `WORD`, `WORD
        low` and `WORD high` (`float64`) and `WORD n` (`Int64`), and for each other quantity of it `WORD QUANTITY`
        (`float64`).
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
    """Return the cells of a metric, its mean first."""
    mean = result.mean
    cells: dict[str, object] = (
        {}
        if mean is None
        else {word: mean.value, f"{word} low": mean.low, f"{word} high": mean.high, f"{word} n": mean.n_cases}
    )
    return cells | {f"{word} {name}": estimate.value for name, estimate in result.quantities.items()}
