"""A process for code that is not ours, so that it cannot harm a run: what it does ends that process alone.

A thread would not do: a pattern with catastrophic backtracking holds the interpreter's lock, so not even a timeout
could be observed. It is no sandbox: the code has its user's rights.

A pipe to which nothing is written ties it to our process: the kernel closes our end of it however we end, `kill -9`
included, and then the child ends with all that it started (`child_side`).
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO, Any, TypeVar

GIVEN_UP_AFTER = 3
"""Consecutive calls that never returned or ended the process, after which the code is no longer called."""

_CODE = (
    "import importlib, json, sys; sys.path[:] = json.loads(sys.argv[1]); importlib.import_module(sys.argv[2]).main()"
)

T = TypeVar("T")


class TooLateError(Exception):
    """The process did not answer within its limit, and was ended."""


class ChildProcess:
    """A process that runs the `main` of one of our modules. May be ended from any thread."""

    def __init__(self, module: str) -> None:
        """Start it.

        Args:
            module: Its `main` reads requests from stdin and writes replies to stdout.

        Raises:
            OSError: it cannot be started.
        """
        ours, its = os.pipe()[::-1] if os.name == "posix" else (None, None)
        self._life_line = ours
        inherited = () if its is None else (its,)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _CODE, json.dumps(sys.path), module, *map(str, inherited)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # a Ctrl-C at the terminal is ours
                pass_fds=inherited,
            )
        except BaseException:
            self._cut_life_line()
            raise
        finally:
            if its is not None:
                os.close(its)

    def exchanged(self, send: Callable[[IO[bytes]], object], receive: Callable[[IO[bytes]], T], limit_s: float) -> T:
        """Send a request, and return the reply.

        Args:
            send: Writes the request.
            receive: Reads the reply; whatever it or `send` raises is raised.
            limit_s: Seconds after which the process is ended.

        Raises:
            TooLateError: there was no reply within that time.
        """
        process, late = self._process, threading.Event()
        assert process.stdin is not None  # noqa: S101 - pipes were asked for
        assert process.stdout is not None  # noqa: S101 - likewise

        def end_it() -> None:
            late.set()
            self.kill()

        timer = threading.Timer(limit_s, end_it)
        timer.daemon = True
        timer.start()
        try:
            send(process.stdin)
            process.stdin.flush()
            return receive(process.stdout)
        except Exception as error:
            if late.is_set():
                raise TooLateError from error
            raise
        finally:
            timer.cancel()

    def is_alive(self) -> bool:
        """Check whether the process still runs; one that ended is not waited for, so that its number stays its own."""
        if self._process.returncode is not None:
            return False
        if not hasattr(os, "waitid"):
            return self._process.poll() is None
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def kill(self) -> None:
        """End the process and those that it started, also while a request waits for its reply."""
        process = self._process
        if process.returncode is not None:  # until it is waited for, its number stays its own
            return
        try:
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        except (ProcessLookupError, PermissionError):
            process.kill()

    def end(self) -> str:
        """End the process, close its pipes, and return in words how it ended."""
        self.kill()
        code = self._process.wait()
        self._cut_life_line()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                _close(pipe)
        return f"by signal {-code}" if code < 0 else f"exit code {code}"

    def _cut_life_line(self) -> None:
        line, self._life_line = self._life_line, None
        if line is not None:
            os.close(line)


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except (OSError, ValueError):  # what was not sent any more; somebody reads from it in another thread
        return
