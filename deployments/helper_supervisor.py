"""Supervisor process of a helper server: ends the server when our process ends.

It is run by path and imports no package of ours. It watches three things: the pipe from its parent (closed: the parent
is gone), the parent's process id (changed: the parent is gone, even where a forked child of it still holds the pipe),
and SIGTERM (once: end politely; twice: end now).
"""

import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

_PR_SET_PDEATHSIG = 1
_GRACE_S = 3.0
"""Seconds between SIGTERM and SIGKILL when the parent is gone."""
_LOOK_EVERY_S = 1.0
FOLDER_VARIABLE = "BENCHWRIGHT_HELPER_FOLDER"
"""Environment variable with a folder to delete once the parent is gone."""


def main(arguments: list[str]) -> int:
    """Run the server, and return its exit status as a shell would.

    Args:
        arguments: The pipe's read end, the parent's process id, then the server's program and arguments.
    """
    life_line, parent, argv = int(arguments[0]), int(arguments[1]), arguments[2:]
    if os.getppid() != parent:
        return 1
    wake = _wakes_on_signals()
    server: subprocess.Popen[bytes] | None = None
    n_asked = 0

    def ask_to_end(_number: int, _frame: object) -> None:
        nonlocal n_asked
        n_asked += 1
        if server is not None:
            _signal_group(server.pid, signal.SIGTERM if n_asked == 1 else signal.SIGKILL)

    # Before the server starts, so that no moment is left in which we could end without it.
    signal.signal(signal.SIGTERM, ask_to_end)
    try:
        server = subprocess.Popen(argv, process_group=0, preexec_fn=_dies_with_its_parent())
    except OSError as error:
        sys.stderr.write(f"{argv[0]!r} cannot be started: {error}\n")
        return 127
    if n_asked:
        _signal_group(server.pid, signal.SIGTERM)
    poll = select.poll()  # `select.select` takes no descriptor above 1023, which whoever starts us may have given us
    for descriptor in (life_line, wake):
        poll.register(descriptor, select.POLLIN)
    while server.poll() is None:
        readable = {descriptor for descriptor, _ in poll.poll(_LOOK_EVERY_S * 1000)}
        if wake in readable:
            os.read(wake, 4096)
        if life_line in readable or os.getppid() != parent:
            _end_group(server)
    # What the server itself left behind.
    _signal_group(server.pid, signal.SIGKILL)
    if os.getppid() != parent and FOLDER_VARIABLE in os.environ:
        shutil.rmtree(os.environ[FOLDER_VARIABLE], ignore_errors=True)
    return server.returncode if server.returncode >= 0 else 128 - server.returncode


def _wakes_on_signals() -> int:
    """Return a descriptor that becomes readable when a child ends or SIGTERM arrives."""
    wake, written = os.pipe()
    os.set_blocking(written, False)
    signal.set_wakeup_fd(written, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    return wake


def _dies_with_its_parent() -> Callable[[], None] | None:
    """Return the server's `preexec_fn` that ties it to its parent; None where the kernel offers nothing."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    supervisor = os.getpid()

    def ask_the_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != supervisor:
            os._exit(1)

    return ask_the_kernel


def _end_group(server: subprocess.Popen[bytes]) -> None:
    _signal_group(server.pid, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_S
    while server.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    _signal_group(server.pid, signal.SIGKILL)
    server.wait()


def _signal_group(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
