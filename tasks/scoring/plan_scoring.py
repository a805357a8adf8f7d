"""Turns a request to score a stored run into an order of work."""

from dataclasses import dataclass

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.planning import ScoredRun, ScoringPlan
from evaluation.resolving.scoring import resolve_scoring
from evaluation.score_request import ScoreRequest
from evaluation.settings import Settings
from evaluation.store.session import open_store
from tasks.plan import asked_models
from tasks.stored import stored


@dataclass(frozen=True, kw_only=True)
class PlannedScoring:
    """What is scored, and what its user should know."""

    invocation_id: str
    scoring: ScoringPlan
    notes: tuple[str, ...]


@task(name="plan", task_run_name="plan the scoring", cache_policy=NO_CACHE, persist_result=False)
async def plan_scoring(request: ScoreRequest) -> PlannedScoring:
    """The run's candidates, its metrics and the models that they ask."""
    settings = Settings()
    with await stored(open_store, settings.database) as store:
        found = await resolve_scoring(request, settings=settings, store=store)
    plan = found.run.plan
    run = ScoredRun(
        run_id=plan.run_id,
        benchmark_name=plan.benchmark_name,
        metrics=tuple(metric.text for metric in found.metrics),
        candidates={item.run_candidate_id: item.plan.label for item in found.run.candidates},
    )
    models = asked_models(found.models, allow_remote=request.allow_remote)
    return PlannedScoring(
        invocation_id=plan.invocation_id,
        scoring=ScoringPlan(name=f"score {plan.run_id}", runs=(run,), asked_models=models, timeout_s=request.timeout_s),
        notes=found.notes,
    )
