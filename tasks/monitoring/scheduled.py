"""Final states of scheduled flow runs.

Only Prefect knows of those that failed before any run was stored.
"""

from datetime import UTC, datetime

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import PrefectException

from evaluation.fingerprint import fingerprint
from evaluation.monitoring.dead_runs import BACK, FlowRunEnd
from evaluation.store.plans import runs_of_flow
from evaluation.store.session import Store
from tasks.flow_logging import log_warning
from tasks.store_calls import call_with_store

TAG = "benchwright"
"""Tag of every flow run that one of our deployments creates."""
MOST = 200
"""Maximum number of flow runs in one answer of Prefect."""
_ENDED = [StateType.COMPLETED, StateType.FAILED, StateType.CRASHED]


async def scheduled_ends() -> tuple[FlowRunEnd, ...]:
    """Return scheduled flow runs that ended within a week, the newest 200, oldest first; none where Prefect is away."""
    filtered = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[TAG]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_ENDED)),
        end_time=FlowRunFilterEndTime(after_=datetime.now(UTC) - BACK),
    )
    try:
        async with get_client() as client:
            flow_runs = await client.read_flow_runs(
                flow_run_filter=filtered, sort=FlowRunSort.END_TIME_DESC, limit=MOST
            )
            scheduled = [run for run in flow_runs if run.auto_scheduled and run.deployment_id is not None]
            names = {
                deployment_id: (await client.read_deployment(deployment_id)).name
                for deployment_id in {run.deployment_id for run in scheduled}
                if deployment_id is not None
            }
    except (httpx.HTTPError, PrefectException) as error:
        log_warning("could not check the flow runs of schedules; retrying next time: %s", type(error).__name__)
        return ()
    with_runs = await call_with_store(_with_runs, [str(run.id) for run in scheduled if _failure(run)])
    return tuple(
        FlowRunEnd(
            flow_run_id=str(run.id),
            name=run.name,
            deployment=names[run.deployment_id],
            asked=fingerprint(run.parameters)[:8],
            failure=_failure(run),
            has_runs=str(run.id) in with_runs,
            ended_at=run.end_time or datetime.now(UTC),
        )
        for run in reversed(scheduled)
        if run.deployment_id is not None
    )


def _failure(run: FlowRun) -> str | None:
    if run.state is None or run.state.is_completed():
        return None
    message = (run.state.message or "").removeprefix("Flow run encountered an exception: ")
    return f"it {run.state.type.value.lower()}: {message}".removesuffix(": ")


def _with_runs(store: Store, flow_run_ids: list[str]) -> frozenset[str]:
    """Return the flow runs with a run in the store."""
    return frozenset(each for each in flow_run_ids if runs_of_flow(store, each))
