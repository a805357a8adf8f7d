"""The task that generates answers for a shard of cases, and stores every outcome before it counts as done."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import task_run
from prefect.states import Cancelled

from evaluation.benchmarks.rendering import render
from evaluation.case import Benchmark, Case, Message
from evaluation.errors import CandidateFailureError, FailureKind, ProviderError, RefusedValueError
from evaluation.fingerprint import derived_seed
from evaluation.gather import gather_or_cancel
from evaluation.generation import Failure, Generation, GenerationRequest, Outcome
from evaluation.planning.plan import PlannedCandidate
from evaluation.records.outcomes import OutcomeRow
from evaluation.retry_schedule import RetrySchedule
from evaluation.store.benchmarks import load_cases
from evaluation.store.outcomes import load_outcomes
from tasks.flow_logging import log_info, log_warning
from tasks.generation.attempt import supervised
from tasks.generation.give_up_rules import UNREACHABLE, CandidateWatch, EndpointWatch
from tasks.generation.group_work import GroupWork
from tasks.generation.pool import Pool, Station
from tasks.generation.workbench import Workbench, workbench
from tasks.retry_policy import is_unexpected
from tasks.store_calls import call_store

KEEP_ALIVE = "30m"

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
    invocation_id: str, items: tuple[Item, ...], *, title: str, stretch: str
) -> ShardCounts | State[None]:
    """Ask `items`, all of one run, and return the counts of the outcomes; stored outcomes are skipped.

    Args:
        invocation_id: Invocation with an open workbench in this process.
        items: Candidates with cases, in the order of asking.
        title: Label of the cases, used only in the task run's name.
        stretch: Range of the cases such as `1–40`, used only in the task run's name.
    """
    try:
        return await _shard(invocation_id, items)
    except asyncio.CancelledError:
        # Prefect would call it crashed. Whoever cancelled us goes on being cancelled.
        return Cancelled(message="ended early; all answers are stored")


async def _shard(invocation_id: str, items: tuple[Item, ...]) -> ShardCounts:
    bench = workbench(invocation_id)
    askings = {row_id: await _asking(bench, row_id) for row_id in dict.fromkeys(item[0] for item in items)}
    first = next(iter(askings.values()))
    left = await _not_stored(bench, items)
    first.pool.n_open -= len(items) - len(left)
    case_ids = sorted({case_id for _, case_id, _ in left})
    cases = await call_store(load_cases, bench.store, first.planned.benchmark_version, case_ids)
    by_id = {case.case_id: case for case in cases}
    outcomes = await gather_or_cancel(
        _counted(askings[row_id], by_id[case_id], repeat) for row_id, case_id, repeat in left
    )
    return ShardCounts(
        n_answered=sum(isinstance(outcome, Generation) for outcome in outcomes),
        n_failed=sum(isinstance(outcome, Failure) for outcome in outcomes),
        n_skipped=len(items) - sum(outcome is not None for outcome in outcomes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A candidate of a run, and where its cases are asked."""

    bench: Workbench
    work: GroupWork
    planned: PlannedCandidate
    benchmark: Benchmark
    """The benchmark without its cases."""

    @property
    def pool(self) -> Pool:
        """Pool of the candidate's servers."""
        return self.work.pool


async def _asking(bench: Workbench, run_candidate_id: int) -> Asking:
    index, planned = bench.plan.planned(run_candidate_id)
    benchmark = await bench.benchmark(planned.benchmark_version)
    return Asking(bench=bench, work=bench.works[index], planned=planned, benchmark=benchmark)


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


async def _counted(asking: Asking, case: Case, repeat: int) -> Outcome | None:
    try:
        return await _one_case(asking, case, repeat)
    finally:
        asking.pool.n_open -= 1


async def _one_case(asking: Asking, case: Case, repeat: int) -> Outcome | None:
    """Return the stored outcome of one case; None where the candidate or its servers were given up before."""
    bench, planned = asking.bench, asking.planned
    started_at = datetime.now(UTC)
    seed = derived_seed(planned.seed, case.case_id, repeat)
    messages = planned.profile.wrap(render(asking.benchmark, case))
    answered = await _ask(asking, _request(bench, planned, messages, seed))
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
            bench.writer.submit(replace(row, outcome=failure, effective_context=None, vram_share=None, stages=()))
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


