"""Loading a user's file: how long it may take, and what is said while it takes long."""

import _thread
import contextvars
import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread, Timer

from evaluation.settings import Settings

LIMIT_VARIABLE = "BENCHWRIGHT_IMPORT_TIMEOUT_S"
SAID_AFTER_S = 5.0
"""Seconds of loading after which a line says so."""


def import_limit_s() -> float:
    """Return the seconds that a user's file may take to load, with all that it imports, in a process of its own."""
    return Settings().import_timeout_s


def too_long(limit_s: float) -> str:
    """Return why a file was not loaded, with the next step, to follow its name."""
    return f"{stopped_after(limit_s)}; {raise_limit(limit_s)}"


def stopped_after(limit_s: float) -> str:
    """Return why a file was not loaded, to follow its name."""
    return f"was not loaded within {limit_s:g} s and was stopped"


def raise_limit(limit_s: float) -> str:
    """Return the next step where a file took too long to load."""
    return f"raise {LIMIT_VARIABLE} (now {limit_s:g} s) or mend what the file does when it is imported"


class LoadingTooLongError(Exception):
    """Raised where a file was not loaded within its time."""


def within_limit(load: Callable[[], None], limit_s: float) -> None:
    """Run `load`, in a thread of its own that is stopped after the limit, or left behind where it waits for something.

    Code that keeps the interpreter to itself, as one call of a regular expression may, is not stopped.

    Raises:
        LoadingTooLongError: it took longer.
        BaseException: what it raised.
    """
    errors: list[BaseException] = []

    def run() -> None:
        try:
            load()
        except BaseException as error:
            errors.append(error)

    # A daemon, since a thread that never returns would keep the process from ending.
    thread = Thread(target=contextvars.copy_context().run, args=(run,), daemon=True, name="load-user-file")
    thread.start()
    try:
        thread.join(limit_s)
        if thread.is_alive():
            raise LoadingTooLongError
    finally:
        if thread.is_alive() and thread.ident is not None:
            _raise_in_thread(thread.ident)
    if errors:
        raise errors[0]


def _raise_in_thread(thread_id: int) -> None:
    """Raise SystemExit in a thread: at once where it computes, at its next line of Python where it waits.

    CPython before 3.13 has one flag for all threads, set until some thread has received an exception. While it is set
    and a debugger or coverage traces the calls, version 3.11 enters no function any more. So another thread, made for
    that, receives an exception too; no Python function is called here until then.
    """
    set_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc
    error = ctypes.py_object(SystemExit)
    is_running, may_go_on = _thread.allocate_lock(), _thread.allocate_lock()
    is_running.acquire()
    may_go_on.acquire()

    def receive() -> None:
        is_running.release()
        may_go_on.acquire()

    receiver_id = _thread.start_new_thread(receive, ())
    is_running.acquire()
    set_exception(ctypes.c_ulong(thread_id), error)
    set_exception(ctypes.c_ulong(receiver_id), error)
    may_go_on.release()


@contextmanager
def said_when_long(path: Path, limit_s: float | None = None) -> Iterator[None]:
    """Write a line to stderr if what is done meanwhile, loading a file, takes long.

    Args:
        path: The file.
        limit_s: Seconds after which it is stopped; None: never.
    """
    end = "Ctrl-C ends it" if limit_s is None else f"it is stopped after {limit_s:g} s ({LIMIT_VARIABLE})"

    def say() -> None:
        sys.stderr.write(f"still loading {path}, with all that it imports, after {SAID_AFTER_S:g} s; {end}\n")
        sys.stderr.flush()

    timer = Timer(SAID_AFTER_S, say)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
