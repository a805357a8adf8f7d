"""Helper servers started by this process: unaffected by Ctrl-C, and ended with it however it ends.

A supervisor (`helper_supervisor.py`) runs in a session of its own, with the server in a process group of its own under
it. The supervisor ends the whole group when it is told to and when we are gone. On Linux the kernel ends the server if
the supervisor is killed. That parent-death signal is tied to the thread that starts a process, so the supervisor's only
thread starts the server, and any thread of ours may call `start_helper`.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError

from deployments.helper_supervisor import FOLDER_VARIABLE
from deployments.server_health import ANSWERS_WITHIN_S, Health, health_of
from evaluation.errors import ConfigurationError
from evaluation.files.private_files import make_private_folder
from evaluation.machine_load import busy_words
from evaluation.settings import Settings

VARIABLE = "BENCHWRIGHT_START_TIMEOUT_S"
LEAST_SHARE = 0.01
"""Minimum share of a processor's time; a process that used no more made no progress."""
MOST_TIMES = 10
"""Multiple of the start timeout after which a process that works but is not ready is given up."""


def start_timeout_s() -> float:
    """Return the seconds for which a process may be idle while it starts.

    Raises:
        ConfigurationError: the variable has an invalid value.
    """
    try:
        return Settings().start_timeout_s
    except ValidationError as error:
        if VARIABLE in os.environ and any(item["loc"] == ("start_timeout_s",) for item in error.errors()):
            raise ConfigurationError(
                f"{VARIABLE} is {os.environ[VARIABLE]!r}; it must be a number of seconds above 0",
                f"For example: export {VARIABLE}=600",
            ) from None
        return float(Settings.model_fields["start_timeout_s"].default)  # another setting is wrong, and told elsewhere


class Progress:
    """Progress of a helper: its processor time and the size of its output."""

    def __init__(self, supervisor: int, log_path: Path) -> None:
        """Start the measurement.

        Args:
            supervisor: Process id of the helper's supervisor.
            log_path: Log file of the helper.
        """
        self._supervisor, self._log_path = supervisor, log_path
        self._cpu_s, self._n_bytes = self._measured()

    def has_moved(self, within_s: float) -> bool:
        """Return whether it made progress since the last call, `within_s` ago."""
        (cpu_before_s, n_before), (self._cpu_s, self._n_bytes) = (self._cpu_s, self._n_bytes), self._measured()
        return self._n_bytes > n_before or self._cpu_s - cpu_before_s > LEAST_SHARE * within_s

    def _measured(self) -> tuple[float, int]:
        n_bytes = self._log_path.stat().st_size if os.path.exists(self._log_path) else 0
        return processor_time_s(self._supervisor), n_bytes


def processor_time_s(root: int) -> float:
    """Return the processor time of this process and all its descendants, in seconds.

    0 where the system does not report it.
    """
    if not sys.platform.startswith("linux"):  # pragma: no cover
        return 0.0
    used, parents = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        pid = int(path.parent.name)
        parents[pid], used[pid] = int(fields[1]), sum(map(int, fields[11:15]))
    below = {root}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return float(sum(used.get(pid, 0) for pid in below)) / os.sysconf("SC_CLK_TCK")


_SUPERVISOR = Path(__file__).with_name("helper_supervisor.py")


class HelperProcess:
    """A server that runs until `stop`, the end of the `with` block, or the end of this process."""

    def __init__(self, process: subprocess.Popen[bytes], life_line: int, log_path: Path) -> None:
        self._process, self._life_line, self.log_path = process, life_line, log_path
        self._folder: Path | None = None
        self.url = ""
        """Address of the server; empty until the code that started it has set it."""

    def __enter__(self) -> "HelperProcess":
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Process id of the supervisor; the server is its child."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """False once the server has ended."""
        return self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """The server's exit status; None while it runs."""
        return self._process.poll()

    def log_tail(self, n_lines: int = 20) -> str:
        """Return the last lines of the server's log."""
        if not os.path.exists(self.log_path):
            return ""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-n_lines:])

    def wait_until(self, ready: Callable[[], bool], *, timeout_s: float | None = None) -> None:
        """Wait until `ready` returns True. A helper that does not get there is stopped.

        Args:
            ready: Called repeatedly.
            timeout_s: How long the helper may be idle, without processor time or log output. One that works may take
                ten times as long. None: the setting `start_timeout_s`.

        Raises:
            ConfigurationError: it ended before, or took longer; with the end of its log.
        """
        timeout_s = start_timeout_s() if timeout_s is None else timeout_s
        progress, pause_s = Progress(self.pid, self.log_path), 0.02
        began = time.monotonic()
        deadline = began + timeout_s
        while not ready():
            if not self.running:
                raise self._failed(f"ended with exit status {self.exit_status} while starting", _OF_THE_DEAD)
            now = time.monotonic()
            if now > deadline:
                if not progress.has_moved(timeout_s) or now - began > MOST_TIMES * timeout_s:
                    self.stop()
                    raise self._failed(*_not_ready(now - began, timeout_s))
                deadline = now + timeout_s
            time.sleep(pause_s)
            pause_s = min(pause_s * 1.3, 0.5)

    def wait_for_health(self, url: str, *, timeout_s: float | None = None) -> None:
        """Wait until a GET of `url` is answered with a status under 400.

        Raises:
            ConfigurationError: as for `wait_until`.
        """
        self.wait_until(lambda: answers(url), timeout_s=timeout_s)

    def stop(self, timeout_s: float = 10.0) -> None:
        """Terminate the server, and kill it with its process group after `timeout_s`."""
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGTERM)
            self._process.wait()
        finally:
            self._cut_life_line()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def remove_when_stopped(self, folder: Path) -> None:
        """Delete a folder of this helper when it stops. After a failed start it is kept for its log."""
        self._folder = folder

    def _signal(self, number: int) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)

    def _cut_life_line(self) -> None:
        if self._life_line >= 0:
            os.close(self._life_line)
            self._life_line = -1

    def _failed(self, what: str, next_step: str) -> ConfigurationError:
        self._cut_life_line()
        tail = self.log_tail() or "(it wrote nothing)"
        message = f"the helper server {what}. The end of its log {str(self.log_path)!r}:\n{tail}"
        return ConfigurationError(message, next_step)


