"""The program backend: runs programs in the sandbox, in batches, as many at once as there are processors."""

import asyncio
import threading
from collections.abc import Callable, Sequence

from evaluation.metrics.requests import Answer, RunProgram
from evaluation.program import Program, ProgramOutcome
from evaluation.scores import ScoreFailure

BATCH = 256
WAIT_S = 0.02
"""Seconds that a program waits for others of its batch."""

OnDone = Callable[[int, ProgramOutcome], None]
RunAll = Callable[[Sequence[Program], threading.Event, OnDone], object]
"""Runs programs, reports the outcome of each by its index, and stops all of them when the event is set."""


class Programs:
    """Answers `RunProgram`. Used on one event loop."""

    def __init__(self, run_all: RunAll) -> None:
        self._run_all = run_all
        self._waiting: dict[Program, asyncio.Future[Answer]] = {}
        self._open: dict[Program, asyncio.Future[Answer]] = {}
        """Waiting and running programs: equal programs run once."""
        self._room = asyncio.Lock()
        self._working: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def answer(self, request: RunProgram) -> Answer:
        """Run the program and return its outcome; a failure means that the sandbox broke and is no verdict on it."""
        future = self._open.get(request.program)
        if future is None:
            loop = asyncio.get_running_loop()
            future = self._open[request.program] = self._waiting[request.program] = loop.create_future()
            future.add_done_callback(lambda _: self._open.pop(request.program, None))
            if len(self._waiting) >= BATCH:
                self._begin()
            elif self._timer is None:
                self._timer = loop.call_later(WAIT_S, self._begin)
        return await asyncio.shield(future)

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._waiting = self._waiting, {}
        working = asyncio.create_task(self._run(batch))
        self._working.add(working)
        working.add_done_callback(self._working.discard)

    async def _run(self, batch: dict[Program, asyncio.Future[Answer]]) -> None:
        loop, cancelled = asyncio.get_running_loop(), threading.Event()
        futures = list(batch.values())

        def answer(place: int, outcome: ProgramOutcome) -> None:
            loop.call_soon_threadsafe(_settle, futures[place], outcome)

        async with self._room:
            running = asyncio.create_task(asyncio.to_thread(self._run_all, list(batch), cancelled, answer))
            try:
                await asyncio.shield(running)
            except asyncio.CancelledError:
                cancelled.set()
                await asyncio.gather(running, return_exceptions=True)
                raise
            except Exception as error:
                failure = ScoreFailure(kind="sandbox_failed", message=f"{type(error).__name__}: {error}")
                for future in futures:
                    _settle(future, failure)
            finally:
                for future in futures:
                    loop.call_soon(future.cancel)

    async def close(self) -> None:
        """Terminate programs that are still running."""
        working = tuple(self._working)
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)


def _settle(future: asyncio.Future[Answer], answer: Answer) -> None:
    if not future.done():
        future.set_result(answer)
