"""The sweep flow: asks every combination of parameters the same cases, and analyses the scores."""

import contextlib
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Failed

from evaluation.planning.plan import Group, Plan
from evaluation.requests.sweep_request import SweepRequest
from flows.planned_work import let_go_of, planned, work_through
from tasks.flow_settings import use_own_settings
from tasks.interruption import run_interruptibly
from tasks.load import load_prompt
from tasks.plan import PlanRequest
from tasks.publish import publish_results
from tasks.run_lifecycle import cancel_runs
from tasks.sweeps.finish import analyse_sweep, publish_sweep
from tasks.sweeps.layout import SweepPart, given_up_in, lay_out
from tasks.sweeps.progress import Pace, report_progress


def _flow_run_name() -> str:
    request = flow_run.parameters.get("request")
    if not isinstance(request, SweepRequest):
        request = SweepRequest.model_validate(request)
    names = ", ".join(parameter.name for parameter in request.all_parameters())
    on = "a prompt" if request.prompt else request.evaluation.benchmarks[0].rsplit("/", 1)[-1]
    return f"sweep {names} on {on}"


@flow(name="sweep", flow_run_name=_flow_run_name, persist_result=False)
async def sweep(request: SweepRequest, invocation_id: str | None = None) -> Any:
    """Run every combination of parameters on the same cases, and report the effect of each parameter.

    Args:
        request: Which parameters over which values, for which models, on what.
        invocation_id: Leave empty. Given by whoever starts the flow and wants to find its results.
    """
    request = await use_own_settings(request, is_checked=invocation_id is not None)
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
    plan_request = PlanRequest(
        request=request.evaluation_of_all(), invocation_id=invocation_id, flow_run_id=str(flow_run_id)
    )
    plan = await planned(plan_request)
    for note in plan.notes:
        get_run_logger().info("%s", note)
    statuses = await _ask_all(request, plan, flow_run_id)
    await publish_results(invocation_id)
    await publish_sweep(await analyse_sweep(invocation_id))
    if "failed" in statuses.values():
        return Failed(message=f"failed: {', '.join(statuses)}; the other combinations' results are valid")
    return statuses


async def _ask_all(request: SweepRequest, plan: Plan, flow_run_id: UUID) -> dict[str, str]:
    """Ask all parts, and return the status of the run. A model stays loaded from one part to the next."""
    kept: dict[str, Group] = {}
    try:
        await _ask_parts(await lay_out(request, plan), plan, flow_run_id, kept)
        statuses = await work_through(plan, flow_run_id, kept=kept)
    except Exception:
        with contextlib.suppress(Exception):  # what broke the sweep is what is to be told
            await let_go_of(kept, plan)
        raise
    await let_go_of(kept, plan)
    return statuses


async def _ask_parts(parts: Sequence[SweepPart], plan: Plan, flow_run_id: UUID, kept: dict[str, Group]) -> None:
    """Ask every part but the last, and report progress after each. The last is asked with whatever is missing then."""
    if not parts:
        return
    since, given_up = datetime.now(UTC), frozenset[int]()
    pace = Pace(began=time.monotonic(), n_before=parts[0].n_done_after - parts[0].n_generations)
    for part in parts[:-1]:
        own = part.plan_of(plan, without=given_up)
        if own.groups:
            await work_through(own, flow_run_id, ends=False, kept=kept)
            given_up |= await given_up_in(own, since)
            await report_progress(plan.invocation_id, part, pace)
