"""The runner of programs for metrics: the sandbox that this machine has, or the one that its user accepts."""

import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from evaluation.metrics.requests import RunProgram
from evaluation.program import Program, ProgramOutcome
from evaluation.sandbox.isolation import isolation
from evaluation.sandbox.isolation_kinds import WEAK
from evaluation.sandbox.running import run_programs
from evaluation.scoring.metric_backends.dispatch import Answerers
from evaluation.scoring.metric_backends.programs import OnDone, Programs
from evaluation.settings import Settings
from tasks.flow_logging import log_warning


@asynccontextmanager
async def sandboxed(settings: Settings) -> AsyncIterator[Answerers]:
    """Yield a runner of programs with the isolation of the settings.

    Raises:
        SandboxError: no such isolation is available.
    """
    sandbox = isolation(settings.sandbox)
    if sandbox.name == WEAK:
        log_warning("programs run under the weak isolation, which is no sandbox: they have your permissions")

    def run_all(programs: Sequence[Program], cancelled: threading.Event, on_done: OnDone) -> list[ProgramOutcome]:
        return run_programs(programs, isolation=sandbox, cancelled=cancelled, on_done=on_done)

    programs = Programs(run_all)
    try:
        yield {RunProgram: programs.answer}
    finally:
        await programs.close()
