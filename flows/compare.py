"""The comparison flow: candidates of stored runs, or of an evaluation made now, compared on the same cases."""

from typing import Any, NotRequired, TypedDict
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Failed

from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.requests.evaluation_request import EvaluationRequest
from flows.planned_work import planned, work_through
from tasks.comparison import compare_candidates, find_runs, publish_comparison, refuse_unfit
from tasks.flow_settings import use_own_settings
from tasks.interruption import run_interruptibly
from tasks.load import load_benchmark
from tasks.plan import PlanRequest
from tasks.publish import publish_results
from tasks.run_lifecycle import cancel_runs


class Compared(TypedDict):
    """Result of the comparison flow."""

    comparisons: list[str]
    """Ids of the comparisons, one for each benchmark."""
    runs: NotRequired[dict[str, str]]
    """Final status of each run of the evaluation, by run id."""


def _flow_run_name() -> str:
    request = flow_run.parameters.get("request")
    if not isinstance(request, ComparisonRequest):
        request = ComparisonRequest.model_validate(request)
    names = list(request.runs) or ([] if request.experiment is None else [request.experiment])
    if request.evaluation is not None:
        names.append(f"an evaluation on {', '.join(name.rsplit('/', 1)[-1] for name in request.evaluation.benchmarks)}")
    return f"compare {' with '.join(names)}"


@flow(name="compare", flow_run_name=_flow_run_name, persist_result=False)
async def compare(request: ComparisonRequest, invocation_id: str | None = None) -> Any:
    """Compare candidates case by case, and publish which is better and how certain that is.

    Args:
        request: Which runs, or what to evaluate first; along what, by which metrics, with which margin.
        invocation_id: Leave empty. Given by whoever starts the flow and wants to find the results of its evaluation.
    """
    request = await use_own_settings(request)
    own_id = UUID(str(flow_run.id))
    invocation = invocation_id or own_id.hex
    return await run_interruptibly(
        own_id,
        lambda: _compare_as_requested(request, invocation, own_id),
        on_interruption=lambda reason: cancel_runs(invocation, reason),
    )


async def _compare_as_requested(
    request: ComparisonRequest, invocation_id: str, flow_run_id: UUID
) -> State[Any] | Compared:
    stored_runs = await find_runs(request)
    if request.evaluation is None:
        return await _compare(request, stored_runs, ())
    return await _evaluate_and_compare(request, request.evaluation, stored_runs, invocation_id, flow_run_id)


async def _evaluate_and_compare(
    request: ComparisonRequest,
    evaluation: EvaluationRequest,
    stored_runs: tuple[str, ...],
    invocation_id: str,
    flow_run_id: UUID,
) -> State[Any] | Compared:
    if stored_runs:
        loaded = [
            await load_benchmark(name, evaluation.field_mapping(), evaluation.ignore_fields)
            for name in evaluation.benchmarks
        ]
        await refuse_unfit(stored_runs, {benchmark.version: benchmark.name for benchmark in loaded})
    plan = await planned(PlanRequest(request=evaluation, invocation_id=invocation_id, flow_run_id=str(flow_run_id)))
    for note in plan.notes:
        get_run_logger().info("%s", note)
    statuses = await work_through(plan, flow_run_id)
    await publish_results(plan.invocation_id)
    compared = await _compare(request, stored_runs, tuple(run.run_id for run in plan.runs))
    failed = [run_id for run_id, status in statuses.items() if status == "failed"]
    if failed:
        return Failed(message=f"failed: {', '.join(failed)}; the other candidates were compared")
    return {**compared, "runs": statuses}


async def _compare(request: ComparisonRequest, stored_runs: tuple[str, ...], evaluated: tuple[str, ...]) -> Compared:
    comparison_ids = await compare_candidates(request, stored_runs=stored_runs, evaluated=evaluated)
    await publish_comparison(comparison_ids)
    return {"comparisons": list(comparison_ids)}
