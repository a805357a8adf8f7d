"""Rescore stored answers: other metrics, another judge, a newer scorer. Nothing is generated again."""

from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.runtime import flow_run
from prefect.states import Failed

from evaluation.requests.score_request import ScoreRequest
from evaluation.scoring.missing_scores import too_many_missing
from evaluation.settings import Settings
from evaluation.store.session import open_store
from flows.scoring import score_all
from tasks.flow_settings import use_own_settings
from tasks.heartbeat import hold_runs
from tasks.interruption import run_interruptibly
from tasks.lease_book import LeaseBook
from tasks.publish import publish_results
from tasks.scoring.plan_scoring import plan_scoring
from tasks.store_calls import call_store


def _flow_run_name() -> str:
    request = flow_run.parameters.get("request")
    run = request.run if isinstance(request, ScoreRequest) else (request or {}).get("run", "")
    return f"score run {run}"


@flow(name="score", flow_run_name=_flow_run_name, persist_result=False)
async def score(request: ScoreRequest) -> Any:
    """Score the stored answers of a run with other metrics. Scores of other metrics and versions stay.

    Args:
        request: Which run, which metrics, and which models they ask.
    """
    request = await use_own_settings(request)
    return await run_interruptibly(UUID(str(flow_run.id)), lambda: _score(request))


async def _score(request: ScoreRequest) -> Any:
    settings = Settings()
    store = await call_store(open_store, settings.database)
    try:
        plan = await plan_scoring(request)
        for note in plan.notes:
            get_run_logger().info("%s", note)
        async with hold_runs(store, [run.run_id for run in plan.scoring.runs]) as holder_id:
            await score_all(store, plan.scoring, settings, on_leases=LeaseBook(store, holder_id).note)
        (run,) = plan.scoring.runs
        missing = await call_store(too_many_missing, store, run.run_id, run.metrics, plan.failure_budgets)
    finally:
        store.close()
    await publish_results(plan.invocation_id)
    if missing:
        return Failed(message=f"{missing}; the same command asks them again")
    return {"run_id": run.run_id}
