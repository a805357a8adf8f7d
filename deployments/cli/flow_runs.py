"""Flow runs of commands: signals, the log on the terminal, and a Prefect server that is lost for good."""

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from deployments.cli.callers import current_caller
from deployments.cli.terminal.output import print_status
from deployments.cli.terminal.progress_bar import progress_bar
from evaluation.errors import StoreError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

    from deployments.prefect_server import PrefectServer
    from evaluation.store.session import Store

PREFECT_GONE_AFTER_S = 30.0
"""Seconds to wait for Prefect's server to come back once all results are complete."""
PREFECT_LOOK_EVERY_S = 3.0
PREFECT_BUSY_TIMES = 10
"""Factor on that wait where the server is running but too busy to answer."""


class PrefectGoneError(Exception):
    """Prefect's server is gone, and no work is left that does without it."""


class TerminatedError(BaseException):
    """SIGTERM arrived while no flow was running."""


def tell_of_own_server(server: "PrefectServer") -> None:
    """Report that a temporary Prefect server is started where none is configured."""
    if server.is_ours and not server.is_announced:
        server.is_announced = True
        print_status("PREFECT_API_URL is not set: starting a temporary Prefect server (data in PREFECT_HOME)")


def run_flow(
    begin: Callable[[], Any], invocation_id: str, store: "Store", server: Any, *, has_ended: Callable[[], bool]
) -> "tuple[State[Any] | None, int | None]":
    """Return the final state of a flow run (None: it had none yet) and the signal that ended it early, if any.

    Neither a state nor a signal: it ended, and Prefect's server is gone.

    Args:
        begin: Calls the flow, so that it returns its state.
        invocation_id: Invocation whose progress is shown.
        store: Store of the invocation.
        server: The Prefect server.
        has_ended: Returns True once the flow has stored all results.
    """
    from deployments.prefect_delivery import settle

    server.wait(print_status)
    print_status(f"Prefect: {server.page}")
    seen: list[int] = []
    runner = asyncio.Runner()
    with progress_bar(store, invocation_id), _logging_to_terminal():
        try:
            work = _noting_signals(begin(), seen)
            state = runner.run(_until_prefect_is_gone(work, server.api, has_ended))
        except asyncio.CancelledError:
            state = None
        except PrefectGoneError:
            # Its runner is left as it is: ending it would wait for a server that does not answer.
            print_status(
                f"warning: the Prefect server at {server.api} is gone, so its record of this run is incomplete; all "
                "answers and scores are stored"
            )
            return None, None
    runner.close()
    flow_run_id = state.state_details.flow_run_id if state is not None else None
    ended_well = state is not None and not state.is_cancelled()
    with contextlib.suppress(KeyboardInterrupt, TerminatedError):  # the run has ended, and is shown all the same
        # A standing server goes on digesting what it was told; one that ends with a command must have done so.
        awaited = str(flow_run_id) if flow_run_id and ended_well and (server.is_ours or server.is_shared) else None
        settle(server.api, awaited, timeout_s=20 if ended_well else 1)
    return state, seen[0] if seen else None


@contextmanager
def _logging_to_terminal() -> Iterator[None]:
    """Show the flow's log on an interactive terminal."""
    from tasks.flow_logging import listeners

    def hear(level: int, message: str) -> None:
        if level >= logging.INFO:
            print_status(f"{'warning' if level >= logging.WARNING else 'note'}: {message}")

    listeners.append(hear)
    try:
        yield
    finally:
        listeners.remove(hear)


async def _until_prefect_is_gone(work: Any, api: str, has_ended: Callable[[], bool]) -> Any:
    """Await the flow run and return its result.

    Raises:
        PrefectGoneError: all is stored, and Prefect's server has not answered for a while.
    """
    running, gone = asyncio.create_task(work), asyncio.create_task(_prefect_gone(api, has_ended))
    await asyncio.wait((running, gone), return_when=asyncio.FIRST_COMPLETED)
    if not running.done():
        raise PrefectGoneError
    gone.cancel()
    return running.result()


async def _prefect_gone(api: str, has_ended: Callable[[], bool]) -> None:
    """Wait until all is stored and Prefect is gone for `PREFECT_GONE_AFTER_S`, or busy for long."""
    from deployments.helper_process import answers, listens
    from deployments.prefect_server import HEALTH

    answered_at = time.monotonic()
    while True:
        await asyncio.sleep(PREFECT_LOOK_EVERY_S)
        if await asyncio.to_thread(answers, api + HEALTH, timeout_s=PREFECT_LOOK_EVERY_S):
            answered_at = time.monotonic()
            continue
        silent_s = time.monotonic() - answered_at
        is_gone = silent_s > PREFECT_GONE_AFTER_S * PREFECT_BUSY_TIMES or not await asyncio.to_thread(listens, api)
        if is_gone and silent_s > PREFECT_GONE_AFTER_S and await asyncio.to_thread(has_ended):
            return


def all_have_ended(store: "Store", invocation_id: str) -> bool:
    """Return whether every run of the invocation has ended in the store."""
    from evaluation.store.runs import runs_of_invocation

    try:
        runs = runs_of_invocation(store, invocation_id)
    except StoreError:
        return False
    return bool(runs) and all(run.finished_at is not None for run in runs)


def work_on_it_has_ended(store: "Store", run_id: str, *, since: datetime) -> bool:
    """Return whether this process has held the run since then, and has released it."""
    from evaluation.store.holders import holders_of

    try:
        holders = holders_of(store, run_id)
    except StoreError:
        return False
    own = [holder for holder in holders if holder.pid == os.getpid() and holder.started_at >= since]
    return bool(own) and all(holder.ended_at is not None for holder in own)


async def _noting_signals(work: Any, seen: list[int]) -> Any:
    """Run the flow; a signal before its own handlers are installed, or after, ends it too."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()

    def note(number: int, _frame: object = None) -> None:
        seen.append(number)
        if task is not None:
            loop.call_soon_threadsafe(task.cancel)

    caller = current_caller()
    if caller is not None:
        with caller.cancelling(note):
            return await work
    # Not the loop's own handlers: the flow's would remove them for good.
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return await work
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
