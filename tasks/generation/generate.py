"""The task that generates answers for a shard of cases, and stores every outcome before it counts as done."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import task_run
from prefect.states import Cancelled

from evaluation.benchmarks.rendering import render
from evaluation.case import Case, Message
from evaluation.errors import FailureKind, RefusedValueError
from evaluation.fingerprint import derived_seed
from evaluation.gather import gather_or_cancel
from evaluation.generation import Failure, Generation, GenerationRequest, Outcome
from evaluation.planning.plan import PlannedCandidate
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.stages import StageRow
from evaluation.store.benchmarks import load_cases
from evaluation.store.outcomes import load_outcomes
from evaluation.store.stage_rows import CaseKey, load_stages
from tasks.generation.asking import KEEP_ALIVE, Asking, ask, chat
from tasks.generation.group_work import GroupWork
from tasks.generation.pipeline_case import PipelineCase
from tasks.generation.workbench import Workbench, workbench
from tasks.retry_policy import is_unexpected
from tasks.store_calls import call_store

Item = tuple[int, str, int]
"""Run-candidate id, case id, and repeat from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardCounts:
    """Counts of a shard's outcomes."""

    n_answered: int = 0
    n_failed: int = 0
    n_skipped: int = 0
    """Generations that were already stored, or were left out because the candidate was given up."""


@task(
    name="generate",
    task_run_name="generate {title} {stretch}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=1,
    retry_delay_seconds=2,
    retry_condition_fn=is_unexpected,
)
async def generate_shard(
    invocation_id: str, items: tuple[Item, ...], *, title: str, stretch: str, group_index: int = 0
) -> ShardCounts | State[None]:
    """Ask `items`, all of one run, and return the counts of the outcomes; stored outcomes are skipped.

    Args:
        invocation_id: Invocation with an open workbench in this process.
        items: Candidates with cases, in the order of asking.
        title: Label of the cases, used only in the task run's name.
        stretch: Range of the cases such as `1–40`, used only in the task run's name.
        group_index: Place among the workbench's works of the group whose model answers.
    """
    try:
        return await _shard(workbench(invocation_id), items, group_index)
    except asyncio.CancelledError:
        # Prefect would call it crashed. Whoever cancelled us goes on being cancelled.
        return Cancelled(message="ended early; all answers are stored")


async def _shard(bench: Workbench, items: tuple[Item, ...], group_index: int) -> ShardCounts:
    work = bench.works[group_index]
    askings = {row_id: await _asking(bench, row_id, work) for row_id in dict.fromkeys(item[0] for item in items)}
    left = await _not_stored(bench, items)
    work.pool.open_items.difference_update(items)
    work.pool.open_items.update(left)  # all of them, where an attempt of this task run failed
    case_ids = sorted({case_id for _, case_id, _ in left})
    version = next(iter(askings.values())).planned.benchmark_version
    cases = await call_store(load_cases, bench.store, version, case_ids)
    by_id = {case.case_id: case for case in cases}
    stages = {row_id: await _stored_stages(asking, case_ids) for row_id, asking in askings.items()}
    outcomes = await gather_or_cancel(
        _closed(askings[row_id], by_id[case_id], repeat, stages[row_id].get((case_id, repeat), ()))
        for row_id, case_id, repeat in left
    )
    return ShardCounts(
        n_answered=sum(isinstance(outcome, Generation) for outcome in outcomes),
        n_failed=sum(isinstance(outcome, Failure) for outcome in outcomes),
        n_skipped=len(items) - sum(outcome is not None for outcome in outcomes),
    )


async def _asking(bench: Workbench, run_candidate_id: int, work: GroupWork) -> Asking:
    _, planned = bench.plan.planned(run_candidate_id)
    benchmark = await bench.benchmark(planned.benchmark_version)
    return Asking(bench=bench, work=work, planned=planned, benchmark=benchmark)


