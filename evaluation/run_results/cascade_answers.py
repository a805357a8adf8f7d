"""The answers of a stored cascade on either side of its threshold, with their figures. Nothing is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from evaluation.case import Benchmark, Case
from evaluation.errors import ConfigurationError, StoreError
from evaluation.generation import Generation
from evaluation.metrics.cost import CostUsd, cost_metric
from evaluation.pipelines.cascade import ESCALATED, Cascade
from evaluation.pipelines.cascade_replay import CascadeReplay, CascadeSide, replay
from evaluation.pipelines.parsing import parse_pipeline
from evaluation.pipelines.pipeline import PipelineInput
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.runs import RunCandidateRecord, RunRecord
from evaluation.records.stages import StageRow, summed
from evaluation.requests.evaluation_request import read_request
from evaluation.requests.prices import PriceTable, price_of
from evaluation.scores import Measurement
from evaluation.store.benchmarks import load_benchmark_version
from evaluation.store.outcomes import load_outcomes
from evaluation.store.plans import find_invocation
from evaluation.store.registry import find_candidate
from evaluation.store.run_cases import run_case_ids
from evaluation.store.session import Store
from evaluation.store.stage_rows import load_stages

Prices = Mapping[str, CostUsd | None]
"""Cost of an answer of each model; None without a price."""
_ANY_CASE = Case(case_id="any")
"""Placeholder for the case of a cost, which does not depend on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedAnswer:
    """An answer with the sums of its stages."""

    generation: Generation
    cost_usd: float | None
    """Each stage at the price of its own model; None where one has no price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeAnswer:
    """One repeat of a case of a cascade."""

    case: Case
    repeat: int
    is_measured: bool
    """Whether the small model's part is there."""
    signal: float | None
    """None: the case is escalated at every threshold."""
    has_failed: bool
    """A server failed on it: a side that is not there is lost, and was not left unasked."""
    small: PricedAnswer | None
    large: PricedAnswer | None
    large_alone: PricedAnswer | None
    """The larger model's stage alone."""
    scored: Generation | None
    """The answer of the run itself, which its metrics scored; None where a server failed."""


def cascade_of(store: Store, record: RunCandidateRecord) -> Cascade | None:
    """Return the cascade of a run's candidate; None for another candidate, or a cascade of another version."""
    candidate = find_candidate(store, record.plan.candidate_fingerprint)
    if candidate is None or candidate.pipeline is None or candidate.pipeline.name != Cascade.name:
        return None
    pipeline = parse_pipeline(Cascade.name, candidate.pipeline.options, may_name_a_file=False)
    is_same = isinstance(pipeline, Cascade) and pipeline.signature == candidate.pipeline.signature
    return pipeline if is_same and isinstance(pipeline, Cascade) else None


def prices_of(store: Store, run: RunRecord) -> PriceTable:
    """Return the prices with which a run was made; empty where it had none, or they were not stored."""
    invocation = find_invocation(store, run.plan.invocation_id)
    if invocation is None:
        return PriceTable()
    try:
        return read_request(invocation.request, source="the stored request").price_table()
    except ConfigurationError:
        return PriceTable()


def cascade_answers(
    store: Store, run: RunRecord, record: RunCandidateRecord, cascade: Cascade
) -> tuple[CascadeAnswer, ...]:
    """Return every stored outcome of a cascade on either side of its threshold, by case and repeat."""
    candidate = find_candidate(store, record.plan.candidate_fingerprint)
    if candidate is None:
        raise StoreError(f"{store.shown_url} does not hold candidate {record.plan.candidate_fingerprint!r} of the run")
    table, plan = prices_of(store, run), run.plan
    prices = {name: _price(table, name) for name in (record.plan.model_name, *candidate.pipeline_models)}
    answers: list[CascadeAnswer] = []
    for case_ids in run_case_ids(store, plan.run_id):
        benchmark = load_benchmark_version(store, plan.benchmark_version, plan.benchmark_name, case_ids=case_ids)
        cases = {case.case_id: case for case in benchmark.cases}
        stages = load_stages(store, record.run_candidate_id, case_ids)
        for outcome in load_outcomes(store, record.run_candidate_id, case_ids):
            task = PipelineInput(
                case=cases[outcome.row.case_id],
                benchmark=_without_cases(benchmark),
                profile=candidate.profile,
                options=record.plan.options,
            )
            rows = stages.get((outcome.row.case_id, outcome.row.repeat), ())
            answers.append(_answer(cascade, task, outcome.row, rows, prices))
    return tuple(sorted(answers, key=lambda answer: (answer.case.case_id, answer.repeat)))


def _price(table: PriceTable, model: str) -> CostUsd | None:
    price = price_of(table, model)
    return cost_metric(None if price is None else price.options)


def _without_cases(benchmark: Benchmark) -> Benchmark:
    return replace(benchmark, cases=())


def _answer(
    cascade: Cascade, task: PipelineInput, row: OutcomeRow, stages: Sequence[StageRow], prices: Prices
) -> CascadeAnswer:
    scored = row.outcome if isinstance(row.outcome, Generation) else None
    is_reused = scored is not None and scored.reused
    by_name = {stage.name: _marked(stage, is_reused=is_reused) for stage in stages}
    replayed = replay(cascade, task, {name: stage.reply for name, stage in by_name.items()})
    small, large = _priced(replayed.small, by_name, prices), _priced(replayed.large, by_name, prices)
    if not replayed.is_measured and scored is not None:  # the pipeline itself failed, at any threshold
        small = large = PricedAnswer(generation=scored, cost_usd=_cost(list(by_name.values()), prices))
    return CascadeAnswer(
        case=task.case,
        repeat=row.repeat,
        is_measured=replayed.is_measured,
        signal=replayed.signal,
        has_failed=scored is None,
        small=small,
        large=large,
        large_alone=_alone(replayed, by_name, prices),
        scored=scored,
    )


def _marked(stage: StageRow, *, is_reused: bool) -> StageRow:
    """Return the stage, marked like its case where that was taken from an earlier run."""
    return replace(stage, generation=replace(stage.generation, reused=True)) if is_reused else stage


def _alone(replayed: CascadeReplay, by_name: Mapping[str, StageRow], prices: Prices) -> PricedAnswer | None:
    if replayed.large is None:
        return None
    return _priced(replace(replayed.large, stages=(ESCALATED,)), by_name, prices)


def _priced(side: CascadeSide | None, by_name: Mapping[str, StageRow], prices: Prices) -> PricedAnswer | None:
    """Return the answer of a side as a run would have stored it, with its cost."""
    if side is None:
        return None
    stages = [by_name[name] for name in side.stages]
    generation = replace(
        summed(stages),
        answer=side.result.answer,
        text=side.result.answer,
        own_failure=side.result.failure,
        message=side.result.message,
    )
    return PricedAnswer(generation=generation, cost_usd=_cost(stages, prices))


def _cost(stages: Sequence[StageRow], prices: Prices) -> float | None:
    costs = [_cost_of_stage(stage, prices) for stage in stages]
    priced = [cost for cost in costs if cost is not None]
    return sum(priced) if priced and len(priced) == len(costs) else None


def _cost_of_stage(stage: StageRow, prices: Prices) -> float | None:
    metric = None if stage.model is None else prices.get(stage.model)
    measured = None if metric is None else metric.measure(_ANY_CASE, (stage.generation,), {})
    return measured.value if isinstance(measured, Measurement) else None
