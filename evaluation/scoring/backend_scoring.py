"""Scores of metrics that need a backend: vectors, verdicts or program outcomes, each requested only once."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import Metric
from evaluation.metrics.metric_process import MetricProcess, is_ours
from evaluation.metrics.requests import Answers, Request
from evaluation.records.outcomes import StoredOutcome
from evaluation.records.runs import RunRecord
from evaluation.records.scores import ScoreRow
from evaluation.resolution.metric_models import is_opponent
from evaluation.scores import Measurement, ScoreFailure
from evaluation.scoring.candidate_scoring import ScoreCounts, as_row
from evaluation.scoring.metric_backends.dispatch import Answerers, all_answers
from evaluation.store.benchmarks import load_cases
from evaluation.store.outcomes import iterate_outcomes, load_outcomes
from evaluation.store.retrying import patiently
from evaluation.store.runs import find_run
from evaluation.store.scores import judged_ids, save_scores
from evaluation.store.session import Store

AT_ONCE = 256
"""Answers processed concurrently; the backend limits how many it accepts."""
SAVED_EVERY = 32
SAVED_AFTER_S = 1.0
"""Scores, and seconds of scoring, that a killed process can lose at most."""
NO_OPPONENT = ScoreFailure(kind="no_opponent", message="the other candidate has no answer to this case")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One missing score."""

    generation_id: int
    metric: Metric
    case: Case
    generations: tuple[Generation, ...]
    """Empty if the opponent has no answer."""


async def score_asking(
    store: Store,
    run_id: str,
    run_candidate_id: int,
    metrics: Sequence[Metric],
    answerers: Answerers,
    *,
    on_scored: Callable[[int], None] = lambda _: None,
    apart: MetricProcess | None = None,
) -> ScoreCounts:
    """Score what has no score yet or failed before, and return the counts of what was scored now.

    Args:
        store: The store with the answers, in which the scores are stored.
        run_id: Id of the run.
        run_candidate_id: The candidate in its run.
        metrics: Metrics that ask a model or a sandbox.
        answerers: What answers their requests.
        on_scored: Called after each score with the number so far, failed ones included.
        apart: The processes in which metrics of other packages measure; None: processes for this call alone.
    """
    if apart is None:
        with MetricProcess() as apart:
            return await score_asking(
                store, run_id, run_candidate_id, metrics, answerers, on_scored=on_scored, apart=apart
            )
    workers = {metric: _Worker(metric, apart) for metric in metrics}
    run = await patient(lambda: find_run(store, run_id))
    metrics = [metric for metric in metrics if not _is_its_own_opponent(metric, run, run_candidate_id)]
    n_generations = n_scores = n_failed = 0
    async for page in _pages(store, run_candidate_id):
        works = await patient(lambda: list(_missing(store, run, page, metrics)))  # noqa: B023 - awaited at once
        n_generations += len({work.generation_id for work in works})
        rows: list[ScoreRow] = []
        saved_at = time.monotonic()
        try:
            async for row in limited((_score(work, workers[work.metric], answerers) for work in works), AT_ONCE):
                if row is None:
                    continue
                rows.append(row)
                n_scores += isinstance(row.measurement, Measurement)
                n_failed += isinstance(row.measurement, ScoreFailure)
                if len(rows) >= SAVED_EVERY or time.monotonic() - saved_at >= SAVED_AFTER_S:
                    saving, rows, saved_at = rows, [], time.monotonic()
                    await _saved(store, saving)
                on_scored(n_scores + n_failed)
        finally:  # who ends us early keeps what there is
            await asyncio.shield(_saved(store, rows))
    return ScoreCounts(n_generations=n_generations, n_scores=n_scores, n_failed=n_failed)


async def _saved(store: Store, rows: list[ScoreRow]) -> None:
    if rows:
        await patient(lambda: save_scores(store, rows))


async def patient(call: Callable[[], T]) -> T:
    """Call the store in a thread, and again while it is busy."""
    return await asyncio.to_thread(patiently, call)


async def _pages(store: Store, run_candidate_id: int) -> AsyncIterator[tuple[StoredOutcome, ...]]:
    pages = iterate_outcomes(store, run_candidate_id)
    while (page := await asyncio.to_thread(next, pages, None)) is not None:
        yield page


