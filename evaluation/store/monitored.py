"""Queries for monitoring: runs that have ended, what their answers took, and calls in production."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row, RowMapping

from evaluation.candidate import PipelineChoice
from evaluation.generation import PromptState
from evaluation.metrics.speed import tokens_per_s
from evaluation.records.candidates import MetricUse
from evaluation.records.runs import SERVER_VERSIONS
from evaluation.records.status import Status
from evaluation.store.record_rows import record_of
from evaluation.store.run_cases import case_choice
from evaluation.store.run_labels import series_labels
from evaluation.store.session import Store
from evaluation.store.tables import (
    benchmark,
    candidate,
    generation,
    metric,
    race,
    run,
    run_candidate,
    score,
    trace,
    traffic,
)
from evaluation.store.traffic import says_nothing

_AT_ONCE = 200
ENOUGH_FRESH = 5
"""Answers to fresh prompts that are enough to time a run, regardless of how many others had cached prompts."""
_ENDED = (Status.COMPLETED.value, Status.FAILED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoredRun:
    """A candidate of a finished run, with everything that its figures may depend on."""

    row_id: int
    run_id: str
    invocation_id: str
    task: str
    benchmark: str
    benchmark_version: str
    candidate: str
    """Its label, independent of its weights; with whole paths where a run has two of one label."""
    model: str
    digest: str | None
    parts: Mapping[str, str] = field(default_factory=dict)
    """What else may change of a candidate with a pipeline, with its identity: weights of other models, its corpus."""
    endpoint: str
    server_versions: Mapping[str, str | None]
    """Versions by endpoint."""
    slots: int
    headline: str
    metrics: tuple[MetricUse, ...]
    """Metrics as planned."""
    tags: tuple[str, ...]
    is_complete: bool
    n_planned: int
    """Requested outcomes."""
    cases: str
    """Which cases of the benchmark were asked, as `case_choice` names them."""
    given_up: str | None
    created_at: datetime
    ended_at: datetime | None


@dataclass(slots=True, kw_only=True)
class Calls:
    """Figures of the calls that report them, without reused answers."""

    n: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    """Failures of the server and the candidate's own, by kind."""
    latencies: dict[PromptState, list[float]] = field(default_factory=lambda: {state: [] for state in PromptState})
    """Latencies, separated by the prompts' cache state."""
    tokens: list[float] = field(default_factory=list)
    """Tokens of prompt and output together."""
    tokens_per_s: list[float] = field(default_factory=list)
    """Rate of each answer after its first token."""
    energies: dict[PromptState, list[float]] = field(default_factory=lambda: {state: [] for state in PromptState})

    @property
    def n_ok(self) -> int:
        """Number of calls that returned an answer."""
        return self.n - self.failures.total()

    @property
    def prompts(self) -> PromptState:
        """Prompt state whose times stand for the run: fresh where there are enough, else the most frequent one."""
        if len(self.latencies[PromptState.FRESH]) >= ENOUGH_FRESH:
            return PromptState.FRESH
        return max(PromptState, key=lambda state: len(self.latencies[state]))

    @property
    def n_cached(self) -> int:
        """Number of answers to prompts that a server had, or may have had, in its cache."""
        return len(self.latencies[PromptState.CACHED]) + len(self.latencies[PromptState.UNKNOWN])


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCall:
    """A call in production, without its texts."""

    started_at: datetime
    duration_s: float
    error: str | None
    """Why it failed; None if it did not."""
    tokens: int | None
    output_tokens: int | None


def monitored_runs(store: Store) -> tuple[MonitoredRun, ...]:
    """Return every candidate of every run that has ended and is not archived, the oldest first."""
    of, run_of = run_candidate.c, run.c
    same_benchmark = sa.and_(benchmark.c.version == run_of.benchmark_version, benchmark.c.name == run_of.benchmark_name)
    query = (
        sa.select(
            *(of.id, of.label, of.candidate_fingerprint, of.model_name, of.digest, of.endpoint_name),
            *(of.server_version, of.slots, of.details),
            *(of.given_up_reason, of.run_id, run_of.invocation_id, run_of.benchmark_version, run_of.benchmark_name),
            *(run_of.headline, run_of.metrics, run_of.tags, run_of.status, run_of.n_cases, run_of.n_repeats),
            *(run_of.seed, benchmark.c.n_cases.label("n_in_benchmark"), race.c.invocation_id.label("race_id")),
            *(run_of.created_at, run_of.finished_at, benchmark.c.task_type, candidate.c.pipeline),
        )
        .join(run, run_of.id == of.run_id)
        .outerjoin(candidate, candidate.c.fingerprint == of.candidate_fingerprint)
        .join(benchmark, same_benchmark)
        .outerjoin(race, race.c.invocation_id == run_of.invocation_id)
        .where(run_of.status.in_(_ENDED), run_of.archived_at.is_(None))
        .order_by(run_of.created_at, of.id)
    )
    with store.read() as connection:
        rows = connection.execute(query).mappings().all()
        apart = series_labels(connection)
    return tuple(_monitored(row, apart) for row in rows)


