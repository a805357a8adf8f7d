"""Concurrent runs of many programs, each isolated from everything else."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from evaluation.program import Program, ProgramOutcome
from evaluation.sandbox.bundle import bundle
from evaluation.sandbox.interpreter import find_interpreter
from evaluation.sandbox.isolation_kinds import WEAK, Isolation
from evaluation.sandbox.starting import Place
from evaluation.sandbox.supervision import run_program
from evaluation.sandbox.weak_isolation import is_root

_LOOK_S = 0.2


def run_programs(
    programs: Sequence[Program],
    *,
    isolation: Isolation,
    n_at_once: int | None = None,
    cancelled: threading.Event | None = None,
    on_done: Callable[[int, ProgramOutcome], None] | None = None,
) -> list[ProgramOutcome]:
    """Run the programs and return the outcome of each, in order.

    Nothing that a program does raises. An exception here, Ctrl-C among them, ends all programs first.

    Args:
        programs: What to run, each with its tests.
        isolation: How to isolate them.
        n_at_once: Number of programs to run in parallel; None: the number of processors available to this process.
        cancelled: Set it from another thread to end all running programs.
        on_done: Called as each program ends, in the caller's thread, with its place and its outcome.

    Raises:
        SandboxError: the sandbox did not start.
        CancelledError: `cancelled` was set before all had ended. `on_done` was called for those that had.
    """
    stop = threading.Event()

    def is_unwanted() -> bool:
        return stop.is_set() or (cancelled is not None and cancelled.is_set())

    place = Place(isolation, find_interpreter(for_any_user=isolation.name == WEAK and is_root()), bundle())
    pool = ThreadPoolExecutor(max_workers=n_at_once or _n_processors(), thread_name_prefix="sandbox")
    try:
        futures = [pool.submit(run_program, program, place, is_unwanted) for program in programs]
        return _gathered(futures, on_done)
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _gathered(
    futures: Sequence[Future[ProgramOutcome]],
    on_done: Callable[[int, ProgramOutcome], None] | None,
) -> list[ProgramOutcome]:
    waiting = {future: place for place, future in enumerate(futures)}
    while waiting:
        done, _ = wait(waiting, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
        for future in done:
            place = waiting.pop(future)
            outcome = future.result()
            if on_done is not None:
                on_done(place, outcome)
    return [future.result() for future in futures]


def _n_processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
