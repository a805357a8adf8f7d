"""The worker of `benchwright serve`: its work pool, the process that runs its flows, and how those end.

Its flow runs are processes in the worker's own group, not each in a session of its own as in Prefect, so that the
supervisor of `helper_process.py` ends them with the worker, however we end. The worker is `guarded/worker.py`: command,
environment and folder set by the pool's template, a deployment or a flow run are not used.
"""

import os
import sys
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployments.guarded.own_flows import engine_command
from deployments.helper_process import HelperProcess, start_helper
from deployments.prefect_home import own_folder, prefect_home
from evaluation.errors import ConfigurationError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

POOL = "benchwright-serve"
WORKER = "benchwright serve"
LOOKS_EVERY_S = 2
"""Interval in seconds at which the worker asks for flow runs to start; Prefect's default is 10."""
DESCRIPTION = "This machine, as long as `benchwright serve` runs on it."
CHOSEN_BY_NOBODY = ("command", "env", "working_dir")
"""Job variables that are fixed, since they would let a flow run start any program."""
_AT_WORK = ("RUNNING", "PENDING", "CANCELLING")


def start_worker() -> HelperProcess:
    """Start the worker on the server of this process; its flows get this process's settings."""
    argv = [
        sys.executable,
        "-P",
        "-m",
        "deployments.guarded.worker",
        "worker",
        "start",
        "--type",
        "process",
        "--pool",
        POOL,
    ]
    argv += ["--name", WORKER, "--install-policy", "never"]
    return start_helper(argv, log_path=own_folder() / "worker.log", env=_environment())


def _environment() -> Mapping[str, str]:
    folder = str(Path(sys.executable).parent)  # programs of this installation, for whoever calls them by name
    return {
        **os.environ,
        "PATH": os.pathsep.join([folder, os.environ.get("PATH", os.defpath)]),
        "PREFECT_HOME": str(prefect_home()),
        "PREFECT_WORKER_QUERY_SECONDS": str(LOOKS_EVERY_S),
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO",
    }


def make_pool(client: "SyncPrefectClient") -> None:
    """Create the work pool if there is none, and make its runs end with the worker.

    Raises:
        ConfigurationError: a pool of that name is of another type.
    """
    from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
    from prefect.exceptions import ObjectNotFound
    from prefect.workers.process import ProcessWorker

    try:
        standing = client.read_work_pool(POOL)
    except ObjectNotFound:
        template = _closed(ProcessWorker.get_default_base_job_template())
        client.create_work_pool(
            WorkPoolCreate(name=POOL, type="process", description=DESCRIPTION, base_job_template=template)
        )
        return
    if standing.type != "process":
        raise ConfigurationError(
            f"the work pool {POOL!r} is of the type {standing.type!r}, and `serve` needs one of the type 'process'",
            f"Delete it: prefect work-pool delete {POOL}",
        )
    template = _closed(standing.base_job_template)
    client.update_work_pool(POOL, WorkPoolUpdate(base_job_template=template))


def _closed(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template with our command, and without the variables by which a run could choose how it is started.

    Our worker uses none of it. It restricts any worker of Prefect's own that is started on the pool in the same way.
    """
    variables = template.get("variables", {})
    fields = {name: field for name, field in variables.get("properties", {}).items() if name not in CHOSEN_BY_NOBODY}
    job = {name: value for name, value in template.get("job_configuration", {}).items() if name not in CHOSEN_BY_NOBODY}
    return {
        **template,
        "job_configuration": {**job, "command": engine_command(), "env": {}, "working_dir": None},
        "variables": {**variables, "properties": fields},
    }


def with_another_pool(client: "SyncPrefectClient", names: list[str]) -> list[str]:
    """Return the deployments that use another work pool on the server."""
    query = {"deployments": {"name": {"any_": names}}, "limit": 200}
    deployments = client.request("POST", "/deployments/filter", json=query).json()
    return [
        deployment["name"]
        for deployment in deployments
        if deployment["work_pool_name"] not in (None, POOL) and _is_ours(deployment)
    ]


def _is_ours(deployment: Mapping[str, Any]) -> bool:
    return str(deployment["entrypoint"] or "").startswith("flows.")


def is_at_work(client: "SyncPrefectClient", since: datetime) -> bool:
    """Return True once the worker has reported to the server; False while the server is too busy to answer."""
    import httpx

    of_pool = {"work_pool_name": POOL}
    try:
        answer = client.request("POST", "/work_pools/{work_pool_name}/workers/filter", path_params=of_pool, json={})
        workers = answer.json()
    except httpx.TransportError:
        return False
    except httpx.HTTPStatusError as error:
        if error.response.status_code < 500:
            raise
        return False
    seen = (
        worker["last_heartbeat_time"]
        for worker in workers
        if worker["name"] == WORKER and worker["last_heartbeat_time"]
    )
    return any(datetime.fromisoformat(text) >= since - timedelta(seconds=1) for text in seen)


def runs_at_work(client: "SyncPrefectClient") -> list[str]:
    """Return the ids of the pool's flow runs that a process works on, according to the server."""
    query = {
        "work_pools": {"name": {"any_": [POOL]}},
        "flow_runs": {"state": {"type": {"any_": list(_AT_WORK)}}},
        "limit": 200,
    }
    return [str(flow_run["id"]) for flow_run in client.request("POST", "/flow_runs/filter", json=query).json()]


def cancel(client: "SyncPrefectClient", *, why: str, within_s: float) -> int:
    """Cancel the pool's flow runs, wait for their end within the time limit, and return their number."""
    told: set[str] = set()
    deadline = time.monotonic() + within_s
    while (at_work := runs_at_work(client)) and time.monotonic() < deadline:
        for flow_run_id in set(at_work) - told:
            _set_state(client, flow_run_id, "CANCELLING", why, force=False)
            told.add(flow_run_id)
        time.sleep(0.3)
    return len(told)


def mark_ended(client: "SyncPrefectClient", *, state: str, why: str) -> int:
    """Mark the pool's flow runs that did not report how they ended, and return their number.

    No process works on them any more.
    """
    left = runs_at_work(client)
    for flow_run_id in left:
        _set_state(client, flow_run_id, state, why, force=True)
    return len(left)


def _set_state(client: "SyncPrefectClient", flow_run_id: str, state: str, why: str, *, force: bool) -> None:
    body = {"state": {"type": state, "message": why}, "force": force}
    client.request("POST", "/flow_runs/{id}/set_state", path_params={"id": flow_run_id}, json=body)
