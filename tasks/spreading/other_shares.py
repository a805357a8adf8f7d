"""State of the other shares of a spread run, for a process that asks one of them."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime

from evaluation.errors import StoreError
from evaluation.planning.plan import Plan
from evaluation.records.status import Status
from evaluation.requests.run_share import is_share
from evaluation.store.holders import holders_of, is_alive, living_holders
from evaluation.store.missing import count_failures_since
from evaluation.store.recoveries import find_recovery
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store
from evaluation.store.statements import now
from evaluation.store.summaries import progress
from tasks.flow_logging import log_warning
from tasks.generation.group_work import GroupWork
from tasks.generation.workbench import Workbench
from tasks.reconciling import reconcile
from tasks.run_lifecycle import OPEN
from tasks.store_calls import call_store

LOOK_EVERY_S = 2.0
RECONCILE_EVERY_S = 15.0
STALLED_AFTER_S = 30.0
"""Seconds without progress after which other shares are no longer waited for."""
SUSPECT_AFTER_S = 25.0
"""Seconds without a heartbeat after which a process may be dead; it counts as dead after a minute."""
HEARD_WITHIN_S = 900.0
"""Seconds for which a share that has nothing left to ask stays for the process that waits for it."""


async def note_the_others(bench: Workbench) -> None:
    """Count the failures and give-ups of the other shares before anything is asked."""
    await asyncio.to_thread(_look, bench, await call_store(_began, bench))


async def until_the_run_is_over(bench: Workbench) -> None:
    """Wait until the runs are ended. Until then give-ups and failures of the others count here too."""
    since = await call_store(_began, bench)
    reconciled_at = time.monotonic()
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            if await asyncio.to_thread(_look, bench, since):
                return
            if time.monotonic() - reconciled_at >= RECONCILE_EVERY_S:
                reconciled_at = time.monotonic()
                await reconcile(bench.store, waits=False)
        except StoreError as error:
            log_warning("could not check the other shares; retrying later: %s", error)


def _began(bench: Workbench) -> datetime:
    """Return the start time of the process that spread the run."""
    run_ids = [run.run_id for run in bench.plan.runs]
    held = [held for run_id in run_ids for held in living_holders(bench.store, run_id) if not is_share(held.part)]
    return min((holder.started_at for holder in held), default=bench.opened_at)


def _look(bench: Workbench, since: datetime) -> bool:
    """Return whether the runs have ended; counts the failures and give-ups of candidates elsewhere."""
    runs = runs_of_invocation(bench.store, bench.plan.invocation_id)
    for candidate in (candidate for run in runs for candidate in run.candidates):
        if (watch := bench.watches.get(candidate.run_candidate_id)) is None:
            continue
        n_failed = count_failures_since(bench.store, candidate.run_candidate_id, since)
        watch.n_failed_elsewhere = max(0, n_failed - watch.n_failed)
        if candidate.status is Status.FAILED and watch.given_up is None:
            watch.given_up = candidate.given_up_reason
    return not any(run.status in OPEN for run in runs)


async def until_others_need_no_other_model(bench: Workbench, work: GroupWork) -> None:
    """Wait until the other shares are done with earlier groups, so that a server does not switch between models.

    Shares without progress for `STALLED_AFTER_S` are not waited for.
    """
    if bench.plan.share is None:
        return
    earlier = _earlier_candidates(bench, work)
    n_before, came_at = -1, time.monotonic()
    while earlier and (n_left := await call_store(_n_left, bench.store, bench.plan.invocation_id, earlier)):
        if n_left != n_before:
            n_before, came_at = n_left, time.monotonic()
        elif time.monotonic() - came_at >= STALLED_AFTER_S:
            return
        await asyncio.sleep(LOOK_EVERY_S)


async def others_still_ask(bench: Workbench, work: GroupWork) -> bool:
    """Return whether other shares have cases left for the model.

    The last share of all unloads it.
    """
    if bench.plan.share is None:
        return False
    planned = (item.run_candidate_id for item in work.group.planned)
    run_candidate_ids = frozenset(
        run_candidate_id for run_candidate_id in planned if bench.watches[run_candidate_id].given_up is None
    )
    return (
        bool(run_candidate_ids)
        and await call_store(_n_left, bench.store, bench.plan.invocation_id, run_candidate_ids) > 0
    )


def _earlier_candidates(bench: Workbench, work: GroupWork) -> frozenset[int]:
    """Return the candidates that the work's servers are asked for earlier, with another model in memory."""
    own = work.group
    return frozenset(
        item.run_candidate_id
        for other in bench.works[: bench.works.index(work)]
        if other.group.residency != own.residency and set(other.group.endpoints) & set(own.endpoints)
        for item in other.group.planned
    )


def _n_left(store: Store, invocation_id: str, run_candidate_ids: frozenset[int]) -> int:
    candidate_progress = [item for item in progress(store, invocation_id) if item.run_candidate_id in run_candidate_ids]
    return sum(
        item.n_planned - item.n_done - item.n_failed for item in candidate_progress if item.status is not Status.FAILED
    )


async def until_the_spreader_is_heard(store: Store, plan: Plan) -> None:
    """Wait for a recent heartbeat of the process that waits for our share; if it is gone, it is restarted first."""
    began = time.monotonic()
    await reconcile(store)
    while await call_store(_is_suspect, store, [run.run_id for run in plan.runs]):
        if time.monotonic() - began > HEARD_WITHIN_S:
            return
        await asyncio.sleep(LOOK_EVERY_S)
        await reconcile(store)


def _is_suspect(store: Store, run_ids: Sequence[str]) -> bool:
    """Check whether it stopped responding and was not marked dead yet, or was, and waits to be rescheduled."""
    spreaders = [held for run_id in run_ids for held in holders_of(store, run_id) if not is_share(held.part)]
    if not spreaders:
        return False
    last = max(spreaders, key=lambda held: held.started_at)
    if last.ended_at is not None:
        recovery = find_recovery(store, last.flow_run_id) if last.flow_run_id else None
        return recovery is not None and recovery.is_open
    return (now() - last.heartbeat_at).total_seconds() > SUSPECT_AFTER_S or not is_alive(last)
