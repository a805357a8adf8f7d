"""The evaluation flow: ask candidates a benchmark's cases, score the answers, and estimate with intervals."""

from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Failed

from evaluation.requests.evaluation_request import EvaluationRequest
from flows.planned_work import planned, work_through
from tasks.flow_settings import use_own_settings
from tasks.interruption import run_interruptibly
from tasks.level_start import begin_level
from tasks.plan import PlanRequest
from tasks.publish import publish_results
from tasks.run_lifecycle import cancel_runs


def _flow_run_name() -> str:
    request = flow_run.parameters.get("request")
    if not isinstance(request, EvaluationRequest):
        request = EvaluationRequest.model_validate(request)
    n_candidates = len(request.models) + len(request.candidates)
    names = ", ".join(name.rsplit("/", 1)[-1] for name in request.benchmarks)
    return f"evaluate {n_candidates} candidate{'s' if n_candidates != 1 else ''} on {names}"


@flow(name="evaluate", flow_run_name=_flow_run_name, persist_result=False)
async def evaluate(request: EvaluationRequest, invocation_id: str | None = None) -> Any:
    """Ask every candidate every case, score the answers, and publish the numbers with their intervals.

    Args:
        request: What to evaluate on what.
        invocation_id: Leave empty. Given by whoever starts the flow and wants to find its results.
    """
    request = await use_own_settings(request, is_checked=invocation_id is not None)
    own_id = UUID(str(flow_run.id))
    if request.level is not None and invocation_id is None:
        request, invocation_id = await begin_level(request)
    plan_request = PlanRequest(request=request, invocation_id=invocation_id or own_id.hex, flow_run_id=str(own_id))
    return await run_interruptibly(
        own_id,
        lambda: _evaluate(plan_request),
        on_interruption=lambda reason: cancel_runs(plan_request.invocation_id, reason),
    )


async def _evaluate(plan_request: PlanRequest) -> State[Any] | dict[str, str]:
    plan = await planned(plan_request)
    for note in plan.notes:
        get_run_logger().info("%s", note)
    statuses = await work_through(plan, UUID(plan_request.flow_run_id))
    await publish_results(plan.invocation_id, has_levels=plan_request.request.level is not None)
    failed = [run_id for run_id, status in statuses.items() if status == "failed"]
    if failed:
        return Failed(message=f"failed: {', '.join(failed)}; all other results are valid")
    return statuses
