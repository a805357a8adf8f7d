"""The inside of a process for code that is not ours: its pipes, and its end after a limit."""

import os
import signal
from typing import BinaryIO

GRACE_S = 5.0
"""Seconds after the parent's time limit at which the process ends itself: the parent is gone by then."""


def own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Return the pipes of requests and of replies. What the code prints goes to stderr, and it reads nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the parent's
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return requests, replies


def end_after(seconds: float) -> None:
    """Have the kernel end this process after so many seconds, even where no Python code gets to run; 0: not at all."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
