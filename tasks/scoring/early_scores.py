"""Scores a candidate on a benchmark as soon as its last answer is stored, while other candidates are still asked.

Where one was told of, so are the last ones, for whom nobody waits any more: who watches can put them side by side.
What it stores is computed again when all answers are there, by the same functions: it serves whoever is watching.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from evaluation.formatting import counted
from evaluation.metrics.metric_process import is_ours
from evaluation.metrics.parsing import parse_metric
from evaluation.metrics.speed import SPEED_METRICS
from evaluation.planning.plan import Plan, PlannedRun
from evaluation.records.outcomes import CandidateProgress
from evaluation.records.scores import EstimateRow
from evaluation.reports.runs.tables import shown_speed
from evaluation.results.estimates import shown_estimate
from evaluation.scoring.aggregation import aggregate_run
from evaluation.scoring.candidate_scoring import by_work, score_candidate
from evaluation.store.runs import find_run
from evaluation.store.scores import load_estimates
from evaluation.store.session import Store
from evaluation.store.summaries import progress
from tasks.flow_logging import log_info, log_warning
from tasks.store_calls import call_store

CHECK_EVERY_S = 1.0
MOST_ANSWERS = 2_000
"""Maximum number of answers of a candidate that is scored early. Scoring more would delay the timing of the others'
answers in this process.
"""


@asynccontextmanager
async def early_scores(store: Store, plan: Plan) -> AsyncIterator[None]:
    """Score each candidate of the plan as it finishes, and log its headline value, until the block ends."""
    runs = {run.run_id: run for run in plan.runs if _metrics(run)}
    closing = asyncio.Event()
    work = asyncio.create_task(_score_as_they_end(store, plan.invocation_id, runs, closing))
    try:
        yield
        closing.set()
        await work  # a candidate at which it is working must not be scored twice at the same time
    finally:
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


def _metrics(run: PlannedRun) -> tuple[str, ...]:
    """Return our own metrics that need only the answer: others may take any time."""
    return tuple(text for text in by_work(run.metrics).plain if is_ours(parse_metric(text)))


async def _score_as_they_end(
    store: Store, invocation_id: str, runs: dict[str, PlannedRun], closing: asyncio.Event
) -> None:
    try:
        finished = {item.run_candidate_id for item in await _finished(store, invocation_id, without=())}
        is_one_told_of, is_over = False, not runs
        while not is_over:
            is_over = await _closes_within(closing, CHECK_EVERY_S)
            for item in await _finished(store, invocation_id, without=finished):
                finished.add(item.run_candidate_id)
                if item.run_id in runs and (is_one_told_of or not closing.is_set()):
                    await _score(store, item, runs[item.run_id])
                    is_one_told_of = True
    except Exception as error:  # whatever it is, all of it is done again after the last answer
        log_warning("scores are shown only after the last answer: %s: %s", type(error).__name__, error)


async def _closes_within(closing: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await closing.wait()
    return closing.is_set()


async def _finished(store: Store, invocation_id: str, *, without: Collection[int]) -> list[CandidateProgress]:
    """Return the candidates with an outcome for every one of their cases."""
    return [
        item
        for item in await call_store(progress, store, invocation_id)
        if 0 < item.n_planned <= item.n_done + item.n_failed
        and item.n_planned <= MOST_ANSWERS
        and item.run_candidate_id not in without
    ]


async def _score(store: Store, item: CandidateProgress, run: PlannedRun) -> None:
    estimates = await call_store(_estimates, store, item, _metrics(run))
    if estimates:
        headline = await call_store(_headline, store, item.run_id)
        shown = next((row for row in estimates if row.metric.name == headline), None)
        text = f"all answered, {headline} is still to come" if shown is None else _in_words(shown)
        failed = f", {counted(item.n_failed, 'failure')} of the server" if item.n_failed else ""
        log_info("%s · %s: %s%s", item.label, item.benchmark_name, text, failed)


def _headline(store: Store, run_id: str) -> str:
    return find_run(store, run_id).plan.headline


def _in_words(row: EstimateRow) -> str:
    """Return the estimate as text, such as `token_f1 0.390 [0.364, 0.417] on 40 cases`."""
    shown = shown_speed if row.metric.name in SPEED_METRICS else shown_estimate
    return f"{row.metric.name} {shown(row.estimate)} on {counted(row.estimate.n_cases, 'case')}"


def _estimates(store: Store, item: CandidateProgress, metrics: tuple[str, ...]) -> list[EstimateRow]:
    """Return the means of the candidate's metrics, in the benchmark's order."""
    parsed = [parse_metric(text) for text in metrics]
    score_candidate(store, item.run_id, item.run_candidate_id, parsed)
    aggregate_run(store, item.run_id, metrics, only=(item.run_candidate_id,))
    signatures = [metric.signature for metric in parsed]
    rows = [
        row
        for row in load_estimates(store, item.run_id)
        if row.run_candidate_id == item.run_candidate_id
        and row.quantity == "mean"
        and row.metric.signature in signatures
    ]
    return sorted(rows, key=lambda row: signatures.index(row.metric.signature))
