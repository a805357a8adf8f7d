"""Restart of flow runs whose process is gone, at most three times each.

Prefect alone does not restart them: a flow run whose worker was killed with it stays *Running* for good. Here the
heartbeat of its holder in the store tells, and a claim in the store decides which of several reconcilers handles it.
"""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.runtime import deployment
from prefect.states import Cancelled, Scheduled

from evaluation.records.runs import HolderRecord, RunRecord
from evaluation.records.status import Status
from evaluation.requests.run_share import Share, is_share, share_of
from evaluation.store.holders import holders_of, holders_of_flow, is_at_work, is_seen, own_silence_s
from evaluation.store.missing import is_missing
from evaluation.store.plans import run_flows, runs_of_flow
from evaluation.store.recoveries import (
    RecoveryRecord,
    claim_recovery,
    count_restart,
    end_claim,
    give_up,
    put_back,
    requested_recoveries,
)
from evaluation.store.runs import find_run, set_run_candidate_status, set_run_status
from evaluation.store.session import Store
from tasks.flow_logging import log_info, log_warning
from tasks.flow_run_starts import is_starting
from tasks.heartbeat import BEAT_EVERY_S
from tasks.recovery import call_crashed_for, free_slots_of_the_dead
from tasks.run_lifecycle import OPEN
from tasks.store_calls import call_store


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphanedRun:
    """State in the store of a flow run whose process is gone."""

    is_share: bool
    """Whether it asked a share of a run's cases for another flow run."""
    holders: tuple[HolderRecord, ...]
    """All processes of the flow run that held its runs."""
    runs: tuple[RunRecord, ...]
    lives: bool
    """Whether another process of the same flow run is at work."""
    is_seen: bool
    """Whether one of its processes exists on this machine, even silent: a laptop that slept, or a very busy machine."""
    is_ended: bool
    """Whether nothing of it is left to do, or only for others."""
    is_missed: bool
    """Whether a live process waits for it; for a share, the one that spread the run."""


def find_orphaned_run(store: Store, flow_run_id: str) -> OrphanedRun:
    """Return the state in the store of a flow run whose process is gone."""
    holders = holders_of_flow(store, flow_run_id)
    share = next((share_of(held.part) for held in holders if held.part and is_share(held.part)), None)
    runs = tuple(find_run(store, run_id) for run_id in runs_of_flow(store, flow_run_id))
    held_by = (held for run in runs for held in holders_of(store, run.plan.run_id))
    open_ = [run for run in runs if run.status in OPEN]
    was_last = all(run_flows(store, run.plan.run_id)[-1] == flow_run_id for run in runs)
    is_completed = all(run.status is Status.COMPLETED for run in runs)
    return OrphanedRun(
        is_share=share is not None,
        holders=holders,
        runs=runs,
        lives=any(is_at_work(held) for held in holders),
        is_seen=any(is_seen(held) for held in holders),
        is_ended=not _has_work(store, open_, share) if share else not (open_ or (is_completed and was_last)),
        is_missed=any(is_at_work(held) and not is_share(held.part) for held in held_by),
    )


def _has_work(store: Store, open_: Sequence[RunRecord], share: Share) -> bool:
    ids = [candidate.run_candidate_id for run in open_ for candidate in run.candidates]
    return is_missing(store, ids, share)


T = TypeVar("T")
MOST_RESTARTS = 3
WORKER_SPEAKS_WITHIN_S = 20.0
"""Seconds within which a live worker reports the end of a flow run; a later report would end the new one."""
WORKER_LETS_GO_WITHIN_S = 180.0
"""Seconds to wait for a worker to free a flow run's place where no event reports it.

After its first report a worker holds the place until it has looked for hooks, and then reports the end once more
(12 s later on a busy machine, a minute on a very busy one). A flow run rescheduled before that would end a worker
with a `--limit`.
"""
LET_GO = "prefect.worker.executed-flow-run"
FINISHING_S = 15.0
"""Maximum seconds for which a cancelled reconciler still finishes with a dead flow run."""
LATE_S = 5.0
GONE = "its process is gone"


async def reconcile(
    store: Store, *, waits: bool = True, workers_live: bool = True, tells_of_waiting: bool = False
) -> tuple[str, ...]:
    """Take care of flow runs whose process is gone, and return a sentence about each.

    Args:
        store: Store of their runs.
        waits: Wait for those that died just now; False if the caller checks again soon.
        workers_live: False where no worker is left that could still report on them.
        tells_of_waiting: Include a sentence about each that cannot be reconciled yet.
    """
    sentences: list[str] = []
    try:
        while not await _database_was_away(store):
            await free_slots_of_the_dead(store)
            open_ = await call_store(requested_recoveries, store)
            async with get_client() as client:
                results = [await _unbroken(_take_care(store, client, record, workers_live)) for record in open_]
            sentences += [sentence for sentence in results if isinstance(sentence, str)]
            waiting = [later for later in results if isinstance(later, _Later)]
            if tells_of_waiting:
                sentences += [later.sentence for later in waiting]
            if not waits or not waiting:
                break
            await asyncio.sleep(1.0)
    except Exception as error:  # whoever calls has work of its own
        log_warning("flow runs whose process is gone will be handled later: %s", error)
    return tuple(sentences)


