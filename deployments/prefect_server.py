"""A Prefect server for the duration of a command: the user's own if one is configured, else one that we start.

Ours works on the user's `PREFECT_HOME`, so that its runs are available to `prefect server start` later, keeps leases in
files, so that a restart loses none, and records its address for a second command to share. When the server of another
command goes away, we start one of our own in its place, at the same address.
"""

import contextlib
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from deployments.guarded.own_results import read_no_results
from deployments.helper_process import HelperProcess, answers, is_of_this_user, listens, start_helper
from deployments.named_server import must_let_in, wait_for_named
from deployments.prefect_home import (
    configured_api,
    is_writer_alive,
    login,
    mend_modes,
    own_folder,
    password_to_give,
    prefect_home,
    read_address,
    read_address_file,
    remove_address,
    write_address,
)
from deployments.server_health import Health, health_of
from evaluation.errors import ConfigurationError
from evaluation.machine_load import busy_words, stretched_s

HEALTH = "/health"
NO_SERVER = (
    "Start `benchwright serve`, or `prefect server start` and "
    "`prefect config set PREFECT_API_URL=http://127.0.0.1:4200/api`."
)
LOOK_EVERY_S = 2.0
TAKES_OVER_WITHIN_S = 60.0
"""Longest wait in seconds for the ending server of another command to release its port."""
PASSWORD_VARIABLES = ("PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_AUTH_STRING")
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


def running_api() -> str | None:
    """Return the address of a running server: the configured one, if any, else another command's."""
    api = configured_api() or _own_address()
    return api.rstrip("/") if api is not None and answers(api.rstrip("/") + HEALTH) else None


def lasting_api() -> str | None:
    """Return the address of a server that outlives the commands.

    The configured one, if any, else that of `serve`. While this command has a server open of its own, it is that one.
    """
    if (api := configured_api()) is not None and api.rstrip("/") not in _stopped_addresses:
        return api.rstrip("/")
    api = _own_address() if read_address_file().get("is_lasting") else None
    return api if api is not None and _is_there(api) else None


def _is_there(api: str) -> bool:
    """Return whether a server answers, or is only too busy to, at the address that a command wrote."""
    return answers(api + HEALTH) or (is_writer_alive() and health_of(api + HEALTH) is Health.BUSY)


def wait_for_opened() -> None:
    """Wait until the server that this command started has started; return at once where it started none.

    Raises:
        ConfigurationError: it does not start.
    """
    if (server := _opened_server()) is not None and server.is_ours:
        server.wait_for_answer()


def use_lasting_server(needs: str) -> str:
    """Use a server that outlives the commands in this process from now on, and return its address.

    Args:
        needs: Why one is needed, for the error message.

    Raises:
        ConfigurationError: there is none, it does not answer, or it refuses our password.
    """
    if (api := lasting_api()) is None:
        raise ConfigurationError(f"no Prefect server is configured, and {needs}", NO_SERVER)
    server = PrefectServer(api)
    server.wait_for_answer()
    use_server(server)
    read_no_results()
    return api


def _tell_prefect(api: str) -> None:
    """Update the settings of a Prefect that was imported before its server was known."""
    settings, context = sys.modules.get("prefect.settings"), sys.modules.get("prefect.context")
    if not settings or not context:
        return
    api_settings = settings.get_current_settings().api
    password = api_settings.auth_string.get_secret_value() if api_settings.auth_string else None
    if (api_settings.url, password) != (api, os.environ.get("PREFECT_API_AUTH_STRING")):
        context.refresh_global_settings_context()