def _monitored(row: RowMapping, apart: Mapping[tuple[str, str], str]) -> MonitoredRun:
    pipeline = None if row["pipeline"] is None else PipelineChoice(**row["pipeline"])
    label = apart.get((row["label"], row["candidate_fingerprint"]), row["label"])
    return record_of(
        MonitoredRun,
        row,
        row_id=row["id"],
        task=row["task_type"],
        benchmark=row["benchmark_name"],
        candidate=label,
        parts={} if pipeline is None else pipeline.parts,
        model=row["model_name"],
        endpoint=row["endpoint_name"],
        server_versions=row["details"].get(SERVER_VERSIONS) or {row["endpoint_name"]: row["server_version"]},
        metrics=tuple(MetricUse(name=name, signature=signature) for name, signature in row["metrics"]),
        is_complete=row["status"] == Status.COMPLETED.value and row["given_up_reason"] is None,
        n_planned=row["n_cases"] * row["n_repeats"],
        cases=case_choice(row["n_cases"], row["n_in_benchmark"], row["seed"], race_id=row["race_id"]),
        given_up=row["given_up_reason"],
        ended_at=row["finished_at"],
    )


def read_calls(store: Store, row_ids: Iterable[int]) -> dict[int, Calls]:
    """Return the figures of the answers of these candidates of runs; each candidate has an entry."""
    calls = {row_id: Calls() for row_id in row_ids}
    of = generation.c
    latency_s = sa.case(
        (trace.c.wait_s.is_not(None), trace.c.wait_s),
        (of.load_s.is_not(None), of.total_s - of.load_s),
        (of.cold, None),
        else_=of.total_s,
    )
    columns = (of.run_candidate_id, of.failure_kind, of.own_failure, of.prompt_tokens, of.output_tokens, of.energy_j)
    for page in _pages(sorted(calls)):
        query = sa.select(*columns, of.generate_s, of.prompt_state, latency_s.label("latency_s"))
        query = query.outerjoin(trace, trace.c.generation_id == of.id)
        query = query.where(of.run_candidate_id.in_(page), sa.not_(of.reused))
        with store.read() as connection:
            for row in connection.execute(query):
                _add(calls[row.run_candidate_id], row)
    return calls


def _add(calls: Calls, row: Row[Any]) -> None:
    calls.n += 1
    if (kind := row.failure_kind or row.own_failure) is not None:
        calls.failures[kind] += 1
    if row.failure_kind is not None:
        return
    if row.prompt_tokens is not None and row.output_tokens is not None:
        calls.tokens.append(row.prompt_tokens + row.output_tokens)
    state = PromptState(row.prompt_state or PromptState.FRESH)
    if row.energy_j is not None:
        calls.energies[state].append(row.energy_j)
    if row.latency_s is not None and row.latency_s > 0:
        calls.latencies[state].append(row.latency_s)
    if (rate := tokens_per_s(row.output_tokens, row.generate_s)) is not None:
        calls.tokens_per_s.append(rate)


def mean_scores(
    store: Store, row_ids: Iterable[int], names: Collection[str] | None = None
) -> dict[int, dict[MetricUse, float]]:
    """Return the mean score of each of these candidates of runs on the metrics of these names, where there is one.

    Args:
        store: Where they are.
        row_ids: The candidates' rows.
        names: Of the metrics; None: all.
    """
    means: defaultdict[int, dict[MetricUse, float]] = defaultdict(dict)
    for page in _pages(sorted(set(row_ids))):
        query = (
            sa.select(generation.c.run_candidate_id, metric.c.name, metric.c.signature, sa.func.avg(score.c.value))
            .join(score, score.c.generation_id == generation.c.id)
            .join(metric, metric.c.key == score.c.metric_key)
            .where(generation.c.run_candidate_id.in_(page))
            .group_by(generation.c.run_candidate_id, metric.c.name, metric.c.signature)
        )
        if names is not None:
            query = query.where(metric.c.name.in_(sorted(names)))
        with store.read() as connection:
            for row_id, name, signature, value in connection.execute(query):
                means[row_id][MetricUse(name=name, signature=signature)] = float(value)
    return means


def read_live(store: Store, *, since: datetime, until: datetime | None = None) -> dict[tuple[str, str], list[LiveCall]]:
    """Return the calls in production that began in that time, by task and candidate, the oldest first.

    Calls for which nobody was asked, such as those over a budget, and calls that their client ended are left out.
    """
    of = traffic.c
    columns = (of.task, of.candidate, of.started_at, of.duration_s, of.ok, of.error_type)
    query = sa.select(*columns, of.prompt_tokens, of.output_tokens).where(
        of.started_at >= since, sa.not_(says_nothing())
    )
    if until is not None:
        query = query.where(of.started_at < until)
    calls: defaultdict[tuple[str, str], list[LiveCall]] = defaultdict(list)
    with store.read() as connection:
        for task, candidate, *values in connection.execute(query.order_by(of.started_at, of.id)):
            calls[task, candidate].append(_live(*values))
    return dict(calls)


def _live(
    started_at: datetime,
    duration_s: float,
    ok: bool,
    error_type: str | None,
    prompt_tokens: int | None,
    output_tokens: int | None,
) -> LiveCall:
    return LiveCall(
        started_at=started_at,
        duration_s=duration_s,
        error=None if ok else error_type or "failed",
        tokens=None if prompt_tokens is None or output_tokens is None else prompt_tokens + output_tokens,
        output_tokens=output_tokens,
    )


def _pages(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)]