async def _stored_stages(asking: Asking, case_ids: Sequence[str]) -> dict[CaseKey, tuple[StageRow, ...]]:
    if asking.planned.pipeline is None:
        return {}
    return await call_store(load_stages, asking.bench.store, asking.planned.run_candidate_id, case_ids)


async def _not_stored(bench: Workbench, items: Sequence[Item]) -> list[Item]:
    """Return the items without an outcome of this work; only a retried task run can have others."""
    if (task_run.run_count or 1) < 2:
        return list(items)
    final: set[Item] = set()
    for row_id in dict.fromkeys(item[0] for item in items):
        case_ids = sorted({case_id for of, case_id, _ in items if of == row_id})
        final |= {
            (row_id, stored.row.case_id, stored.row.repeat)
            for stored in await call_store(load_outcomes, bench.store, row_id, case_ids)
            if isinstance(stored.row.outcome, Generation) or stored.row.finished_at >= bench.opened_at
        }
    return [item for item in items if item not in final]


async def _closed(asking: Asking, case: Case, repeat: int, stages: Sequence[StageRow]) -> Outcome | None:
    """Return the outcome of one case, which is no longer open then."""
    try:
        if asking.planned.pipeline is None:
            return await _one_case(asking, case, repeat)
        return await _case_of_pipeline(asking, case, repeat, stages)
    finally:
        asking.pool.open_items.discard((asking.planned.run_candidate_id, case.case_id, repeat))


async def _one_case(asking: Asking, case: Case, repeat: int) -> Outcome | None:
    """Return the stored outcome of one case; None where the candidate or its servers were given up before."""
    bench, planned = asking.bench, asking.planned
    started_at = datetime.now(UTC)
    seed = derived_seed(planned.seed, case.case_id, repeat)
    messages = planned.profile.wrap(render(asking.benchmark, case))
    answered = await ask(asking, chat(_request(bench, planned, messages, seed)), asking.watch.saw)
    if answered is None:
        return None
    outcome, station = answered
    row = OutcomeRow(
        run_candidate_id=planned.run_candidate_id,
        case_id=case.case_id,
        repeat=repeat,
        outcome=replace(outcome, seed=seed),
        endpoint=station.name,
        started_at=started_at,
        finished_at=datetime.now(UTC),
        effective_context=station.resident.context_length if station.resident else None,
        vram_share=station.resident.vram_share if station.resident else None,
    )
    outcome = await _saved(bench, row)
    bench.pace.one_done()
    return outcome


async def _case_of_pipeline(asking: Asking, case: Case, repeat: int, stages: Sequence[StageRow]) -> Outcome | None:
    """Take a case through its pipeline as far as the group's model goes, and return its stored outcome.

    None where it waits for another model, or the candidate or its servers were given up before.
    """
    examples = await asking.bench.examples(asking.planned)
    row = await PipelineCase(asking, case, repeat, stages, examples).walked()
    outcome = None if row is None else await _saved(asking.bench, row)
    asking.bench.pace.one_done()
    return outcome


async def _saved(bench: Workbench, row: OutcomeRow) -> Outcome:
    """Store the outcome and return it: a failure where the answer holds characters that databases reject."""
    try:
        await asyncio.wrap_future(bench.writer.submit(row))
    except RefusedValueError as error:
        failure = Failure(
            kind=FailureKind.UNREADABLE_ANSWER,
            message=error.message,
            n_attempts=row.outcome.n_attempts,
            seed=row.outcome.seed,
        )
        bench.watches[row.run_candidate_id].saw(failure.kind, failure.message)
        await asyncio.wrap_future(
            bench.writer.submit(replace(row, outcome=failure, effective_context=None, vram_share=None, trace=None))
        )
        return failure
    return row.outcome


def _request(
    bench: Workbench, planned: PlannedCandidate, messages: tuple[Message, ...], seed: int
) -> GenerationRequest:
    return GenerationRequest(
        model=planned.model,
        messages=messages,
        options={**planned.options, "seed": seed},
        think=planned.think,
        keep_alive=KEEP_ALIVE,
        timeout_s=bench.plan.timeout_s,
    )
