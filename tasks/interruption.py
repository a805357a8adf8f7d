"""Early termination of a flow: Ctrl-C, SIGTERM, or cancellation in Prefect's UI, which has to be polled."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType
from prefect.runtime import deployment
from prefect.states import Cancelled
from rich.console import Console

from tasks.database_guard import guard_database


def outlive_the_reader() -> None:
    """Keep logging to a closed terminal or pipe from ending the process, from now on.

    By default rich ends the process then, as befits `… | head`. A flow run whose worker was killed would be ended by
    its next line, in whichever coroutine logs it, and Prefect would take it for cancelled.
    """
    for console in _consoles():
        vars(console)["on_broken_pipe"] = partial(_write_to_nowhere, console)


def _write_to_nowhere(console: Console) -> None:
    console.quiet = True
    with suppress(OSError, ValueError):  # a stream without a descriptor, or closed: nothing can break in it
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, console.file.fileno())
        os.close(nowhere)


def _consoles() -> Iterator[Console]:
    """Yield the consoles that Prefect's and other handlers write to."""
    loggers = [logging.getLogger(), *logging.Logger.manager.loggerDict.values()]
    for logger in loggers:
        for handler in getattr(logger, "handlers", ()):
            if isinstance(console := getattr(handler, "console", None), Console):
                yield console


LOOK_EVERY_S = 3.0
T = TypeVar("T")


@dataclass
class Interruption:
    """Why the work was ended early; None: it was not interrupted."""

    reason: str | None = None


async def run_interruptibly(
    flow_run_id: UUID,
    work: Callable[[], Awaitable[T]],
    *,
    on_interruption: Callable[[str | None], Awaitable[None]] | None = None,
) -> T | State[None]:
    """Run the body of a flow; return a `Cancelled` state with the reason where it was interrupted.

    Every flow of a command uses this, so that all of them end in the same way.

    Args:
        flow_run_id: Cancelling this flow run in Prefect interrupts the work, as Ctrl-C and SIGTERM do.
        work: The body.
        on_interruption: Called with the reason before the state is returned.

    Raises:
        DatabaseLostError: the results database was deleted, moved away or replaced since.
    """
    async with interruptible(flow_run_id) as interruption:
        try:
            async with guard_database():
                return await work()
        except asyncio.CancelledError:
            if on_interruption is not None:
                await on_interruption(interruption.reason)
            return Cancelled(message=interruption.reason or "cancelled")


@asynccontextmanager
async def interruptible(flow_run_id: UUID | None) -> AsyncIterator[Interruption]:
    """Cancel the current task on SIGINT, on SIGTERM, and when its flow run is cancelled in Prefect."""
    work = asyncio.current_task()
    assert work is not None  # noqa: S101 - a coroutine runs in a task
    interruption = Interruption()
    if deployment.id is not None:
        outlive_the_reader()  # a worker runs us, which may die

    def interrupt(reason: str) -> None:
        if interruption.reason is None:
            interruption.reason = reason
            work.cancel(reason)

    loop = asyncio.get_running_loop()
    handled = _handle(loop, interrupt)
    looking = asyncio.create_task(_look(flow_run_id, interrupt)) if flow_run_id else None
    try:
        yield interruption
    finally:
        if looking:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)  # it speaks through the flow's own client
        for number, before in handled.items():
            loop.remove_signal_handler(number)
            signal.signal(number, before)


def _handle(
    loop: asyncio.AbstractEventLoop, interrupt: Callable[[str], None]
) -> dict[signal.Signals, "signal._HANDLER"]:
    handled: dict[signal.Signals, signal._HANDLER] = {}
    for number, reason in ((signal.SIGINT, "interrupted by Ctrl-C"), (signal.SIGTERM, "terminated")):
        before = signal.getsignal(number)
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, interrupt, reason)
            handled[number] = before if before is not None else signal.SIG_DFL
    return handled


async def _look(flow_run_id: UUID, interrupt: Callable[[str], None]) -> None:
    """Poll the state of our own flow run; a failed request to Prefect is repeated later."""
    async with get_client() as client:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                state = (await client.read_flow_run(flow_run_id)).state
            except Exception:  # noqa: S112 - a server that is away is no reason to stop
                continue
            if state is not None and state.type in (StateType.CANCELLING, StateType.CANCELLED):
                interrupt("cancelled in Prefect")
                return
