"""The flow for one share of a run that is spread over workers.

Only the evaluation that waits for the share starts it.
"""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.runtime import flow_run
from prefect.states import Cancelled, Failed

from evaluation.errors import ConfigurationError, as_sentence
from evaluation.gather import gather_or_cancel
from evaluation.planning.plan import Plan
from evaluation.requests.run_share import Share
from flows.generation import count_left, generate_all
from flows.planned_work import planned
from flows.serving import serve_all
from tasks.database_guard import guard_database
from tasks.flow_settings import use_own_settings
from tasks.generation.workbench import Workbench, open_workbench
from tasks.heartbeat import hold_runs
from tasks.interruption import interruptible
from tasks.plan import PlanRequest
from tasks.spreading.other_shares import note_the_others, until_the_run_is_over, until_the_spreader_is_heard
from tasks.spreading.share_request import request_for_share
from tasks.telemetry.gpu_sampling import gpu_sampling


def _flow_run_name() -> str:
    share = Share.model_validate(flow_run.parameters.get("request"))
    return f"share {share.number} of {share.of}"


@flow(name="stretch", flow_run_name=_flow_run_name, persist_result=False)
async def stretch(request: Share, invocation_id: str) -> Any:
    """Run one share of the cases of an evaluation that is spread over workers. The evaluation starts this flow.

    Args:
        request: Which share of its cases.
        invocation_id: Of the evaluation.
    """
    request = await use_own_settings(request)
    own_id = UUID(str(flow_run.id))
    async with interruptible(own_id) as interruption:
        try:
            plan_request = await request_for_share(invocation_id, request, str(own_id))
            async with guard_database(may_be_new=False):
                return await _stretch(plan_request)
        except asyncio.CancelledError:
            return Cancelled(message=interruption.reason or "cancelled")
        except ConfigurationError as error:
            # Whoever spread the run says it to the person at the terminal.
            return Failed(message=" ".join(as_sentence(part) for part in (error.message, error.next_step) if part))


async def _stretch(plan_request: PlanRequest) -> str:
    plan = await planned(plan_request)
    plan = replace(plan, reuse=False, asked_models=())
    async with open_workbench(plan) as bench:
        run_ids = [run.run_id for run in plan.runs]
        async with hold_runs(bench.store, run_ids, part=plan_request.part) as bench.leases.holder_id:
            await note_the_others(bench)
            await count_left(bench)
            n_left = sum(work.n_left for work in bench.works)
            get_run_logger().info("%d generations of this share are missing", n_left)
            summary = await _ask_unless_it_is_over(bench, plan)
            await until_the_spreader_is_heard(bench.store, plan)
            return summary


async def _ask_unless_it_is_over(bench: Workbench, plan: Plan) -> str:
    """Ask the share's cases until done, or until the spreading process ends the runs; return the result as text."""
    asking = asyncio.create_task(_ask(bench, plan))
    over = asyncio.create_task(until_the_run_is_over(bench))
    try:
        await asyncio.wait((asking, over), return_when=asyncio.FIRST_COMPLETED)
        if asking.done():
            asking.result()
            return "all missing cases were asked"
        over.result()
        return "the run was ended before"
    finally:
        for work in (asking, over):
            work.cancel()
        await asyncio.gather(asking, over, return_exceptions=True)


async def _ask(bench: Workbench, plan: Plan) -> None:
    servers = [(lane.endpoint_name, lane.url) for lane in plan.lanes]
    async with gpu_sampling(bench.store, plan.invocation_id, servers):
        await gather_or_cancel([serve_all(bench), generate_all(bench)])
