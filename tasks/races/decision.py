"""The decision after a block of cases: which candidates are dropped, which go on, and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import task_run

from evaluation.errors import ConfigurationError
from evaluation.formatting import counted
from evaluation.planning.plan import Plan
from evaluation.races.blocks import Block, after
from evaluation.races.confirmation import confirmation
from evaluation.races.elimination import confirmed, decide, give_up
from evaluation.races.rules import Spent
from evaluation.races.state import Decision, Fate, RaceState
from evaluation.records.status import Status
from evaluation.store.races import save_decisions
from evaluation.store.runs import set_run_candidate_status
from evaluation.store.session import Store
from tasks.flow_logging import log_info
from tasks.races.schedule import RaceSchedule, Step, position, run_of
from tasks.store_calls import call_with_store


async def mark_planned(plan: Plan) -> None:
    """Mark every candidate to ask as not begun, whatever state the round before left."""
    await call_with_store(_mark_planned, plan)


def _mark_planned(store: Store, plan: Plan) -> None:
    for item in plan.candidates:
        set_run_candidate_status(store, item.run_candidate_id, Status.PLANNED)


def _task_run_name() -> str:
    step = task_run.parameters["step"]
    return f"decide after {step.name} · {step.n_cases} cases"


@task(name="decide", task_run_name=_task_run_name, cache_policy=NO_CACHE, persist_result=False)
async def make_decision(race_schedule: RaceSchedule, step: Step, *, minutes: float) -> tuple[Decision, ...]:
    """Decide on the cases scored so far; return the decisions, stored.

    Args:
        race_schedule: The race.
        step: What was asked.
        minutes: That this process has taken.

    Raises:
        ConfigurationError: none of those that are in could be asked.
    """
    decisions = await call_with_store(_decide, race_schedule, step, minutes)
    for decision in decisions:
        if decision.fate is not Fate.KEPT:
            log_info("%s is %s: %s", decision.label, str(decision.fate).replace("_", " "), decision.reason)
    n_left = Counter(decision.fate for decision in decisions)[Fate.KEPT]
    if not step.is_confirmation:
        are, cases = "is" if n_left == 1 else "are", counted(step.n_cases, "case")
        log_info("%s: %d of %d %s still in after %s", step.name, n_left, step.n_candidates, are, cases)
    return decisions


def _decide(store: Store, race_schedule: RaceSchedule, step: Step, minutes: float) -> tuple[Decision, ...]:
    here = position(store, race_schedule, minutes=minutes, n_cases=step.n_cases)
    state = after(here.state, _block(here.state, step))
    if step.is_confirmation:
        verdict = confirmation(state, here.grid, seed=race_schedule.request.evaluation.seed)
        decisions = confirmed(state, verdict)
    else:
        reasons = _give_up_reasons(store, race_schedule)
        _refuse_to_end_for_want_of_a_server(state, reasons)
        state, gone = give_up(state, reasons)
        decisions = (*gone, *decide(state, here.grid)[1])
    decisions = _with_costs(decisions, here.spent)
    save_decisions(store, race_schedule.invocation_id, decisions)
    return decisions


def _block(state: RaceState, step: Step) -> Block:
    places = tuple(place for place, runner in enumerate(state.runners) if step.keys is None or runner.key in step.keys)
    return Block(
        name=step.name,
        look=step.look,
        places=places,
        n_cases=step.n_cases,
        first_case=step.first_case,
        is_confirmation=step.is_confirmation,
    )


def _give_up_reasons(store: Store, race_schedule: RaceSchedule) -> dict[str, str]:
    """Return the reason for each candidate that was given up, by fingerprint."""
    run = run_of(store, race_schedule)
    return {
        candidate.plan.candidate_fingerprint: candidate.given_up_reason
        for candidate in (run.candidates if run is not None else ())
        if candidate.status is Status.FAILED and candidate.given_up_reason
    }


def _refuse_to_end_for_want_of_a_server(state: RaceState, reasons: Mapping[str, str]) -> None:
    """Raise if no candidate could be asked: none is dropped, and a resume repeats the round."""
    runners = [state.runners[place] for place in state.alive]
    if runners and all(runner.key in reasons for runner in runners):
        problems = "; ".join(dict.fromkeys(reasons[runner.key] for runner in runners))
        raise ConfigurationError(
            f"none of the {len(runners)} candidates still in the race could be asked: {problems}",
            "Fix that, then run `benchwright race --resume last`.",
        )


def _with_costs(decisions: Sequence[Decision], spent: Spent) -> tuple[Decision, ...]:
    """Return the decisions with the race's costs so far in the evidence of each."""
    return tuple(replace(decision, evidence={**decision.evidence, **asdict(spent)}) for decision in decisions)
