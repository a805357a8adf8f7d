"""A Prefect server for as long as a command needs one: the user's own where one is named, else one that we start.

Ours works on the user's `PREFECT_HOME`, so that its runs are there for `prefect server start` later, keeps leases in
files, so that a restart forgets none, and writes its address down for a second command to share. When the server of
another command goes away, we put one of our own in its place, at the same address.
"""

import contextlib
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

from deployments.helper_process import HelperProcess, answers, listens, start_helper
from deployments.prefect_home import (
    configured_api,
    login,
    prefect_home,
    read_address,
    remove_address,
    said_of_address,
    write_address,
)
from evaluation.errors import ConfigurationError

HEALTH = "/health"
NO_SERVER = (
    "Start `benchwright serve`, or `prefect server start` and "
    "`prefect config set PREFECT_API_URL=http://127.0.0.1:4200/api`."
)
LOOK_EVERY_S = 2.0
FEWER_WORDS: Mapping[str, str] = {
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_INTERNAL_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLI_PROMPT": "false",
    "DO_NOT_TRACK": "1",
}
_SERVER_SETTINGS: Mapping[str, str] = {
    **FEWER_WORDS,
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
}


def standing_api() -> str | None:
    """The address of a server that answers now: the user's own where one is named, else another command's."""
    api = configured_api() or read_address()
    return api.rstrip("/") if api is not None and answers(api.rstrip("/") + HEALTH) else None


def lasting_api() -> str | None:
    """The address of a server that outlives the commands: the user's own where one is named, else that of `serve`."""
    if (api := configured_api()) is not None:
        return api.rstrip("/")
    api = read_address() if said_of_address().get("is_lasting") else None
    return api if api is not None and answers(api + HEALTH) else None


def use_lasting_server(needs: str) -> str:
    """The address of such a server, for this process from now on.

    Args:
        needs: Why there must be one, for whoever has none.

    Raises:
        ConfigurationError: there is none, it does not answer, or it refuses our password.
    """
    if (api := lasting_api()) is None:
        raise ConfigurationError(f"no Prefect server is configured, and {needs}", NO_SERVER)
    server = PrefectServer(api)
    server.wait()
    _use(server)
    _tell_prefect(api)
    return api


def _tell_prefect(api: str) -> None:
    """Lets a Prefect that was imported before its server was known hear of it."""
    settings, context = sys.modules.get("prefect.settings"), sys.modules.get("prefect.context")
    if settings and context and settings.get_current_settings().api.url != api:
        context.refresh_global_settings_context()


def must_let_in(api: str) -> None:
    """Returns where the server takes our user and password, or asks for none.

    Raises:
        ConfigurationError: it refuses them. A server that does not answer now is not refused here.
    """
    try:
        status = httpx.get(f"{api}/admin/version", auth=login(), trust_env=False, timeout=10).status_code
    except (httpx.HTTPError, httpx.InvalidURL):
        return
    if status in (401, 403):
        said = "another one than PREFECT_API_AUTH_STRING says" if login() else "and none is set"
        raise ConfigurationError(
            f"the Prefect server at {api} asks for a password, {said}",
            "export PREFECT_API_AUTH_STRING=user:password, as its PREFECT_SERVER_API_AUTH_STRING says",
        )


class PrefectServer:
    """The server that a command works with; started, where it has to be, without waiting for it."""

    def __init__(
        self, api: str, helper: HelperProcess | None = None, *, is_shared: bool = False, is_lasting: bool = False
    ) -> None:
        self.api = api
        self._is_lasting = is_lasting
        self.is_shared = is_shared
        """Another command's: it may go away before we do."""
        self._helper = helper
        self._closing = threading.Event()
        self._guard: threading.Thread | None = None

    @property
    def is_ours(self) -> bool:
        """True where it ends with this command."""
        return self._helper is not None

    @property
    def page(self) -> str:
        """Where its user interface is."""
        return self.api.removesuffix("/api")

    def wait(self) -> None:
        """Return when the server answers.

        Raises:
            ConfigurationError: it does not start, or the user's own does not answer.
        """
        if self._helper is not None:
            self._helper.wait_for_health(self.api + HEALTH)
            write_address(self.api, is_lasting=self._is_lasting)
        elif not answers(self.api + HEALTH):
            raise ConfigurationError(
                f"no Prefect server answers at {self.api} (from PREFECT_API_URL or your Prefect profile)",
                "Start it with `prefect server start`, or `unset PREFECT_API_URL` to have one started for you.",
            )
        must_let_in(self.api)
        if self.is_shared:
            self._guard = threading.Thread(target=self._replace_when_gone, daemon=True, name="prefect-server-guard")
            self._guard.start()

    def _replace_when_gone(self) -> None:
        while not self._closing.wait(LOOK_EVERY_S):
            # Whoever is only busy still has the port, and ours could not take it.
            if self._helper is None and not answers(self.api + HEALTH) and not listens(self.api):
                helper = self.start_again()
                with contextlib.suppress(ConfigurationError):
                    helper.wait_for_health(self.api + HEALTH)
                    write_address(self.api)

    @property
    def process(self) -> HelperProcess | None:
        """The server that we started; None: somebody else's."""
        return self._helper

    def start_again(self) -> HelperProcess:
        """Our server in the place of the one that ended; it may not be ready yet."""
        self._helper = _start(int(self.api.rsplit(":", 1)[1].split("/")[0]))
        return self._helper

    def stop(self, *, timeout_s: float) -> None:
        """Ends the server where it is ours."""
        self._closing.set()
        if self._helper is not None:
            remove_address(self.api)
            self._helper.stop(timeout_s)


