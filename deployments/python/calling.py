"""Calls from Python: a command's work in a thread with an event loop of its own, one call at a time.

A thread is used because the caller's own may run an event loop already, as every notebook's does, and because only the
caller's thread can receive Ctrl-C. What the work changes for the whole process (variables, Prefect's settings) is
restored afterwards.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from deployments.cli.callers import Caller, called_by
from deployments.cli.terminal.output import EXIT_INTERRUPTED
from deployments.python.checking import in_words_of_python
from evaluation.errors import BenchwrightError, RunFailedError

if TYPE_CHECKING:
    from deployments.cli.single_flows import EndedFlow
    from deployments.prefect_server import PrefectServer
    from evaluation.results.progress import Progress

T = TypeVar("T")
CHANGED_VARIABLES = ("PREFECT_", "BENCHWRIGHT_", "DO_NOT_TRACK")
"""Prefixes of the environment variables that the work of a command may set."""
LOOK_EVERY_S = 0.1

_one_at_a_time = threading.Lock()
"""Held by the current call: the variables by which flows know the store belong to the whole process."""


def call(
    work: Callable[[], T],
    *,
    tell: Callable[[str], None] | None = None,
    progress: "Callable[[Progress], None] | None" = None,
) -> T:
    """Return what `work` returns, done in another thread while this one waits.

    Args:
        work: What to do.
        tell: Called with what a command would print beside its result.
        progress: Called when the work has moved on. What it raises ends the work, and is raised here.

    Raises:
        BenchwrightError: invalid input or setup.
        KeyboardInterrupt: Ctrl-C, after what was begun has ended; a second one does not wait for that.
    """
    caller, future = _caller(tell, progress), Future[T]()
    thread, is_cancelled = _thread(work, caller, future), _cancellation()
    try:
        thread.start()
        _wait(future, caller, is_cancelled)
    except KeyboardInterrupt:
        caller.interrupt()
        if future.done() or thread.ident is None:
            raise
        _wait(future, caller, is_cancelled)
    return future.result()


def _wait(future: "Future[T]", caller: Caller, is_cancelled: Callable[[], bool]) -> None:
    """Wait until the work has ended; interrupt it if the task that waits here is cancelled.

    A thread that blocks on a lock does not notice every signal: one that another thread received, or that came just
    before the lock. And `asyncio.run` answers the first Ctrl-C by cancelling its task, which awaits nothing now.
    """
    while not future.done():
        wait([future], timeout=LOOK_EVERY_S)
        if is_cancelled():
            caller.interrupt()


def _cancellation() -> Callable[[], bool]:
    """Return a function that tells whether the current task was cancelled since now; without one it never was."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no event loop runs in this thread
        task = None
    if task is None:
        return lambda: False
    n_before = task.cancelling()
    return lambda: task.cancelling() > n_before


async def call_async(
    work: Callable[[], T],
    *,
    tell: Callable[[str], None] | None = None,
    progress: "Callable[[Progress], None] | None" = None,
) -> T:
    """Run `work` in another thread while this event loop continues; otherwise as `call`.

    Cancelling ends the work as Ctrl-C does, and waits until it has ended.
    """
    caller, result = _caller(tell, progress), Future[T]()
    _thread(work, caller, result).start()
    future = asyncio.wrap_future(result)
    try:
        # A notebook's interrupt cancels from a signal handler: a loop that nothing else wakes would not notice.
        while not future.done():
            await asyncio.wait([future], timeout=LOOK_EVERY_S)
        return future.result()
    except asyncio.CancelledError:
        caller.interrupt()
        await asyncio.wait([future])
        future.exception()
        raise


def _caller(tell: Callable[[str], None] | None, progress: "Callable[[Progress], None] | None") -> Caller:
    return Caller(tell=tell, progress=progress, open_server=_kept_server)


def _kept_server() -> "AbstractContextManager[PrefectServer]":
    from deployments.kept_server import kept_server

    return kept_server()


def _thread(work: Callable[[], T], caller: Caller, future: "Future[T]") -> threading.Thread:
    """Return the thread for the work, not started yet."""

    def do() -> None:
        try:
            with _turn(caller), _environment_put_back(), called_by(caller), in_words_of_python():
                result = work()
            if caller.failure is not None:
                raise caller.failure
        except BenchwrightError as error:
            future.set_exception(caller.failure or error.with_traceback(None))  # the way there is nobody's but ours
        except BaseException as error:
            future.set_exception(caller.failure or error)
        else:
            future.set_result(result)

    return threading.Thread(target=do, daemon=True, name="benchwright-call")


@contextmanager
def _turn(caller: Caller) -> Iterator[None]:
    """Wait until no other call is active.

    Raises:
        KeyboardInterrupt: the caller ended the work while it waited.
    """
    while not _one_at_a_time.acquire(timeout=LOOK_EVERY_S):
        caller.check()
    try:
        caller.check()
        yield
    finally:
        _one_at_a_time.release()


@contextmanager
def _environment_put_back() -> Iterator[None]:
    """Restore variables and Prefect's settings when the block ends: they belong to the caller."""
    variables = _variables()
    context: Any = sys.modules.get("prefect.context")
    settings = context.GLOBAL_SETTINGS_CONTEXT if context is not None else None
    if context is not None:
        context.refresh_global_settings_context()  # a block of settings of the caller's is of the caller's thread
    try:
        yield
    finally:
        for name in _variables().keys() - variables.keys():
            del os.environ[name]
        os.environ.update(variables)
        context = sys.modules.get("prefect.context")
        if context is not None:
            if settings is None:
                context.refresh_global_settings_context()
            else:
                context.GLOBAL_SETTINGS_CONTEXT = settings


def _variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(CHANGED_VARIABLES)}


def result_of(ended: "EndedFlow[T]", failed: str, next_step: str = "Run it again.") -> T:
    """Return the result of a flow.

    Args:
        ended: How it ended.
        failed: What to say of a failure that gave no reason.
        next_step: What to do then.

    Raises:
        RunFailedError: it failed, or was cancelled.
        KeyboardInterrupt: Ctrl-C, or the notebook's interrupt.
    """
    if ended.code == EXIT_INTERRUPTED:
        raise KeyboardInterrupt
    if ended.result is None:
        raise RunFailedError(failed if ended.broken_by is None else ended.broken_by.message, next_step)
    return ended.result
