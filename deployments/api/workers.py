"""Whether workers are there that take flow runs up, and what to do where none is."""

import shlex
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deployments.api.resuming import is_known_dead
from deployments.cli.arguments import open_stored
from deployments.serving.worker import POOL
from evaluation.formatting import counted, listed
from evaluation.results.flow_runs import FlowRunStatus

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

_NOT_BEGUN = ("SCHEDULED", "PENDING")
_MOST_NAMED = 5
_MOST_WORKERS = 200


def n_online(client: "SyncPrefectClient", pool: str) -> int:
    """Return how many workers of a work pool have spoken to the Prefect server lately."""
    from prefect.exceptions import ObjectNotFound

    try:
        workers = client.read_workers_for_work_pool(pool, limit=_MOST_WORKERS)
    except ObjectNotFound:
        return 0
    return sum(worker.status is not None and worker.status.value == "ONLINE" for worker in workers)


def no_worker(pool: str | None) -> str:
    """Return that nobody takes up the flow runs of a work pool, with what to do."""
    if pool is None:
        return "its deployment has no work pool, so that no worker takes it up; `benchwright deploy --work-pool NAME`"
    start = "`benchwright serve`" if pool == POOL else f"`prefect worker start --pool {shlex.quote(pool)}`"
    return f"no worker of the work pool {pool!r} is there to take it up; start {start}"


def with_reason(status: FlowRunStatus, flow_run: "FlowRun", client: "SyncPrefectClient") -> FlowRunStatus:
    """Return the status of a flow run with why it does not go on, where that is known."""
    if status.has_ended or flow_run.deployment_id is None:
        return status
    reasons: list[str] = []
    if status.state_type == "RUNNING":
        with open_stored(None) as store:
            if not is_known_dead(store, flow_run):
                return status
        reasons.append("its process is gone; it is made again, and asks only what is not stored")
    elif status.state_type not in _NOT_BEGUN or not _is_due(flow_run):
        return status
    pool = flow_run.work_pool_name
    if pool is None or not n_online(client, pool):
        reasons.append(no_worker(pool))
    message = "; ".join([*([status.message] if status.message else []), *reasons])
    return replace(status, message=message or None)


def _is_due(flow_run: "FlowRun") -> bool:
    due = flow_run.expected_start_time
    return due is None or due <= datetime.now(UTC)


def workers_of(client: "SyncPrefectClient", pools: "frozenset[str | None]") -> str:
    """Return which workers take up the flow runs of our deployments.

    Raises:
        ValueError: a work pool has none; says what to do.
    """
    if not pools:
        raise ValueError(
            "no deployment of Benchwright is there; `benchwright serve` and `benchwright deploy` make them"
        )
    named = sorted(pool for pool in pools if pool is not None)
    counts = {pool: n_online(client, pool) for pool in named}
    without = [no_worker(pool) for pool, n in counts.items() if not n] + ([no_worker(None)] if None in pools else [])
    if without:
        raise ValueError(listed(without, _MOST_NAMED))
    return ", ".join(f"{pool}: {counted(n, 'worker')}" for pool, n in counts.items())
