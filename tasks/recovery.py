"""Cleanup after dead processes before work goes on: their slots are freed, their flow runs marked as crashed."""

from collections.abc import Sequence
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import State, StateType
from prefect.states import Crashed

from evaluation.errors import StoreError
from evaluation.store.holders import dead_holders, end_holder
from evaluation.store.plans import run_flows
from evaluation.store.session import Store
from tasks.flow_logging import log_info, log_warning
from tasks.slots import LimitsAwayError, free_dead_slots
from tasks.store_calls import call_store

OPEN_STATES = (StateType.PENDING, StateType.RUNNING)
PAGE, MOST_PAGES = 100, 20


async def free_slots_of_the_dead(store: Store) -> None:
    """Give back the GPU slots that dead holders of this store's runs still lease."""
    for holder in await call_store(dead_holders, store):
        try:
            n_freed = await free_dead_slots(holder.lease_ids)
            await call_store(end_holder, store, holder.holder_id)
        except (StoreError, LimitsAwayError) as error:
            log_warning("could not clean up after process %d on %s, which is gone: %s", holder.pid, holder.host, error)
            continue
        if n_freed:
            log_info("freed the GPU slots that process %d left behind", holder.pid)


async def call_crashed(store: Store, run_ids: Sequence[str], own_id: UUID, *, but: str | None = None) -> None:
    """Mark flow runs of these runs as crashed in Prefect, where they died and are still shown as running.

    Args:
        store: Store of the runs' holders.
        run_ids: The runs.
        own_id: Our own flow run.
        but: Tag of flow runs that work in parallel with us, which are left alone.
    """
    earlier = {flow for run_id in run_ids for flow in await call_store(run_flows, store, run_id)}
    if not (earlier := earlier - {str(own_id)}):
        return
    async with get_client() as client:
        for flow_run_id in earlier:
            try:
                flow_run = await client.read_flow_run(UUID(flow_run_id))
                if flow_run.state is not None and not flow_run.state.is_final() and but not in flow_run.tags:
                    await call_crashed_for(
                        client, flow_run.id, "its process is gone; another flow run continues its work"
                    )
            except Exception as error:  # another server's flow run, or none that answers: it is only tidiness
                log_warning("could not mark flow run %s as crashed: %s", flow_run_id, error)


async def call_crashed_for(client: PrefectClient, flow_run_id: UUID, why: str) -> None:
    """Mark a flow run and its open task runs as crashed."""
    state: State[None] = Crashed(message=why)
    await client.set_flow_run_state(flow_run_id, state, force=True)
    await _call_tasks_crashed(client, flow_run_id)


async def _call_tasks_crashed(client: PrefectClient, flow_run_id: UUID) -> None:
    """Mark its task runs as crashed, page by page."""
    of_run = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id]))
    open_ = TaskRunFilter(state=TaskRunFilterState(type=TaskRunFilterStateType(any_=list(OPEN_STATES))))
    for _ in range(MOST_PAGES):
        task_runs = await client.read_task_runs(flow_run_filter=of_run, task_run_filter=open_, limit=PAGE)
        for task_run in task_runs:
            state: State[None] = Crashed(message="its process is gone")
            await client.set_task_run_state(task_run.id, state, force=True)
        if len(task_runs) < PAGE:
            return
