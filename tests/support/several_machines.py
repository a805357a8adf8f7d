"""The processes of compose.yaml on one machine: Prefect's server and results on PostgreSQL, and workers of one pool."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from free_ports import free_port

from deployments.definitions import chosen
from deployments.deploying import DeployRequest, deploy
from deployments.forms import Choices
from deployments.helper_process import HelperProcess, start_helper

POOL = "benchwright"
DEADLINE_S = 600.0
"""Less than pytest's `faulthandler_timeout`, which ends the whole process without a word of how things stood."""


def until(condition: Callable[[], bool], *, what: Callable[[], str] = str) -> None:
    """Returns as soon as it holds; the time is for machines that are very slow.

    Args:
        condition: What is waited for.
        what: Says how things stand, where it did not come.
    """
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {DEADLINE_S:.0f} s: {what()}")
        time.sleep(0.2)


class Worker:
    """A worker of the pool, with the processes of its flow runs under it."""

    def __init__(self, name: str, folder: Path, env: dict[str, str], *, limit: int) -> None:
        self.name, self.log = name, folder / f"{name}.log"
        argv = [sys.executable, "-P", "-m", "prefect", "worker", "start", "--type", "process", "--pool", POOL]
        argv += ["--name", name, "--limit", str(limit), "--install-policy", "never"]
        home = folder / f"home of {name}"
        self._orphans: list[int] = []
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                argv,
                env=env | {"PREFECT_HOME": str(home), "PREFECT_WORKER_QUERY_SECONDS": "2"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def processes(self) -> list[int]:
        """The worker's process and all that stand under it."""
        children: dict[int, list[int]] = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                fields = path.read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(path.parent.name))
        found = [self._process.pid]
        for pid in found:
            found += children.get(pid, [])
        return found

    def lives(self) -> bool:
        """False where the worker's own process has ended."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Ends all of them at once, so that nobody is left to say so: the worker first, stopped while it is counted."""
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, signal.SIGSTOP)
        for pid in [*self.processes(), *self._orphans]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def kill_alone(self) -> None:
        """Ends the worker's own process at once, and none of its flow runs'."""
        self._orphans = self.processes()[1:]
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()


class SeveralMachines:
    """A Prefect server with its workers. Made by `several_machines`."""

    def __init__(self, folder: Path, server: HelperProcess, api: str, env: dict[str, str]) -> None:
        self.api, self._folder, self._server, self._env = api, folder, server, env
        self._workers: list[Worker] = []

    def worker(self, *, limit: int) -> Worker:
        """A new worker that runs so many flow runs at once."""
        made = Worker(f"worker-{len(self._workers) + 1}", self._folder, self._env, limit=limit)
        self._workers.append(made)
        return made

    def stop(self) -> None:
        """Ends all."""
        for worker in self._workers:
            worker.kill()
        self._server.stop(timeout_s=10)

    def evaluate(self, **request: Any) -> UUID:
        """Starts the deployment `evaluate`, as its form does; the id of its flow run."""
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            found = client.read_deployment_by_name("evaluate/evaluate")
            return client.create_flow_run_from_deployment(found.id, parameters={"request": request}).id

    def flow_runs(self, invocation_id: str) -> "dict[str, Any]":
        """The flow runs over which an evaluation is spread, by name."""
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.filters import FlowRunFilter

        tagged = FlowRunFilter.model_validate({"tags": {"all_": [f"invocation:{invocation_id}"]}})
        with get_client(sync_client=True) as client:
            return {one.name: one for one in client.read_flow_runs(flow_run_filter=tagged)}

    def state_of(self, flow_run_id: UUID) -> str:
        """The kind of its state."""
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            state = client.read_flow_run(flow_run_id).state
        return "" if state is None else str(state.type.value)

    def story(self) -> str:
        """How the flow runs are and what they said last, for whoever looks into a failure."""
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.sorting import LogSort

        with get_client(sync_client=True) as client:
            found = client.read_flow_runs()
            names: dict[UUID | None, str] = {one.id: one.name for one in found}
            said = client.read_logs(limit=200, sort=LogSort.TIMESTAMP_DESC)
        lines = [f"{one.name}, {one.run_count} times: {_told(one.state)}" for one in found]
        lines += [
            f"{one.timestamp:%X} {names.get(one.flow_run_id)}: {one.message}"
            for one in reversed(said)
            if not one.message.startswith("Finished in state")
        ]
        lines += self._dead_and_alive()
        return "\n".join(lines)

    def _dead_and_alive(self) -> list[str]:
        """Who holds what, and which flow runs are to be made again, by the results' database."""
        import psycopg
        from psycopg.rows import dict_row

        with psycopg.connect(self._env["BENCHWRIGHT_DATABASE_URL"], row_factory=dict_row) as connection:
            asked = ("SELECT * FROM recovery", "SELECT * FROM holder ORDER BY started_at DESC LIMIT 12")
            return [str(row) for text in asked for row in connection.execute(text).fetchall()]


def _told(state: Any) -> str:
    return "" if state is None else f"{state.type.value} since {state.timestamp:%X}: {state.message}"


@contextmanager
def several_machines(
    folder: Path, *, prefect_url: str, results_url: str, form_files: Path
) -> Iterator[SeveralMachines]:
    """A running Prefect server on PostgreSQL, its deployments in a pool, and no worker yet.

    Args:
        folder: For logs and homes.
        prefect_url: `postgresql://…` of an empty database.
        results_url: Of the results, with its schema.
        form_files: The folder of which flow runs may name files.
    """
    from prefect.settings import PREFECT_API_URL, temporary_settings

    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    plain = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    server_env = plain | {
        "PREFECT_HOME": str(folder / "home of the server"),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": prefect_url.replace("postgresql://", "postgresql+asyncpg://", 1),
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    argv = [sys.executable, "-P", "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    server = start_helper(argv, log_path=folder / "server.log", env=server_env)
    as_in_life = {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO"}  # a flow run logs into a pipe to its worker
    ours = {
        "PREFECT_API_URL": api,
        "BENCHWRIGHT_DATABASE_URL": results_url,
        "BENCHWRIGHT_FORM_FILES": str(form_files),
    }
    env = plain | as_in_life | ours
    machines = SeveralMachines(folder, server, api, env)
    try:
        server.wait_for_health(f"{api}/health", timeout_s=DEADLINE_S)
        with temporary_settings({PREFECT_API_URL: api}):
            _deploy()
            yield machines
    finally:
        machines.stop()


def _deploy() -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate

    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
    deploy(chosen(("evaluate", "stretch")), DeployRequest(choices=Choices(), work_pool=POOL))
