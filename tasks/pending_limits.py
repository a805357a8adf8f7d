"""Pending updates of Prefect's limits: set to what the stored endpoints serve, where Prefect was away before."""

from collections.abc import Mapping

from evaluation.servers.gpu_limits import gpu_tag, slots_by_tag
from evaluation.store.registry import list_endpoints, set_limit_pending
from evaluation.store.session import Store
from tasks.slots.prefect_limits import ensure_limit


async def apply_pending_limits(store: Store, *, patience_s: float = 30.0) -> Mapping[str, int]:
    """Set the pending limits in Prefect, and return them by GPU tag: each is the slots of its stored endpoints.

    Only limits whose endpoints were given slots since the last time are changed: others may have been edited by hand.

    Raises:
        LimitsAwayError: the Prefect server does not answer; the remaining ones stay pending.
    """
    endpoints = list_endpoints(store)
    slots = slots_by_tag(endpoints)
    done: dict[str, int] = {}
    for tag in dict.fromkeys(gpu_tag(record) for record in endpoints if record.limit_pending):
        await ensure_limit(tag, slots[tag], resize=True, patience_s=patience_s)
        set_limit_pending(store, [record.name for record in endpoints if gpu_tag(record) == tag], pending=False)
        done[tag] = slots[tag]
    return done