def _missing(
    store: Store, run: RunRecord, page: tuple[StoredOutcome, ...], metrics: Sequence[Metric]
) -> Iterator[_Work]:
    answered = [stored for stored in page if isinstance(stored.row.outcome, Generation)]
    case_ids = sorted({stored.row.case_id for stored in answered})
    cases = {case.case_id: case for case in load_cases(store, run.plan.benchmark_version, case_ids)}
    done = {
        metric: judged_ids(store, metric.signature, [stored.generation_id for stored in answered]) for metric in metrics
    }
    others = {metric: _opponents(store, run, metric, case_ids) for metric in metrics}
    # Answer by answer: metrics that want the same of an answer ask for it at the same time, and it is done once.
    for stored in answered:
        for metric in metrics:
            if stored.generation_id in done[metric] or not isinstance(stored.row.outcome, Generation):
                continue
            generations: tuple[Generation, ...] = (stored.row.outcome,)
            if (of_other := others[metric]) is not None:
                other = of_other.get((stored.row.case_id, stored.row.repeat))
                generations = () if other is None else (stored.row.outcome, other)
            yield _Work(
                generation_id=stored.generation_id,
                metric=metric,
                case=cases[stored.row.case_id],
                generations=generations,
            )


def _against(metric: Metric) -> str | None:
    against = getattr(metric, "against", None)
    return against if isinstance(against, str) and against else None


def _is_its_own_opponent(metric: Metric, run: RunRecord, run_candidate_id: int) -> bool:
    against = _against(metric)
    own = next(candidate for candidate in run.candidates if candidate.run_candidate_id == run_candidate_id)
    return against is not None and is_opponent(against, own.plan.candidate_fingerprint)


def _opponents(
    store: Store, run: RunRecord, metric: Metric, case_ids: Sequence[str]
) -> Mapping[tuple[str, int], Generation] | None:
    """Return the other candidate's answers, by case and repeat; None where the metric looks at a single candidate."""
    against = _against(metric)
    if against is None:
        return None
    for candidate in run.candidates:
        if is_opponent(against, candidate.plan.candidate_fingerprint):
            return {
                (stored.row.case_id, stored.row.repeat): stored.row.outcome
                for stored in load_outcomes(store, candidate.run_candidate_id, case_ids)
                if isinstance(stored.row.outcome, Generation)
            }
    return {}


class _Worker:
    """Runs one metric: built-in ones at once, others in a thread that waits for their process, case by case."""

    def __init__(self, metric: Metric, apart: MetricProcess) -> None:
        self._metric, self._apart, self._is_ours = metric, apart, is_ours(metric)
        self._at_work = asyncio.Lock()

    async def requested(self, work: _Work) -> tuple[Request, ...] | ScoreFailure:
        """Return the requests that the metric wants answered."""
        return await self._done(lambda: self._apart.requested(self._metric, work.case, work.generations))

    async def measured(self, work: _Work, answers: Answers) -> Measurement | ScoreFailure | None:
        """Return the metric's measurement, given the answers."""
        return await self._done(lambda: self._apart.measured(self._metric, work.case, work.generations, answers))

    async def _done(self, call: Callable[[], T]) -> T:
        if self._is_ours:
            return call()
        async with self._at_work:
            return await asyncio.to_thread(call)


async def _score(work: _Work, worker: _Worker, answerers: Answerers) -> ScoreRow | None:
    if not work.generations:
        return as_row(work.generation_id, work.metric, NO_OPPONENT)
    requests = await worker.requested(work)
    if isinstance(requests, ScoreFailure):
        return as_row(work.generation_id, work.metric, requests)
    answers = await all_answers(answerers, requests)
    return as_row(work.generation_id, work.metric, await worker.measured(work, answers))


async def limited(works: Iterator[Awaitable[T]], n_at_once: int) -> AsyncIterator[T]:
    """Yield results as they complete, with a limited number in work at once; closing the iterator cancels the rest."""
    running: set[asyncio.Task[T]] = set()
    try:
        while True:
            while len(running) < n_at_once and (work := next(works, None)) is not None:
                running.add(asyncio.ensure_future(work))
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
