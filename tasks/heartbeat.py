"""The heartbeat of a process that works on runs: a process that falls silent counts as dead."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

from prefect import get_run_logger
from prefect.runtime import flow_run

from evaluation.errors import DatabaseLostError, StoreError
from evaluation.store.holders import beat, let_go, take_hold
from evaluation.store.session import Store
from tasks.recovery import free_slots_of_the_dead
from tasks.store_calls import call_store

BEAT_EVERY_S = 15.0


@asynccontextmanager
async def hold_runs(store: Store, run_ids: Sequence[str], *, part: str | None = None) -> AsyncIterator[str]:
    """Hold the runs for this process and its flow run, with the slots of dead processes freed; yields the holder's id.

    Args:
        store: Store that records it.
        run_ids: Runs to hold; none where only the flow run's heartbeat is needed.
        part: Part of the runs, while others hold other parts; None: the whole, exclusively.

    Raises:
        HeldError: another process works on one of them.
    """
    flow_run_id = str(flow_run.id) if flow_run.id else None
    holder_id = uuid4().hex
    beating = None
    try:
        await call_store(take_hold, store, run_ids, alone=True, flow_run_id=flow_run_id, part=part, holder_id=holder_id)
        beating = asyncio.create_task(_beat(store, holder_id))
        await free_slots_of_the_dead(store)
        yield holder_id
    finally:
        if beating is not None:
            beating.cancel()
        with contextlib.suppress(StoreError):  # such as that it could not take hold
            await asyncio.shield(asyncio.to_thread(let_go, store, holder_id))


async def _beat(store: Store, holder_id: str) -> None:
    while True:
        await asyncio.sleep(BEAT_EVERY_S)
        try:
            await asyncio.to_thread(beat, store, holder_id)
        except DatabaseLostError:
            return  # which ends the flow run
        except Exception as error:  # without a heartbeat the living count as dead
            get_run_logger().warning("could not store the heartbeat; retrying: %s", error)
