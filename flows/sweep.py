"""Which values of which parameters are best? Every combination is asked the same cases, and the scores are analysed."""

import time
from dataclasses import replace
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Failed

from evaluation.planning import Plan
from evaluation.sweeping.request import SweepRequest
from flows.planned_work import planned, work_through
from tasks.endings import cancel_runs
from tasks.interruption import run_interruptibly
from tasks.load import load_prompt
from tasks.own_settings import use_own_settings
from tasks.plan import Asked
from tasks.publish import publish_results
from tasks.sweeping.finish import analyse_sweep, publish_sweep
from tasks.sweeping.layout import SweepStretch, lay_out, n_done_before
from tasks.sweeping.look import Pace, look_at_sweep


def _flow_run_name() -> str:
    request = flow_run.parameters.get("request")
    if not isinstance(request, SweepRequest):
        request = SweepRequest.model_validate(request)
    names = ", ".join(parameter.name for parameter in request.all_parameters())
    on = "a prompt" if request.prompt else request.evaluation.benchmarks[0].rsplit("/", 1)[-1]
    return f"sweep {names} on {on}"


@flow(name="sweep", flow_run_name=_flow_run_name, persist_result=False)
async def sweep(request: SweepRequest, invocation_id: str | None = None) -> Any:
    """Ask every combination of parameters the same cases, and say what each parameter does.

    Args:
        request: Which parameters over which values, for which models, on what.
        invocation_id: Leave empty. Given by whoever starts the flow and wants to find its results.
    """
    await use_own_settings()
    own_id = UUID(str(flow_run.id))
    invocation = invocation_id or own_id.hex
    return await run_interruptibly(
        own_id,
        lambda: _sweep(request, invocation, own_id),
        on_interruption=lambda reason: cancel_runs(invocation, reason),
    )


async def _sweep(request: SweepRequest, invocation_id: str, flow_run_id: UUID) -> State[Any] | dict[str, str]:
    if request.prompt is not None:
        await load_prompt(request.prompt)
    asked = Asked(request=request.evaluation_of_all(), invocation_id=invocation_id, flow_run_id=str(flow_run_id))
    plan = await planned(asked)
    for note in plan.notes:
        get_run_logger().info("%s", note)
    await _ask_all(request, plan, flow_run_id)
    statuses = await work_through(plan, flow_run_id)
    await publish_results(invocation_id)
    await publish_sweep(await analyse_sweep(invocation_id))
    if "failed" in statuses.values():
        return Failed(message=f"failed: {', '.join(statuses)}; the other combinations' results stand")
    return statuses


async def _ask_all(request: SweepRequest, plan: Plan, flow_run_id: UUID) -> None:
    """Asks stretch after stretch. Judges and embedders wait for the end: no model is loaded for them in between."""
    stretches = await lay_out(request, plan)
    pace = Pace(began=time.monotonic(), n_before=await n_done_before(stretches))
    for stretch in stretches:
        part = _part(plan, stretch)
        if stretch.n_done_after > pace.n_before and stretch is not stretches[-1]:
            await work_through(part, flow_run_id, ends=False)
            await look_at_sweep(plan.invocation_id, stretch, pace)


def _part(plan: Plan, stretch: SweepStretch) -> Plan:
    groups = (
        replace(group, planned=tuple(one for one in group.planned if one.run_candidate_id in stretch.run_candidate_ids))
        for group in plan.groups
    )
    return replace(plan, groups=tuple(group for group in groups if group.planned), asked_models=())