async def _database_was_away(store: Store) -> bool:
    """Return True until others had time for a heartbeat: during a database outage all live holders are silent."""
    global _quiet_until
    asked_at = time.monotonic()
    silence_s = await call_store(own_silence_s, store)
    now = time.monotonic()
    if silence_s > BEAT_EVERY_S + LATE_S or now - asked_at > LATE_S:
        _quiet_until = now + BEAT_EVERY_S + LATE_S
    return now < _quiet_until


_quiet_until = 0.0


async def reconcile_at_start(store: Store) -> None:
    """Reconcile if started by a worker; a command at a terminal begins at once."""
    if deployment.id is not None:
        await reconcile(store, waits=False)


async def _unbroken(care: Coroutine[Any, Any, T]) -> T:
    """Await `care`, finishing it on cancellation: half done, a flow run would be crashed and never rescheduled."""
    caring = asyncio.ensure_future(care)
    try:
        return await asyncio.shield(caring)
    except asyncio.CancelledError:
        await asyncio.wait([caring], timeout=FINISHING_S)
        caring.cancel()
        raise


@dataclass(frozen=True, slots=True)
class _Later:
    """A flow run that cannot be reconciled yet."""

    sentence: str


async def _take_care(
    store: Store, client: PrefectClient, record: RecoveryRecord, workers_live: bool
) -> str | _Later | None:
    """Return what was done about a flow run, or that it is too early; None: nothing to do, or not possible."""
    is_ours = False
    try:
        flow_run = await _read(client, record.flow_run_id)
        if flow_run is not None and workers_live:
            died_at = await call_store(_died_at, store, record)
            if (due := await _due(client, flow_run, died_at)) > datetime.now(UTC):
                return _Later(_waits_until(flow_run, due))
        is_ours = await call_store(claim_recovery, store, record.flow_run_id)
        if not is_ours:
            return None
        sentence = await _decide(store, client, await _read(client, record.flow_run_id), record, workers_live)
    except Exception as error:  # Prefect is away, or refuses: the next who looks tries again
        log_warning("flow run %s, whose process is gone, will be handled later: %s", record.flow_run_id, error)
        if is_ours:
            await call_store(put_back, store, record.flow_run_id, record.wanted_at)
        return None
    if sentence:
        log_info("%s", sentence)
    return sentence


async def _read(client: PrefectClient, flow_run_id: str) -> FlowRun | None:
    try:
        return await client.read_flow_run(UUID(flow_run_id))
    except ObjectNotFound:
        return None


def _waits_until(flow_run: FlowRun, due: datetime) -> str:
    at_latest = f"at {due.astimezone():%H:%M:%S} at the latest"
    return f"flow run {flow_run.name}: {GONE}; it will be handled once its worker releases it, {at_latest}"


def _died_at(store: Store, record: RecoveryRecord) -> datetime:
    """Return the latest time at which its process can have died: the death may have been noticed much later."""
    found_at = record.wanted_at or record.claimed_at or datetime.now(UTC)
    beats = [held.heartbeat_at for held in holders_of_flow(store, record.flow_run_id)]
    return min(found_at, max(beats) + timedelta(seconds=BEAT_EVERY_S + LATE_S)) if beats else found_at


async def _due(client: PrefectClient, flow_run: FlowRun, died_at: datetime) -> datetime:
    """Return the time after which its worker can no longer report on it."""
    state = flow_run.state
    if state is None or not state.is_crashed() or (state.message or "").startswith(GONE):  # no worker has spoken
        return died_at + timedelta(seconds=WORKER_SPEAKS_WITHIN_S)
    due = state.timestamp + timedelta(seconds=WORKER_LETS_GO_WITHIN_S)
    if due > datetime.now(UTC) and await _was_let_go(client, flow_run.id, state.timestamp):
        return state.timestamp
    return due


async def _was_let_go(client: PrefectClient, flow_run_id: UUID, since: datetime) -> bool:
    """Return whether an event shows that its worker is done with it."""
    event_filter = {
        "occurred": {"since": since.isoformat()},
        "event": {"name": [LET_GO]},
        "any_resource": {"id": [f"prefect.flow-run.{flow_run_id}"]},
    }
    try:
        response = await client.request("POST", "/events/filter", json={"filter": event_filter, "limit": 1})
        return bool(response.json()["events"])
    except (httpx.HTTPError, PrefectException, KeyError, ValueError):  # then its time is waited for
        return False


