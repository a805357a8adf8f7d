"""The task that turns a request to score a stored run into an order of work."""

from collections.abc import Mapping
from dataclasses import dataclass

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.planning.plan import ScoredRun, ScoringPlan
from evaluation.records.runs import RunRecord
from evaluation.requests.evaluation_request import read_request
from evaluation.requests.score_request import ScoreRequest
from evaluation.resolution.scoring import resolve_scoring
from evaluation.settings import Settings
from evaluation.store.plans import find_invocation
from evaluation.store.session import Store, open_store
from tasks.block_values import with_pools
from tasks.metric_models import models_for_metrics
from tasks.store_calls import call_store


@dataclass(frozen=True, kw_only=True)
class PlannedScoring:
    """What to score, with remarks for the user."""

    invocation_id: str
    scoring: ScoringPlan
    notes: tuple[str, ...]
    failure_budgets: Mapping[int, int]
    """Number of scores that may be missing because of a server, by run-candidate id."""


@task(name="plan", task_run_name="plan the scoring", cache_policy=NO_CACHE, persist_result=False)
async def plan_scoring(request: ScoreRequest) -> PlannedScoring:
    """Return the run's candidates, its metrics and the models that they ask."""
    settings = Settings()
    with await call_store(open_store, settings.database) as store:
        resolved = await resolve_scoring(await with_pools(request, store), settings=settings, store=store)
        budget = await call_store(_failure_budget, store, resolved.run)
    plan = resolved.run.plan
    run = ScoredRun(
        run_id=plan.run_id,
        benchmark_name=plan.benchmark_name,
        metrics=tuple(metric.text for metric in resolved.metrics),
        candidates={item.run_candidate_id: item.plan.label for item in resolved.run.candidates},
    )
    models = models_for_metrics(resolved.models, allow_remote=request.allow_remote)
    return PlannedScoring(
        invocation_id=plan.invocation_id,
        scoring=ScoringPlan(name=f"score {plan.run_id}", runs=(run,), asked_models=models, timeout_s=request.timeout_s),
        notes=resolved.notes,
        failure_budgets=dict.fromkeys(run.candidates, budget),
    )


def _failure_budget(store: Store, run: RunRecord) -> int:
    """Return the number of server failures that the run itself allows."""
    invocation = find_invocation(store, run.plan.invocation_id)
    request = read_request(invocation.request if invocation else {}, source="the stored request")
    return request.failure_budget(run.plan.n_cases * run.plan.n_repeats)
