"""Start and end of runs, recorded in their status whatever happened."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from prefect import get_run_logger

from evaluation.errors import BenchwrightError, DatabaseLostError, StoreError
from evaluation.planning.plan import Plan
from evaluation.records.status import Status
from evaluation.requests.run_share import is_share
from evaluation.scoring.missing_scores import too_many_missing
from evaluation.settings import Settings
from evaluation.store.holders import living_holders
from evaluation.store.runs import runs_of_invocation, set_run_candidate_status, set_run_status
from evaluation.store.session import Store, open_store
from tasks.generation.giving_up import why_given_up
from tasks.generation.workbench import Workbench
from tasks.store_calls import call_store

T = TypeVar("T")
OPEN = (Status.PLANNED, Status.RUNNING, Status.INTERRUPTED)


async def start_runs(store: Store, plan: Plan) -> None:
    """Mark every run of the plan as running."""
    for run in plan.runs:
        await call_store(set_run_status, store, run.run_id, Status.RUNNING)


async def finish_runs(bench: Workbench) -> dict[str, str]:
    """Set and return the final status of each run: failed if a candidate was given up, or too few scores exist."""
    statuses: dict[str, str] = {}
    for run in bench.plan.runs:
        reasons = {
            item.label: reason
            for item in bench.plan.candidates_of(run.run_id)
            if (reason := await call_store(why_given_up, bench, item))
        }
        sentences = [f"{label} was given up: {reason}" for label, reason in reasons.items()]
        budgets = {item.run_candidate_id: item.failure_budget for item in bench.plan.candidates_of(run.run_id)}
        if missing := await call_store(too_many_missing, bench.store, run.run_id, run.metrics, budgets):
            sentences.append(f"{missing}; `benchwright evaluate --resume {run.run_id}` asks them again")
        status = Status.FAILED if sentences else Status.COMPLETED
        status_reason = "; ".join(sentences) or None
        await call_store(set_run_status, bench.store, run.run_id, status, reason=status_reason)
        statuses[run.run_id] = str(status)
    return statuses


async def cancel_runs(invocation_id: str, reason: str | None) -> None:
    """Mark every open run as cancelled."""
    await _shielded(lambda: _end_open(invocation_id, Status.CANCELLED, reason))


async def fail_runs(invocation_id: str, error: Exception) -> None:
    """Mark every open run as failed with the error; a store that fails too is ignored."""
    reason = error.message if isinstance(error, BenchwrightError) else f"{type(error).__name__}: {error}"
    try:
        await _shielded(lambda: _end_open(invocation_id, Status.FAILED, reason))
    except DatabaseLostError:
        return  # so are the runs
    except StoreError as second:
        get_run_logger().warning("the runs could not be marked as failed: %s", second)


async def _shielded(work: Callable[[], T]) -> T:
    """Await work that a cancellation must not interrupt."""
    return await asyncio.shield(asyncio.to_thread(work))


def _end_open(invocation_id: str, status: Status, reason: str | None) -> None:
    with open_store(Settings().database, upgrade_from_empty=False) as store:
        for run in runs_of_invocation(store, invocation_id):
            others = [held for held in living_holders(store, run.plan.run_id) if not is_share(held.part)]
            if run.status not in OPEN or others:
                continue  # ended, or somebody else's: we have let go of ours by now
            for candidate in run.candidates:
                if candidate.status in OPEN:
                    set_run_candidate_status(store, candidate.run_candidate_id, status)
            set_run_status(store, run.plan.run_id, status, reason=reason)