class PrefectServer:
    """The Prefect server of a command. Where it has to be started, this does not wait until it is ready."""

    def __init__(
        self,
        api: str,
        helper: HelperProcess | None = None,
        *,
        is_shared: bool = False,
        is_lasting: bool = False,
        has_password: bool = True,
    ) -> None:
        self.api = api
        self._is_lasting, self._has_password = is_lasting, has_password
        self.is_shared = is_shared
        """Whether it belongs to another command, so that it may go away before we do."""
        self._helper = helper
        self.is_announced = False
        """True once the user was told that this server was started."""
        self._closing = threading.Event()
        self._guard: threading.Thread | None = None

    @property
    def is_ours(self) -> bool:
        """True if it ends with this command."""
        return self._helper is not None

    @property
    def page(self) -> str:
        """Address of its user interface."""
        return self.api.removesuffix("/api")

    def wait(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Wait until the server answers, and states read in this process can no longer load code.

        Args:
            tell: Reports that it is waited for.

        Raises:
            ConfigurationError: as for `wait_for_answer`.
        """
        self.wait_for_answer(tell)
        read_no_results()

    def wait_for_answer(self, tell: Callable[[str], None] = lambda _: None) -> None:
        """Wait until the server answers, even if it is busy. Prefect is not imported for it.

        Args:
            tell: Reports that it is waited for.

        Raises:
            ConfigurationError: it does not start, or the configured one is unreachable, refuses, or stays busy.
        """
        if self._helper is not None:
            self._wait_for_own()
        elif not self.is_shared:
            wait_for_named(self.api, self.api + HEALTH, tell)
        elif not answers(self.api + HEALTH):
            self._take_over(tell)
        must_let_in(self.api)
        if self.is_shared and self._guard is None:
            self._guard = threading.Thread(target=self._replace_when_gone, daemon=True, name="prefect-server-guard")
            self._guard.start()

    def _wait_for_own(self) -> None:
        assert self._helper is not None  # noqa: S101 - asked by whoever calls
        self._helper.wait_for_health(self.api + HEALTH)
        write_address(self.api, is_lasting=self._is_lasting)

    def _take_over(self, tell: Callable[[str], None]) -> None:
        """Wait until a server answers at the address of another command's, which was ending: ours or a third one's.

        The address stays, since modules imported meanwhile already know it.

        Raises:
            ConfigurationError: the port stays taken by a program that does not answer, or our server does not start.
        """
        deadline, is_told = time.monotonic() + stretched_s(TAKES_OVER_WITHIN_S), False
        while listens(self.api):
            if answers(self.api + HEALTH):
                return
            if time.monotonic() > deadline:
                busy = f": {words}" if (words := busy_words()) else ""
                raise ConfigurationError(
                    f"another command's Prefect server at {self.api} does not respond, but holds its port{busy}",
                    "Wait until that command has ended, or end it; then run this one again.",
                )
            if not is_told:
                tell(f"note: another command's Prefect server at {self.api} is busy or shutting down; waiting for it")
                is_told = True
            time.sleep(min(0.2, LOOK_EVERY_S))
        try:
            self.start_again()
            self._wait_for_own()
        except ConfigurationError:
            self._helper = None
            if not answers(self.api + HEALTH):  # else a third command was faster
                raise

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
        """Process of the server that we started; None: it is not ours."""
        return self._helper

    def start_again(self) -> HelperProcess:
        """Start a server of ours again after it ended; it may not be ready yet."""
        _stopped_addresses.discard(self.api)
        self._helper = _start(int(self.api.rsplit(":", 1)[1].split("/")[0]), has_password=self._has_password)
        return self._helper

    def stop(self, *, timeout_s: float) -> None:
        """Stop the server if it is ours."""
        self._closing.set()
        if self._helper is not None:
            remove_address(self.api)
            self._helper.stop(timeout_s)
            _stopped_addresses.add(self.api)


@contextmanager
def prefect_server(*, has_password: bool = True) -> Iterator[PrefectServer]:
    """Yield the configured server, else a running one of another command, else one of our own.

    Our own is started and not yet waited for.

    From then on its address is in the environment of this process, for a later import of Prefect. A block within
    another one yields the server of the outer block, which may still be starting.

    Args:
        has_password: Whether a server that is started requires a password.
    """
    if (opened := _opened_server()) is not None:
        yield opened
        return
    server = _find_or_start(has_password=has_password)
    _use(server, has_password=has_password)
    _open_servers.append(server)
    try:
        yield server
    except BaseException:
        server.stop(timeout_s=0.5)
        raise
    finally:
        _open_servers.remove(server)
    server.stop(timeout_s=5.0)


_open_servers: list[PrefectServer] = []
"""Servers of the blocks of `prefect_server` that this process is in."""


_stopped_addresses: set[str] = set()
"""Addresses of servers of ours that have ended: the environment of this process still names the last one."""


def _opened_server() -> PrefectServer | None:
    """Return the server of an outer block, unless another one was configured since."""
    api = configured_api()
    return next((server for server in _open_servers if api is not None and server.api == api.rstrip("/")), None)


def find_or_start_server(*, has_password: bool = True) -> PrefectServer:
    """Return the server of `prefect_server` to callers that keep it longer than a block and stop it themselves."""
    server = _find_or_start(has_password=has_password)
    _use(server, has_password=has_password)
    _tell_prefect(server.api)
    return server


def use_server(server: PrefectServer) -> None:
    """Use the server in this process from now on, even if Prefect is already imported."""
    _use(server)
    _tell_prefect(server.api)


def start_prefect_server(port: int, *, has_password: bool = True) -> PrefectServer:
    """Start a server of our own at this port without waiting for it. This process uses it from then on."""
    helper = _start(port, has_password=has_password)
    server = PrefectServer(f"http://127.0.0.1:{port}/api", helper, is_lasting=True, has_password=has_password)
    _use(server, has_password=has_password)
    return server


def _use(server: PrefectServer, *, has_password: bool = True) -> None:
    """Set the environment for a later import of Prefect: this server, and little output."""
    os.environ["PREFECT_API_URL"] = server.api
    is_own = server.is_ours or server.is_shared or server.api == read_address()
    if is_own and has_password:
        os.environ.setdefault("PREFECT_API_AUTH_STRING", password_to_give())
    elif credentials := login():
        os.environ.setdefault("PREFECT_API_AUTH_STRING", ":".join(credentials))
    for name, value in FEWER_WORDS.items():
        os.environ.setdefault(name, value)


def _find_or_start(*, has_password: bool) -> PrefectServer:
    if (api := configured_api()) is not None:
        return PrefectServer(api.rstrip("/"))
    if (api := _own_address()) is not None and _is_there(api):
        return PrefectServer(api, is_shared=True, has_password=has_password)
    port = free_port()
    helper = _start(port, has_password=has_password)
    return PrefectServer(f"http://127.0.0.1:{port}/api", helper, has_password=has_password)


def _own_address() -> str | None:
    """Return the address that another command wrote, unless another user's program listens there now."""
    api = read_address()
    return api if api is not None and is_of_this_user(api) else None


def _start(port: int, *, has_password: bool = True) -> HelperProcess:
    argv = [sys.executable, "-P", "-m", "deployments.guarded.server", "server", "start"]
    argv += ["--host", "127.0.0.1", "--port", str(port)]
    log_path = own_folder() / "server.log"
    mend_modes()
    return start_helper(argv, log_path=log_path, env=_server_environment(port, has_password=has_password))


def _server_environment(port: int, *, has_password: bool) -> dict[str, str]:
    not_inherited = ("PREFECT_API_URL", "PREFECT_UI_API_URL", "PREFECT_SERVER_UI_API_URL")
    env = {name: value for name, value in os.environ.items() if name not in not_inherited}
    env.update(_SERVER_SETTINGS)
    env["PREFECT_HOME"] = str(prefect_home())
    env["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] = f"http://127.0.0.1:{port}"
    for name in PASSWORD_VARIABLES:
        env.pop(name, None)
        if has_password:
            env[name] = password_to_give()
    return env


def free_port() -> int:
    """Return a port on which no program listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
