"""Runs put into a store the way the flow does it: planned, answered, scored by the real metrics, aggregated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from stored_rows import save_outcomes

from evaluation.candidate import Candidate
from evaluation.case import Benchmark, Case
from evaluation.generation import Failure, Generation, Outcome, Timing
from evaluation.metrics.parsing import parse_metric
from evaluation.records.candidates import MetricUse
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.runs import RunCandidatePlan, RunPlan
from evaluation.records.stages import Trace
from evaluation.records.status import Status
from evaluation.scoring.aggregation import aggregate_run
from evaluation.scoring.candidate_scoring import score_candidate
from evaluation.store.benchmarks import save_benchmark
from evaluation.store.plans import add_run_candidate, create_invocation, create_run, record_run_flow
from evaluation.store.registry import save_candidate
from evaluation.store.runs import set_run_candidate_status, set_run_status
from evaluation.store.session import Store

MOMENT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
REQUEST = {"benchmarks": ["numbers"], "models": ["a:1b", "b:1b"], "limit": 3, "seed": 7}


def answer(text: str, **given: Any) -> Generation:
    """An answer with its timing."""
    timing = Timing(total_s=1.5, ttft_s=0.25, queue_s=0.5, load_s=0.125, prompt_s=0.0625, generate_s=0.75)
    known: dict[str, Any] = {
        "answer": text,
        "finish_reason": "stop",
        "prompt_tokens": 12,
        "output_tokens": 1300,
        "timing": timing,
        "seed": 99,
    }
    return Generation(text=text, **(known | given))


def numbers(n: int, **given: Any) -> tuple[Case, ...]:
    """Cases `c0`, `c1`, …, each asking for its own number."""
    return tuple(Case(case_id=f"c{i}", prompt=f"What is {i}?", references=(str(i),), **given) for i in range(n))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One candidate of a run and what came of it."""

    candidate: Candidate
    outcomes: Mapping[str, Outcome | Sequence[Outcome]] = field(default_factory=dict)
    """By case id; several are repeats."""
    given_up: str | None = None
    endpoint: str = "here"
    details: Mapping[str, Any] = field(default_factory=dict)
    vram_share: float | None = 0.75
    confidences: Mapping[str, float] = field(default_factory=dict)
    """How sure its pipeline is, by case id; of others it does not know."""
    slots: int = 1


def asked(model: str, outcomes: Mapping[str, Outcome | Sequence[Outcome]] | None = None, **given: Any) -> Asked:
    """A candidate without options of its own."""
    return Asked(candidate=Candidate(model=model, digest=f"digest-of-{model}"), outcomes=outcomes or {}, **given)


def right(cases: Sequence[Case]) -> dict[str, Outcome]:
    """The right answer to each case."""
    return {case.case_id: answer(case.references[0]) for case in cases}


def wrong(cases: Sequence[Case]) -> dict[str, Outcome]:
    """A wrong answer to each case."""
    return {case.case_id: answer("no idea") for case in cases}


def store_run(
    store: Store,
    *candidates: Asked,
    cases: Sequence[Case],
    run_id: str = "run-1",
    status: Status = Status.COMPLETED,
    reason: str | None = None,
    metrics: Sequence[str] = ("exact_match",),
    headline: str = "exact_match",
    limit: int | None = None,
    n_repeats: int = 1,
    scored: bool = True,
    request: Mapping[str, Any] = REQUEST,
    flow_run_ids: Sequence[str] = ("flow-1",),
    **of_benchmark: Any,
) -> str:
    """Stores a run and gives its id."""
    known = {"name": "numbers", "task_type": "reasoning"} | of_benchmark
    benchmark = Benchmark(cases=tuple(cases), **known)
    parsed = [parse_metric(text) for text in metrics]
    invocation_id = f"of-{run_id}"
    create_invocation(store, invocation_id=invocation_id, request=request, code_version="0.1.0+gabc")
    create_run(
        store,
        RunPlan(
            run_id=run_id,
            invocation_id=invocation_id,
            benchmark_version=save_benchmark(store, benchmark),
            benchmark_name=benchmark.name,
            name=benchmark.name,
            seed=7,
            n_repeats=n_repeats,
            limit=limit,
            metrics=tuple(MetricUse(name=metric.name, signature=metric.signature) for metric in parsed),
            headline=headline,
            n_cases=len(cases[:limit]),
            code_version="0.1.0+gabc",
        ),
        [case.case_id for case in cases[:limit]],
    )
    for flow_run_id in flow_run_ids:
        record_run_flow(store, run_id, flow_run_id)
    if status is not Status.PLANNED:
        set_run_status(store, run_id, Status.RUNNING)
    for given in candidates:
        row_id = _store_candidate(store, run_id, given)
        save_outcomes(store, _rows(row_id, given))
        if scored:
            score_candidate(store, run_id, row_id, parsed)
    if scored:
        aggregate_run(store, run_id, metrics)
    if status not in (Status.PLANNED, Status.RUNNING):
        set_run_status(store, run_id, status, reason=reason)
    return run_id


def _store_candidate(store: Store, run_id: str, given: Asked) -> int:
    candidate = given.candidate
    row_id = add_run_candidate(
        store,
        RunCandidatePlan(
            run_id=run_id,
            candidate_fingerprint=save_candidate(store, candidate),
            label=candidate.label,
            model_name=candidate.model,
            digest=candidate.digest,
            endpoint_name=given.endpoint,
            endpoint_url="http://127.0.0.1:9",
            provider="ollama",
            server_version="0.33.0",
            options={"temperature": 0.0, "num_ctx": 4096, **candidate.options},
            slots=given.slots,
            details=given.details,
        ),
    )
    if given.given_up is not None:
        set_run_candidate_status(store, row_id, Status.FAILED, given_up_reason=given.given_up)
    return row_id


def _rows(row_id: int, given: Asked) -> list[OutcomeRow]:
    return [
        OutcomeRow(
            run_candidate_id=row_id,
            case_id=case_id,
            repeat=repeat,
            outcome=outcome,
            endpoint=given.endpoint,
            started_at=MOMENT,
            finished_at=MOMENT,
            effective_context=given.candidate.options.get("num_ctx", 4096),
            vram_share=given.vram_share,
            trace=Trace(confidence=given.confidences[case_id]) if case_id in given.confidences else None,
        )
        for case_id, outcomes in given.outcomes.items()
        for repeat, outcome in enumerate([outcomes] if isinstance(outcomes, Generation | Failure) else outcomes)
    ]
