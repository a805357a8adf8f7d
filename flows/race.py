"""Finds the best of many candidates with a fraction of the generations: losers leave while the others go on."""

import asyncio
import time
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Cancelled, Failed

from evaluation.errors import BenchwrightError, ConfigurationError, HeldError
from evaluation.planning import Plan
from evaluation.racing.request import RaceRequest
from flows.planned_work import planned, work_through
from tasks.endings import cancel_runs, fail_runs
from tasks.interruption import interruptible
from tasks.load import benchmarks_begun, load_benchmark
from tasks.plan import Asked, Stretch
from tasks.publish import publish_results
from tasks.racing.course import Course, Step, lay_out, next_step
from tasks.racing.finish import end_race, publish_race
from tasks.racing.look import decide_look, mark_planned
from tasks.story import tell


def _flow_run_name() -> str:
    request = flow_run.parameters.get("request")
    if not isinstance(request, RaceRequest):
        request = RaceRequest.model_validate(request)
    n_candidates = len(request.evaluation.models) + len(request.evaluation.candidates)
    return f"race {n_candidates} candidates on {request.evaluation.benchmarks[0].rsplit('/', 1)[-1]}"


@flow(name="race", flow_run_name=_flow_run_name, persist_result=False)
async def race(request: RaceRequest, invocation_id: str | None = None) -> Any:
    """Ask all candidates a few cases, drop those that are not the best, and go on with the others.

    Args:
        request: Who races on what, and by which rules.
        invocation_id: Leave empty. Given by whoever starts the flow and wants to find its results.
    """
    own_id = UUID(str(flow_run.id))
    invocation = invocation_id or own_id.hex
    async with interruptible(own_id) as interruption:
        try:
            return await _race(request, invocation, own_id)
        except asyncio.CancelledError:
            await cancel_runs(invocation, interruption.reason)
            return Cancelled(message=interruption.reason or "cancelled")


async def _race(request: RaceRequest, invocation_id: str, flow_run_id: UUID) -> State[Any] | dict[str, str]:
    began = time.monotonic()
    begun = await benchmarks_begun(invocation_id)
    (benchmark,) = begun or (await load_benchmark(request.evaluation.benchmarks[0]),)
    course = await lay_out(request, invocation_id, benchmark)
    try:
        metrics = await _looks(course, flow_run_id, began)
        statuses = await end_race(course, minutes=_minutes_since(began), metrics=metrics)
    except HeldError:
        raise  # its run is somebody else's
    except Exception as error:
        await fail_runs(invocation_id, error)
        raise
    await publish_results(invocation_id)
    await publish_race(invocation_id)
    if "failed" in statuses.values():
        return Failed(message=f"failed: {', '.join(statuses)}; every other result stands")
    return statuses


async def _looks(course: Course, flow_run_id: UUID, began: float) -> tuple[str, ...]:
    """The metrics of the run, once all looks are taken; none where nothing was asked."""
    plan: Plan | None = None
    last: Step | None = None
    told: set[str] = set()
    _tell_once(course.notes, told)
    while (step := await next_step(course, minutes=_minutes_since(began))) is not None:
        if step == last:
            raise BenchwrightError(f"nothing was decided after {step.name}", "Report this: a race must end.")
        last = step
        get_run_logger().info("%s: %d candidates, %d cases each", step.name, step.n_candidates, step.n_cases)
        plan = await _ask(course, step, flow_run_id, told)
        await decide_look(course, step, minutes=_minutes_since(began))
    return plan.runs[0].metrics if plan is not None else ()


def _tell_once(notes: tuple[str, ...], told: set[str]) -> None:
    for note in notes:
        if note not in told:
            tell("%s", note)
    told.update(notes)


async def _ask(course: Course, step: Step, flow_run_id: UUID, told: set[str]) -> Plan:
    """The plan of one look, once all of it is asked and scored."""
    stretch = Stretch(
        n_cases=step.n_cases,
        n_cases_at_most=step.n_cases_at_most,
        fingerprints=step.keys,
        first_case=step.first_case,
    )
    asked = Asked(
        request=course.request.evaluation,
        invocation_id=course.invocation_id,
        flow_run_id=str(flow_run_id),
        stretch=stretch,
    )
    plan = await planned(asked, (course.benchmark,))
    _tell_once(plan.notes, told)
    if len(plan.candidates) < 2:
        raise ConfigurationError("the candidates are one and the same", "Race two that differ, or more.")
    await mark_planned(plan)
    await work_through(plan, flow_run_id, ends=False)
    return plan


def _minutes_since(began: float) -> float:
    return (time.monotonic() - began) / 60
