"""Long work in a thread that is abandoned once its flow is cancelled."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_thread(call: Callable[P, T], *words: P.args, **named: P.kwargs) -> T:
    """Call `call` in a daemon thread, and return its result. On cancellation the thread is left behind.

    Args:
        call: Must be safe to continue for a while after a cancellation.
        words: Positional arguments of `call`.
        named: Keyword arguments of `call`.
    """
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(call(*words, **named))
        except BaseException as error:  # it is raised where the result is awaited
            future.set_exception(error)

    future.set_running_or_notify_cancel()
    Thread(target=work, daemon=True, name="apart").start()
    return await asyncio.wrap_future(future)
