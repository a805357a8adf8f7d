"""Candidates of a spread run, marked as running before its shares begin."""

from evaluation.planning.plan import Plan
from evaluation.records.status import Status
from evaluation.requests.run_share import is_share
from evaluation.store.holders import living_holders
from evaluation.store.runs import set_run_candidate_status
from evaluation.store.session import Store
from tasks.store_calls import call_store


async def begin_candidates(store: Store, plan: Plan) -> None:
    """Mark all candidates as running, unless shares of their run, which do so too, are already at work."""
    await call_store(_begin, store, plan)


def _begin(store: Store, plan: Plan) -> None:
    for run in plan.runs:
        if any(is_share(held.part) for held in living_holders(store, run.run_id)):
            continue
        for item in plan.candidates_of(run.run_id):
            set_run_candidate_status(store, item.run_candidate_id, Status.RUNNING)