@contextmanager
def prefect_server() -> Iterator[PrefectServer]:
    """The user's server, else a running one of another command, else one of our own, started and not yet waited for.

    Its address is in the environment of this process from then on, for the Prefect that is imported later.
    """
    server = _find_or_start()
    _use(server)
    try:
        yield server
    except BaseException:
        server.stop(timeout_s=0.5)
        raise
    server.stop(timeout_s=5.0)


def start_prefect_server(port: int) -> PrefectServer:
    """A server of our own at this port, started and not yet waited for. This process uses it from then on."""
    server = PrefectServer(f"http://127.0.0.1:{port}/api", _start(port), is_lasting=True)
    _use(server)
    return server


def _use(server: PrefectServer) -> None:
    """Lets the Prefect that this process imports later speak to the server, with few words."""
    os.environ["PREFECT_API_URL"] = server.api
    if found := login():
        os.environ.setdefault("PREFECT_API_AUTH_STRING", ":".join(found))
    for name, value in FEWER_WORDS.items():
        os.environ.setdefault(name, value)


def _find_or_start() -> PrefectServer:
    if (api := configured_api()) is not None:
        return PrefectServer(api.rstrip("/"))
    if (api := read_address()) is not None and answers(api + HEALTH):
        return PrefectServer(api, is_shared=True)
    port = _free_port()
    return PrefectServer(f"http://127.0.0.1:{port}/api", _start(port))


def _start(port: int) -> HelperProcess:
    argv = [sys.executable, "-P", "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    env = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    env.update(_SERVER_SETTINGS)
    env["PREFECT_HOME"] = str(prefect_home())
    env["PREFECT_UI_API_URL"] = f"http://127.0.0.1:{port}/api"  # else its pages ask port 4200
    return start_helper(argv, log_path=prefect_home() / "benchwright" / "server.log", env=env)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settle(api: str, flow_run_id: str | None, *, timeout_s: float) -> None:
    """Return when all that this process told the server has arrived, so that the server can end without loss.

    Task runs are written some time after they ended: until the flow run shows none that is not final, and no more come.
    """
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    deadline = time.monotonic() + timeout_s
    for worker in (EventsWorker, APILogWorker):
        worker.drain_all(timeout=max(0.1, deadline - time.monotonic()))
    before: tuple[int, int] | None = None
    while flow_run_id and time.monotonic() < deadline:
        try:
            now = _task_runs(api, flow_run_id)
        except httpx.ConnectError:  # it has gone, and takes nothing in any more
            return
        if now is not None and now == before and now[1] == 0:
            return
        before = now
        time.sleep(0.4)


def _task_runs(api: str, flow_run_id: str) -> tuple[int, int] | None:
    """All task runs of a flow run, and those of them that are not final; None: the server is too busy to say."""
    of_run = {"flow_runs": {"id": {"any_": [flow_run_id]}}}
    open_ = {"task_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING", "SCHEDULED"]}}}}
    with httpx.Client(base_url=api, trust_env=False, timeout=5, auth=login()) as client:
        try:
            found = [client.post("task_runs/count", json=body) for body in (of_run, {**of_run, **open_})]
            return (int(found[0].json()), int(found[1].json())) if all(one.is_success for one in found) else None
        except httpx.ConnectError:
            raise
        except (httpx.HTTPError, ValueError):
            return None
