"""The services of `benchwright serve` on one machine, from its start to its end."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Self

import httpx

from deployments.definitions import Definition
from deployments.deploying import Deployed, DeployRequest, deploy
from deployments.forms import Choices
from deployments.helper_process import HelperProcess, start_embedded, start_helper
from deployments.prefect_home import prefect_home
from deployments.prefect_server import PrefectServer, free_port, start_prefect_server
from deployments.serving import worker
from deployments.serving.reconciler import Reconciler
from deployments.serving.restarted_processes import Part

EMBEDDED_SLOTS = 2
FLOWS_HAVE_S = 12.0
"""Seconds that flow runs get to end after they are told to."""
WORKER_HAS_S = 3.0
SERVER_HAS_S = 5.0
STOPPED = "`benchwright serve` was stopped; `benchwright evaluate --resume RUN` resumes from what is stored"
LEFT_BEHIND = "the worker of `benchwright serve` ended while this was running"


class Services:
    """Context manager of a Prefect server, a worker and, if wanted, an embedded server."""

    def __init__(
        self,
        port: int,
        tell: Callable[[str], None],
        take_up: Callable[[bool], Iterable[str]],
        *,
        has_password: bool = True,
    ) -> None:
        """Start the Prefect server; it need not be ready.

        Args:
            port: Port of the server.
            tell: Called with messages for the user.
            take_up: Restarts flow runs whose process is gone, and returns a sentence about each. Its argument tells
                whether a live worker may still report on them.
            has_password: Whether the server requires a password.
        """
        self._stack, self._tell, self._take_up = ExitStack(), tell, take_up
        self._parts: list[Part] = []
        self.model_servers: dict[str, str] = {}
        """Address of each model server that answered at the start, by name."""
        self.pages_url = self.api_url = ""
        """Addresses of Benchwright's own pages and of the HTTP interface, once they were started."""
        self.logs = prefect_home() / "benchwright"
        """Folder of the log files of its processes."""
        self.server = self._start_server(port, has_password=has_password)

    def _start_server(self, port: int, *, has_password: bool) -> PrefectServer:
        server = start_prefect_server(port, has_password=has_password)
        self._stack.callback(server.stop, timeout_s=SERVER_HAS_S)
        assert server.process is not None  # noqa: S101 - it was started here
        self._parts.append(Part("Prefect server", server.start_again, server.process))
        return server

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *end: object) -> None:
        self._stack.close()

    def start_embedded(self) -> str:
        """Start the embedded server for this process and its children, and return its address."""
        start = partial(start_embedded, slots=EMBEDDED_SLOTS, port=free_port())
        part = Part("embedded server", start, start())
        self._stack.callback(lambda: part.process.stop())
        self._parts.append(part)
        os.environ["BENCHWRIGHT_EMBEDDED_URL"] = part.process.url
        self._stack.callback(os.environ.pop, "BENCHWRIGHT_EMBEDDED_URL", None)
        return part.process.url

    def deploy(self, definitions: Sequence[Definition], choices: Choices) -> tuple[Deployed, ...]:
        """Deploy all definitions, and return their state on the server.

        A deployment keeps a work pool that a person has given it.
        """
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            worker.make_pool(client)
            elsewhere = worker.with_another_pool(client, [definition.name for definition in definitions])
        kept = [definition for definition in definitions if definition.name in elsewhere]
        ours = [definition for definition in definitions if definition.name not in elsewhere]
        return deploy(ours, DeployRequest(choices=choices, work_pool=worker.POOL)) + deploy(
            kept, DeployRequest(choices=choices)
        )

    def start_worker(self) -> None:
        """Start the worker, and wait until it has reported to the server.

        Raises:
            ConfigurationError: it does not start.
        """
        since = datetime.now(UTC)
        part = Part("worker", self._worker_again, self._worker_again())
        self._stack.callback(self._end_worker, part)
        self._parts.append(part)
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            part.process.wait_until(lambda: worker.is_at_work(client, since))
        reconciler = Reconciler(partial(self._take_up, True), self._tell)
        self._stack.callback(reconciler.stop)  # before the worker ends: what is cancelled then is made again by nobody
        reconciler.start()

    def start_api(self, port: int) -> None:
        """Start the HTTP interface at a port, and wait until it answers.

        Raises:
            ConfigurationError: it does not start.
        """
        start = partial(_start_api, port, self.logs / "api.log")
        self.pages_url = f"http://127.0.0.1:{port}"
        self.api_url = f"{self.pages_url}/api/v1"
        part = Part("API", start, start())
        self._stack.callback(lambda: part.process.stop())
        self._parts.append(part)
        part.process.wait_for_health(f"{self.pages_url}/health/live")

    def _worker_again(self) -> HelperProcess:
        """Return a new worker after one has ended; flow runs of the old one ended with it, and are marked so."""
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            if n_left := worker.mark_ended(client, state="CRASHED", why=LEFT_BEHIND):
                self._tell(f"note: left behind and marked as crashed: {n_left} flow run{'s' * (n_left != 1)}")
        for sentence in self._take_up(False):
            self._tell(f"note: {sentence}")
        return worker.start_worker()

    def _end_worker(self, part: Part) -> None:
        """Cancel the worker's flow runs, then end it; runs that had no time to report the cancellation are marked."""
        from prefect.client.orchestration import get_client

        with get_client(sync_client=True) as client:
            try:
                if worker.runs_at_work(client):
                    self._tell("cancelling what runs")
                worker.cancel(client, why=STOPPED, within_s=FLOWS_HAVE_S)
                part.process.stop(WORKER_HAS_S)
                worker.mark_ended(client, state="CANCELLED", why=STOPPED)
            except httpx.HTTPError as error:
                self._tell(
                    f"warning: could not report the end of the flow runs to the Prefect server: {type(error).__name__}"
                )
            finally:
                part.process.stop(WORKER_HAS_S)

    def look(self) -> None:
        """Restart parts that have ended.

        Raises:
            ConfigurationError: a part ends again and again.
        """
        for part in self._parts:
            part.look(self._tell)

    def watch(self, every_s: float = 1.0) -> None:
        """Watch the parts until a signal ends this.

        Raises:
            ConfigurationError: a part ends again and again.
        """
        while True:
            time.sleep(every_s)
            self.look()


def _start_api(port: int, log_path: Path) -> HelperProcess:
    # -P: nothing in the user's folder may pass for a module of ours.
    return start_helper([sys.executable, "-P", "-m", "deployments.api", "--port", str(port)], log_path=log_path)
