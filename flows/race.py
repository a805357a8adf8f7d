"""The race flow: finds the best of many candidates with a fraction of the generations, dropping losers early."""

import contextlib
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Failed

from evaluation.errors import BenchwrightError, ConfigurationError, RunInUseError
from evaluation.planning.plan import Group, Plan
from evaluation.requests.race_request import RaceRequest
from flows.planned_work import let_go_of, planned, work_through
from tasks.flow_logging import log_info
from tasks.flow_settings import use_own_settings
from tasks.interruption import run_interruptibly
from tasks.load import benchmarks_begun, load_benchmark
from tasks.plan import PlanRequest, Stretch
from tasks.publish import publish_results
from tasks.races.decision import make_decision, mark_planned
from tasks.races.finish import end_race, publish_race
from tasks.races.run_hold import RaceHold
from tasks.races.schedule import RaceSchedule, Step, lay_out, next_step
from tasks.run_lifecycle import cancel_runs, fail_runs


def _flow_run_name() -> str:
    request = flow_run.parameters.get("request")
    if not isinstance(request, RaceRequest):
        request = RaceRequest.model_validate(request)
    n_candidates = len(request.evaluation.models) + len(request.evaluation.candidates)
    return f"race {n_candidates} candidates on {request.evaluation.benchmarks[0].rsplit('/', 1)[-1]}"


@flow(name="race", flow_run_name=_flow_run_name, persist_result=False)
async def race(request: RaceRequest, invocation_id: str | None = None) -> Any:
    """Ask all candidates a few cases, drop those that are not the best, and continue with the others.

    Args:
        request: Who races on what, and by which rules.
        invocation_id: Leave empty. Given by whoever starts the flow and wants to find its results.
    """
    request = await use_own_settings(request, is_checked=invocation_id is not None)
    own_id = UUID(str(flow_run.id))
    invocation = invocation_id or own_id.hex
    return await run_interruptibly(
        own_id,
        lambda: _race(request, invocation, own_id),
        on_interruption=lambda reason: cancel_runs(invocation, reason),
    )


async def _race(request: RaceRequest, invocation_id: str, flow_run_id: UUID) -> State[Any] | dict[str, str]:
    began = time.monotonic()
    begun = await benchmarks_begun(invocation_id)
    of = request.evaluation
    (benchmark,) = begun or (await load_benchmark(of.benchmarks[0], of.field_mapping(), of.ignore_fields),)
    race_schedule = await lay_out(request, invocation_id, benchmark)
    try:
        async with RaceHold() as hold:
            metrics = await _looks(race_schedule, flow_run_id, began, hold)
            statuses = await end_race(race_schedule, minutes=_minutes_since(began), metrics=metrics)
    except RunInUseError:
        raise  # its run is somebody else's
    except Exception as error:
        await fail_runs(invocation_id, error)
        raise
    await publish_results(invocation_id)
    await publish_race(invocation_id)
    if "failed" in statuses.values():
        return Failed(message=f"failed: {', '.join(statuses)}; all other results are valid")
    return statuses


async def _looks(race_schedule: RaceSchedule, flow_run_id: UUID, began: float, hold: RaceHold) -> tuple[str, ...]:
    """Run all rounds of the race, and return the run's metrics; none where nothing was asked."""
    asking = Asking(race_schedule=race_schedule, flow_run_id=flow_run_id, hold=hold)
    last: Step | None = None
    asking.tell_once(race_schedule.notes)
    try:
        while (step := await next_step(race_schedule, minutes=_minutes_since(began))) is not None:
            if step == last:
                raise BenchwrightError(f"no decision after {step.name}", "This is a bug; please report it.")
            last = step
            get_run_logger().info("%s: %d candidates, %d cases each", step.name, step.n_candidates, step.n_cases)
            await asking.ask(step)
            await make_decision(race_schedule, step, minutes=_minutes_since(began))
    except Exception:
        with contextlib.suppress(Exception):  # what broke the race is what is to be told
            await asking.end()
        raise
    await asking.end()
    return asking.plan.runs[0].metrics if asking.plan is not None else ()


@dataclass(kw_only=True)
class Asking:
    """Work of a race's rounds, with the state carried from one round to the next."""

    race_schedule: RaceSchedule
    flow_run_id: UUID
    hold: RaceHold
    plan: Plan | None = None
    """Plan of the last round."""
    kept: dict[str, Group] = field(default_factory=dict)
    """Group whose model a server keeps in memory for the next round, by endpoint."""
    told: set[str] = field(default_factory=set)

    async def ask(self, step: Step) -> None:
        """Ask and score all cases of a round."""
        plan_request = PlanRequest(
            request=self.race_schedule.request.evaluation,
            invocation_id=self.race_schedule.invocation_id,
            flow_run_id=str(self.flow_run_id),
            stretch=_stretch(step),
            held_as=self.hold.holder_id,
        )
        plan = await planned(plan_request, (self.race_schedule.benchmark,))
        self.tell_once(plan.notes)
        if len(plan.candidates) < 2:
            raise ConfigurationError("the candidates are all the same", "Give two or more different candidates.")
        await self.hold.take(plan)
        await self._leave_servers_without_work(plan)
        await mark_planned(plan)
        self.plan = plan
        await work_through(plan, self.flow_run_id, ends=False, kept=self.kept)

    async def end(self) -> None:
        """Release the models of the last round from the servers' memory."""
        if self.plan is not None:
            await let_go_of(self.kept, self.plan)

    async def _leave_servers_without_work(self, plan: Plan) -> None:
        """Release the models of servers without work in this round."""
        at_work = {lane.endpoint_name for lane in plan.lanes}
        left = {endpoint: self.kept.pop(endpoint) for endpoint in [*self.kept] if endpoint not in at_work}
        if self.plan is not None:
            await let_go_of(left, self.plan)

    def tell_once(self, notes: tuple[str, ...]) -> None:
        """Log the notes that were not logged yet."""
        for note in notes:
            if note not in self.told:
                log_info("%s", note)
        self.told.update(notes)


def _stretch(step: Step) -> Stretch:
    return Stretch(
        n_cases=step.n_cases,
        n_cases_at_most=step.n_cases_at_most,
        fingerprints=step.keys,
        first_case=step.first_case,
    )


def _minutes_since(began: float) -> float:
    return (time.monotonic() - began) / 60
