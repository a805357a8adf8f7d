"""Backends that answer metrics' requests in this process, found by name, with their progress shown in Prefect."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prefect import get_run_logger

from evaluation.metrics.parsing import parse_metric
from evaluation.planning.plan import MetricModelPlan, ScoredRun, ScoringPlan
from evaluation.resolution.metric_models import is_opponent
from evaluation.scoring.candidate_scoring import by_work
from evaluation.scoring.metric_backends.dispatch import Answerers
from evaluation.store.runs import find_run
from evaluation.store.scores import count_unscored
from evaluation.store.session import Store
from tasks.artifacts import ProgressArtifact, artifact_key
from tasks.generation.server_trouble import find_trouble
from tasks.scoring.progress import ScoringProgress, at_work
from tasks.store_calls import call_store

SHOW_EVERY_S = 2.0
SAY_EVERY_S = 15.0


@dataclass(frozen=True, kw_only=True)
class Open:
    """Resources that a task needs for asking."""

    store: Store
    answerers: Answerers
    how_far: ScoringProgress


_OPEN: dict[str, Open] = {}


def opened(name: str) -> Open:
    """Return the resources that `asking` has opened under that name in this process."""
    return _OPEN[name]


@asynccontextmanager
async def asking(
    store: Store, plan: ScoringPlan, answerers: Answerers, metric_model: MetricModelPlan | None
) -> AsyncIterator[str]:
    """Open the answerers of metrics under a name for tasks, which is yielded; shows progress.

    Args:
        store: Store of the answers and the scores.
        plan: What to score.
        answerers: Answerers of the metrics' requests.
        metric_model: The model behind them; None: the sandbox.
    """
    who = f"{metric_model.need} {metric_model.model}" if metric_model is not None else "programs"
    n_unscored = await call_store(_n_unscored, store, plan, metric_model)
    trouble = None if metric_model is None else find_trouble(plan.name)
    how_far = ScoringProgress(who=who, n_planned=n_unscored, trouble=trouble)
    _OPEN[plan.name] = Open(store=store, answerers=answerers, how_far=how_far)
    at_work.append(how_far)
    try:
        async with _shown(how_far):
            yield plan.name
    finally:
        at_work.remove(how_far)
        _OPEN.pop(plan.name, None)


def _metrics_for(run: ScoredRun, metric_model: MetricModelPlan | None) -> tuple[str, ...]:
    """Return the metrics of a run that ask a model; None: the sandbox."""
    work = by_work(run.metrics)
    return work.programs if metric_model is None else work.of_model(metric_model)


def _n_unscored(store: Store, plan: ScoringPlan, metric_model: MetricModelPlan | None) -> int:
    return sum(_n_unscored_of(store, run, _metrics_for(run, metric_model)) for run in plan.runs)


def _n_unscored_of(store: Store, run: ScoredRun, metrics: tuple[str, ...]) -> int:
    """Return the number of missing scores of one run; no candidate is compared with itself."""
    if not metrics:
        return 0
    parsed = [parse_metric(text) for text in metrics]
    fingerprints = {
        candidate.run_candidate_id: candidate.plan.candidate_fingerprint
        for candidate in find_run(store, run.run_id).candidates
    }
    return sum(
        count_unscored(
            store,
            row_id,
            [
                metric.signature
                for metric in parsed
                if not is_opponent(getattr(metric, "against", None) or "", fingerprints[row_id])
            ],
        )
        for row_id in run.candidates
    )


@asynccontextmanager
async def _shown(how_far: ScoringProgress) -> AsyncIterator[None]:
    """Update a progress artifact during the block and at its end; none where there is nothing to do."""
    if not how_far.n_planned:
        yield
        return
    artifact = ProgressArtifact(artifact_key("progress", how_far.who))
    ended = asyncio.Event()
    showing = asyncio.create_task(_keep_showing(artifact, how_far, ended))
    try:
        yield
        ended.set()
        await showing  # what is on its way to Prefect arrives first
        await artifact.show(100.0, str(how_far))
    finally:
        showing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await showing


async def _keep_showing(artifact: ProgressArtifact, how_far: ScoringProgress, ended: asyncio.Event) -> None:
    said_at = time.monotonic()
    while not ended.is_set():
        await artifact.show(how_far.percent, str(how_far))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SHOW_EVERY_S):
                await ended.wait()
        if time.monotonic() - said_at >= SAY_EVERY_S:
            said_at = time.monotonic()
            get_run_logger().info("%s", how_far)
