"""The inside of a process for code that is not ours: its pipes, its limits, and its end with the parent's."""

import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

GRACE_S = 5.0
"""Seconds after the parent's time limit at which the process ends itself, should the parent not have ended it."""
_LIFE_LINE = 3
"""Index in `sys.argv` of the descriptor of the pipe whose other end the parent holds."""
_KILLED_FIRST = "1000"


def own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return the pipes of requests and of replies. What the code prints goes to stderr, and it reads nothing.

    From here on the process ends when its parent does, with all that it started.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the parent's
    if len(sys.argv) > _LIFE_LINE:
        _end_with_parent(int(sys.argv[_LIFE_LINE]))
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return requests, replies


def _end_with_parent(life_line: int) -> None:
    """Have this process and its group killed once nobody holds the other end of a pipe.

    On Linux by the kernel, which asks no Python code: it may loop, sleep, or hold the interpreter's lock. The parent's
    death itself (`PR_SET_PDEATHSIG`) would tell of the thread that started us, and would spare what we start.
    """
    import fcntl

    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(life_line, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(life_line, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(life_line, fcntl.F_SETFL, fcntl.fcntl(life_line, fcntl.F_GETFL) | os.O_ASYNC)
        poll = select.poll()  # `select.select` takes no descriptor above 1023
        poll.register(life_line, select.POLLIN)
        if poll.poll(0):  # it was gone before
            os.killpg(0, signal.SIGKILL)
        return

    def wait() -> None:
        os.read(life_line, 1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def quiet_without_pipes() -> Iterator[None]:
    """End this process at once, without a traceback, where the code has closed the pipes to the parent.

    The parent sees that it ended, and says so of the case.
    """
    try:
        yield
    except OSError:
        os._exit(1)


def end_after(seconds: float) -> None:
    """Have the kernel end this process after so many seconds, even where no Python code gets to run; 0: not at all."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def limit_memory(n_bytes: int) -> None:
    """Let this process, and each that it starts, write to no more memory of its own than so many bytes.

    Beyond it an allocation raises `MemoryError`. Where the machine itself runs out, these processes are killed first.
    """
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_KILLED_FIRST, encoding="ascii")
    if sys.platform.startswith("linux"):  # elsewhere it counts no mapped memory
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        limit = n_bytes if most == resource.RLIM_INFINITY else min(n_bytes, most)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
