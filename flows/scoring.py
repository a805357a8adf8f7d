"""Scoring of a plan's stored answers: metrics of the answer alone, then programs, then one model after another."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from evaluation.errors import ConfigurationError
from evaluation.planning.plan import MetricModelPlan, ScoringPlan
from evaluation.scoring.candidate_scoring import MetricsByWork, by_work
from evaluation.scoring.metric_backends.dispatch import Answerers
from evaluation.settings import Settings
from evaluation.store.session import Store
from tasks.aggregate import aggregate
from tasks.flow_logging import log_warning
from tasks.generation.server_trouble import metric_server_trouble
from tasks.scoring.backends import asking
from tasks.scoring.metric_server import nobody_answers, serve_metric_model
from tasks.scoring.sandboxed import sandboxed
from tasks.scoring.score import score_by_asking, score_candidate

OnLeases = Callable[[str, frozenset[str]], Awaitable[None]]


async def at_once() -> None:
    """Return at once: there is nothing to wait for."""


async def score_all(
    store: Store,
    plan: ScoringPlan,
    settings: Settings,
    *,
    on_leases: OnLeases,
    servers_are_free: Callable[[], Awaitable[Any]] = at_once,
) -> None:
    """Score every candidate of every run, and compute the runs' estimates.

    Args:
        store: Store of the answers and the scores.
        plan: What to score, and the models that the metrics ask.
        settings: How long to wait before asking again, and which isolation programs get.
        on_leases: Called with the leases held for the slots of the models that are asked.
        servers_are_free: Returns when the candidates' models no longer need their servers.
    """
    works = {run.run_id: by_work(run.metrics) for run in plan.runs}
    for run in plan.runs:
        if metrics := works[run.run_id].plain:
            for run_candidate_id, label in run.candidates.items():
                await score_candidate(
                    run.run_id, run_candidate_id, metrics=metrics, label=label, benchmark=run.benchmark_name
                )
    if any(work.programs for work in works.values()):
        async with sandboxed(settings) as answerers:
            await _score_by_asking(store, plan, works, answerers, None)
    if plan.asked_models:
        await servers_are_free()
    for metric_model in plan.asked_models:
        try:
            with metric_server_trouble(plan.name, metric_model.lane.endpoint_name) as trouble:
                async with serve_metric_model(
                    metric_model,
                    store,
                    timeout_s=plan.timeout_s,
                    retry_base_s=settings.retry_base_s,
                    on_leases=on_leases,
                    trouble=trouble,
                ) as answerers:
                    await _score_by_asking(store, plan, works, answerers, metric_model)
        except ConfigurationError as error:
            log_warning("%s asks %s, and nobody answers: %s", metric_model.need, metric_model.model, error)
            await _score_by_asking(store, plan, works, nobody_answers(metric_model, error), metric_model)
    for run in plan.runs:
        await aggregate(run.run_id, metrics=run.metrics, benchmark=run.benchmark_name)


async def _score_by_asking(
    store: Store,
    plan: ScoringPlan,
    works: Mapping[str, MetricsByWork],
    answerers: Answerers,
    metric_model: MetricModelPlan | None,
) -> None:
    """Compute the scores of all runs that need one model; None: the sandbox."""
    async with asking(store, plan, answerers, metric_model) as name:
        for run in plan.runs:
            work = works[run.run_id]
            metrics = work.programs if metric_model is None else work.of_model(metric_model)
            if not metrics:
                continue
            for run_candidate_id, label in run.candidates.items():
                await score_by_asking(
                    name,
                    run.run_id,
                    run_candidate_id,
                    metrics=metrics,
                    label=label,
                    benchmark=run.benchmark_name,
                    who=metric_model.model if metric_model else "sandbox",
                )
