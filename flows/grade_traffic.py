"""The grading flow: a judge grades a sample of the calls in production, so that drift is seen in real traffic."""

from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.runtime import flow_run
from prefect.states import Failed

from evaluation.requests.grading_request import GradingRequest
from evaluation.results.traffic_grading import TrafficGradingResult
from evaluation.settings import Settings
from evaluation.store.session import open_store
from tasks.flow_settings import use_own_settings
from tasks.heartbeat import hold_runs
from tasks.interruption import run_interruptibly
from tasks.lease_book import LeaseBook
from tasks.store_calls import call_store
from tasks.traffic_grading import ask_judge, grading_result, plan_grading, publish_grading

_NO_JUDGE = GradingRequest()


@flow(name="grade-traffic", flow_run_name="grade traffic", persist_result=False)
async def grade_traffic(request: GradingRequest = _NO_JUDGE) -> Any:
    """Have a judge grade a sample of the calls in production whose texts are stored, each call once.

    Args:
        request: Which calls, and which judge.
    """
    request = await use_own_settings(request)
    own_id = UUID(str(flow_run.id))
    return await run_interruptibly(own_id, lambda: _grade(request, own_id))


async def _grade(request: GradingRequest, flow_run_id: UUID) -> Any:
    store = await call_store(open_store, Settings().database)
    try:
        plan = await plan_grading(store, request)
        for note in plan.notes:
            get_run_logger().info("%s", note)
        async with hold_runs(store, []) as holder_id:
            counts = await ask_judge(
                store,
                plan,
                timeout_s=request.timeout_s,
                flow_run_id=str(flow_run_id),
                on_leases=LeaseBook(store, holder_id).note,
            )
        result: TrafficGradingResult = await grading_result(store, plan, counts)
    finally:
        store.close()
    get_run_logger().info("%s", result.sentence)
    await publish_grading(result)
    if result.n_failed and not result.n_graded:
        return Failed(message=f"{result.sentence}; the same request asks them again")
    return result