async def _ask(asking: Asking, request: GenerationRequest) -> tuple[Outcome, Station] | None:
    """Return the outcome after all attempts of one case, and the server of the last one.

    None where no server is left to ask.
    """
    watch = asking.bench.watches[asking.planned.run_candidate_id]
    deadline = time.monotonic() + asking.bench.plan.case_timeout_s
    n_attempts = n_handed_over = 0
    while True:
        if (station := await asking.pool.enter()) is None:
            return None
        try:
            if watch.given_up:
                return None
            if station.watch.given_up:  # since its slot was given to us: another server may have one
                continue
            n_attempts += 1
            outcome, pause_s = await _attempt(asking.bench, station, request, n_attempts, n_attempts - n_handed_over)
            if pause_s is not None and _is_handed_over(asking, station, outcome):
                n_handed_over, pause_s = n_handed_over + 1, 0.0
            if pause_s is None or time.monotonic() + pause_s >= deadline:
                # Before the slot is free: who waits for it must know whether anybody is still to be asked.
                _take_note(watch, station.watch, outcome)
                return outcome, station
        finally:
            station.gate.leave()
        await _pause(asking.pool, pause_s)


def _is_handed_over(asking: Asking, station: Station, outcome: Outcome) -> bool:
    """Return whether a server is down and another one can take its case at once."""
    if not isinstance(outcome, Failure) or outcome.kind is not FailureKind.SERVER_DOWN:
        return False
    if not asking.bench.has_another_server(asking.work, station):
        return False
    station.watch.saw(outcome.kind, outcome.message)
    return True


async def _pause(pool: Pool, pause_s: float) -> None:
    pool.n_pausing += 1
    try:
        await asyncio.sleep(pause_s)
    finally:
        pool.n_pausing -= 1


async def _attempt(
    bench: Workbench, station: Station, request: GenerationRequest, n_attempts: int, n_counted: int
) -> tuple[Outcome, float | None]:
    """Make one attempt; return its outcome, and the seconds until the next one; None: there is none.

    Args:
        bench: Workbench with the settings for pauses.
        station: The server to ask.
        request: The request.
        n_attempts: Number of this attempt, to be stored.
        n_counted: Number of attempts that count towards giving up.
    """
    began = time.monotonic()
    try:
        generation = replace(await supervised(station.provider, request), n_attempts=n_attempts)
        _say_of_trouble(station, None)
        return generation, None
    except CandidateFailureError as error:
        own = Generation(text=error.text, answer="", own_failure=error.kind, message=error.message)
        return replace(own, n_attempts=n_attempts), None
    except ProviderError as error:
        spent_s = time.monotonic() - began
        failure = Failure(kind=error.kind, message=error.message, n_attempts=n_attempts, total_s=spent_s)
        _say_of_trouble(station, failure)
        return failure, RetrySchedule(base_s=bench.settings.retry_base_s).pause_s(error, n_counted)


def _say_of_trouble(station: Station, failure: Failure | None) -> None:
    """Log when a server stops answering, and when it answers again."""
    is_in_trouble = failure is not None and failure.kind in UNREACHABLE
    if is_in_trouble == station.watch.is_in_trouble:
        return
    station.watch.is_in_trouble = is_in_trouble
    if failure is not None and is_in_trouble:
        log_warning(
            "endpoint %s has a temporary failure; retrying: %s: %s", station.name, failure.kind, failure.message
        )
    elif failure is None:
        log_info("endpoint %s answers again", station.name)


def _take_note(candidate: CandidateWatch, endpoint: EndpointWatch, outcome: Outcome) -> None:
    if isinstance(outcome, Failure):
        candidate.saw(outcome.kind, outcome.message)
        endpoint.saw(outcome.kind, outcome.message)
    else:
        endpoint.saw(None)
