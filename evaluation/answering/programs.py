"""Outcomes of programs from the sandbox, as many at once as there are processors."""

import asyncio
import os
from collections.abc import Callable
from functools import partial

from evaluation.metrics.requests import Answer, RunProgram
from evaluation.program import Program, ProgramOutcome
from evaluation.score import ScoreFailure


class Programs:
    """Answers `RunProgram`. Used on one event loop."""

    def __init__(self, run: Callable[[Program], ProgramOutcome], *, n_at_once: int | None = None) -> None:
        """Runs nothing yet.

        Args:
            run: Runs one program to its end; called in a thread.
            n_at_once: None: one for each processor.
        """
        self._run = run
        self._room = asyncio.Semaphore(n_at_once or os.cpu_count() or 1)

    async def answer(self, request: RunProgram) -> Answer:
        """What came of the program."""
        async with self._room:
            try:
                return await asyncio.to_thread(partial(self._run, request.program))
            except Exception as error:  # the sandbox itself broke: no verdict on the program
                return ScoreFailure(kind="sandbox_failed", message=f"{type(error).__name__}: {error}")