async def _decide(
    store: Store, client: PrefectClient, flow_run: FlowRun | None, record: RecoveryRecord, workers_live: bool
) -> str | None:
    """Decide about a claimed flow run, and return what was done."""
    flow_run_id = record.flow_run_id
    left = await call_store(find_orphaned_run, store, flow_run_id)
    state = None if flow_run is None else flow_run.state
    if flow_run is None or state is None or left.lives or state.type not in _BROKEN_OFF:
        await call_store(end_claim, store, flow_run_id)  # ended, made again, or of another server
        return None
    waits_for_spreader = left.is_share and not left.is_ended and not left.is_missed
    # A second request may name the same death, by one who read the state before the first was handled.
    starts_again = workers_live and is_starting(state, left.holders)
    if left.is_seen or waits_for_spreader or starts_again:  # if the process that starts dies, that is another death
        await call_store(put_back, store, flow_run_id, None if starts_again else record.wanted_at)
        return None
    if state.type in _CANCELS:
        await _cancelled(store, client, flow_run, left)
        return None
    if left.is_ended or (left.is_missed and not left.is_share):
        await call_crashed_for(client, flow_run.id, f"{GONE}, and nothing is left for it to do")
        await call_store(end_claim, store, flow_run_id)
        return None
    if flow_run.deployment_id is None:
        return await _left_to_its_user(store, client, flow_run, left)
    if record.n_restarts >= MOST_RESTARTS:
        return await _give_up_run(store, client, flow_run, left)
    return await _made_again(store, client, flow_run)


_CANCELS = (StateType.CANCELLING, StateType.CANCELLED)
_BROKEN_OFF = (StateType.RUNNING, StateType.PENDING, StateType.CRASHED, *_CANCELS)
"""States of flow runs that Prefect shows at work, crashed or cancelled."""


async def _made_again(store: Store, client: PrefectClient, flow_run: FlowRun) -> str:
    n = await call_store(count_restart, store, str(flow_run.id))
    await call_crashed_for(client, flow_run.id, GONE)
    again: State[None] = Scheduled(message=f"{GONE}; rescheduled for the {_ordinal(n)} time of at most {MOST_RESTARTS}")
    await client.set_flow_run_state(flow_run.id, again, force=True)
    await call_store(end_claim, store, str(flow_run.id))
    return f"flow run {flow_run.name}: {GONE}; rescheduled ({n} of at most {MOST_RESTARTS} times)"


async def _give_up_run(store: Store, client: PrefectClient, flow_run: FlowRun, left: OrphanedRun) -> str:
    message = f"{GONE} for the {_ordinal(MOST_RESTARTS + 1)} time; giving up"
    await call_crashed_for(client, flow_run.id, message)
    if not left.is_share:
        await call_store(_end, store, left.runs, Status.FAILED, f"{message}; {_resume(left.runs)}")
    await call_store(give_up, store, str(flow_run.id))
    return f"flow run {flow_run.name}: {message}"


async def _cancelled(store: Store, client: PrefectClient, flow_run: FlowRun, left: OrphanedRun) -> None:
    """Mark a flow run and its runs as cancelled, where it had no time to do so itself."""
    ended: State[None] = Cancelled(message=f"{GONE}; it was being cancelled")
    await client.set_flow_run_state(flow_run.id, ended, force=True)
    if not left.is_share and not left.is_missed:
        await call_store(_end, store, left.runs, Status.CANCELLED, "cancelled in Prefect")
    await call_store(end_claim, store, str(flow_run.id))


async def _left_to_its_user(store: Store, client: PrefectClient, flow_run: FlowRun, left: OrphanedRun) -> str:
    """Mark a command's flow run as crashed, and return a sentence with the command that resumes it."""
    await call_crashed_for(client, flow_run.id, GONE)
    await call_store(end_claim, store, str(flow_run.id))
    return f"flow run {flow_run.name}: {GONE}; {_resume(left.runs)}"


def _end(store: Store, runs: Sequence[RunRecord], status: Status, reason: str) -> None:
    for run in runs:
        if run.status not in OPEN:
            continue
        for candidate in run.candidates:
            if candidate.status in OPEN:
                set_run_candidate_status(store, candidate.run_candidate_id, status)
        set_run_status(store, run.plan.run_id, status, reason=reason)


def _resume(runs: Sequence[RunRecord]) -> str:
    if not runs:
        return "nothing of it was begun"
    return f"`benchwright evaluate --resume {runs[0].plan.run_id}` resumes it"


def _ordinal(n: int) -> str:
    return ("first", "second", "third", "fourth")[n - 1]