_OF_THE_DEAD = "read the log; common causes are a busy port and a full disk"


def _not_ready(after_s: float, timeout_s: float) -> tuple[str, str]:
    """Return the error message for a running helper that does not become ready, and the next step."""
    longer = f"allow more time: `export {VARIABLE}={max(600, 5 * timeout_s):.0f}`"
    if busy := busy_words():
        return f"was not ready after {after_s:.0f} s: {busy}", f"Wait until the machine is less busy, or {longer}."
    return f"was not ready after {after_s:.0f} s", f"Read the log, or {longer}."


def start_helper(argv: Sequence[str], *, log_path: Path, env: Mapping[str, str] | None = None) -> HelperProcess:
    """Start `argv` as a server, with its output appended to `log_path`. It may not be ready yet.

    Args:
        argv: Program and arguments.
        log_path: Created with its folders where missing, readable by the user only.
        env: The whole environment; None: a copy of ours.
    """
    if not os.path.exists(log_path.parent):
        make_private_folder(log_path.parent)
    read_end, life_line = os.pipe()
    log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    # By its path and without site-packages: it starts in a blink and depends on nothing.
    supervisor = [sys.executable, "-I", "-S", str(_SUPERVISOR), str(read_end), str(os.getpid()), *argv]
    try:
        process = subprocess.Popen(
            supervisor,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=None if env is None else dict(env),
            pass_fds=(read_end,),
            start_new_session=True,
        )
    except BaseException:
        os.close(life_line)
        raise
    finally:
        os.close(read_end)
        os.close(log)
    return HelperProcess(process, life_line, log_path)


def start_embedded(
    *,
    slots: int = 2,
    port: int = 0,
    log_path: Path | None = None,
    baselines_only: bool = False,
    test_faults: bool = False,
    timeout_s: float | None = None,
) -> HelperProcess:
    """Start an embedded server and wait until it is ready; the language model is loaded with its first request.

    Args:
        slots: Number of concurrent requests.
        port: Its port; 0: a free one.
        log_path: File of its output; None: one in a temporary folder.
        baselines_only: Leave the language model out.
        test_faults: Offer `/test/faults`.
        timeout_s: As for `HelperProcess.wait_until`.

    Raises:
        ConfigurationError: it did not start; with the end of its log.
    """
    folder = Path(tempfile.mkdtemp(prefix="benchwright-embedded-"))
    ready_file, log_path = folder / "url", log_path or folder / "embedded.log"
    # -P: nothing in the user's folder may pass for a module of ours.
    argv = [sys.executable, "-P", "-m", "deployments.embedded", "--slots", str(slots), "--ready-file", str(ready_file)]
    argv += ["--port", str(port)]
    argv += ["--baselines-only"] * baselines_only + ["--test-faults"] * test_faults
    helper = start_helper(argv, log_path=log_path, env={**os.environ, FOLDER_VARIABLE: str(folder)})
    helper.wait_until(ready_file.exists, timeout_s=timeout_s)
    helper.url = ready_file.read_text()
    helper.remove_when_stopped(folder)
    return helper


def answers(url: str, *, timeout_s: float | None = None) -> bool:
    """Return whether a GET of `url` is answered with a status under 400. No proxy is used.

    Args:
        url: URL to request.
        timeout_s: Timeout in seconds; None: `ANSWERS_WITHIN_S`.
    """
    return health_of(url, timeout_s=timeout_s) is Health.WELL


def listens(url: str) -> bool:
    """Return whether a server listens at the address of `url`, even one that is too busy to answer."""
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 80), ANSWERS_WITHIN_S).close()
    except OSError as error:
        return isinstance(error, TimeoutError)
    return True


def is_of_this_user(url: str) -> bool:
    """Return False if the program that listens at this port of this machine is known to be another user's."""
    port = urlsplit(url).port
    owners = {uid for family in ("tcp", "tcp6") for uid in _listeners(Path("/proc/net") / family, port)}
    return not owners or os.getuid() in owners


def _listeners(table: Path, port: int | None) -> list[int]:
    """Return the user ids of the listeners at a port from the kernel's table; none where there is no such table."""
    try:
        rows = [line.split() for line in table.read_text().splitlines()[1:]]
    except OSError:
        return []
    is_listening = "0A"
    return [int(row[7]) for row in rows if row[3] == is_listening and int(row[1].rpartition(":")[2], 16) == port]
