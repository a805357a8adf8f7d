"""What has a flow run left in the store whose process is gone: is anything to be done, and does anybody wait for it?"""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.records import RunRecord, Status
from evaluation.requests.run_share import Share, is_share, share_of
from evaluation.store.holders import holders_of, holders_of_flow, is_at_work, is_seen
from evaluation.store.missing import is_missing
from evaluation.store.runs import find_run, run_flows, runs_of_flow
from evaluation.store.session import Store
from tasks.run_lifecycle import OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class OrphanedRun:
    """What a dead flow run has left in the store."""

    is_share: bool
    """It asked a share of a run's cases for another flow run."""
    runs: tuple[RunRecord, ...]
    lives: bool
    """Another process of the same flow run is at work."""
    is_seen: bool
    """A process of it is there on this machine, be it silent: a laptop that slept, or a very busy machine."""
    is_ended: bool
    """Nothing of it is to be done any more, or by somebody else."""
    is_missed: bool
    """Somebody lives who waits for it; of a share: who spread the run."""


def find_orphaned_run(store: Store, flow_run_id: str) -> OrphanedRun:
    """Return what the store knows of the work of a flow run whose process is gone."""
    holders = holders_of_flow(store, flow_run_id)
    share = next((share_of(held.part) for held in holders if held.part and is_share(held.part)), None)
    runs = tuple(find_run(store, run_id) for run_id in runs_of_flow(store, flow_run_id))
    held_by = (held for run in runs for held in holders_of(store, run.plan.run_id))
    open_ = [run for run in runs if run.status in OPEN]
    was_last = all(run_flows(store, run.plan.run_id)[-1] == flow_run_id for run in runs)
    is_completed = all(run.status is Status.COMPLETED for run in runs)
    return OrphanedRun(
        is_share=share is not None,
        runs=runs,
        lives=any(is_at_work(held) for held in holders),
        is_seen=any(is_seen(held) for held in holders),
        is_ended=not _has_work(store, open_, share) if share else not (open_ or (is_completed and was_last)),
        is_missed=any(is_at_work(held) and not is_share(held.part) for held in held_by),
    )


def _has_work(store: Store, open_: Sequence[RunRecord], share: Share) -> bool:
    ids = [candidate.run_candidate_id for run in open_ for candidate in run.candidates]
    return is_missing(store, ids, share)
