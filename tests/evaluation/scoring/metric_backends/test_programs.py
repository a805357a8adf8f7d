"""Is each program run once, whoever asks, and does a broken sandbox say so?"""

import asyncio
import threading
from collections.abc import Sequence

from evaluation.metrics.requests import Answer, RunProgram
from evaluation.program import Program, ProgramEnd, ProgramOutcome
from evaluation.scores import ScoreFailure
from evaluation.scoring.metric_backends.programs import OnDone, Programs, RunAll


def program(number: int) -> RunProgram:
    return RunProgram(program=Program(source=f"x = {number}", tests=("assert x",)))


def answers(run_all: RunAll, requests: Sequence[RunProgram]) -> list[Answer]:
    async def work() -> list[Answer]:
        programs = Programs(run_all)
        try:
            return await asyncio.gather(*(programs.answer(request) for request in requests))
        finally:
            await programs.close()

    return asyncio.run(work())


def test_equal_programs_are_run_once_and_each_answer_goes_to_its_request() -> None:
    batches: list[list[str]] = []

    def run_all(programs: Sequence[Program], _cancelled: threading.Event, on_done: OnDone) -> None:
        batches.append([one.source for one in programs])
        for place in reversed(range(len(programs))):
            on_done(place, ProgramOutcome(passed=(True,), end=ProgramEnd.FINISHED, message=programs[place].source))

    found = answers(run_all, [program(1), program(2), program(1)])

    assert [["x = 1", "x = 2"]] == batches
    assert ["x = 1", "x = 2", "x = 1"] == [one.message for one in found if isinstance(one, ProgramOutcome)]


def test_a_sandbox_that_breaks_is_no_verdict_on_the_programs() -> None:
    def run_all(_programs: Sequence[Program], _cancelled: threading.Event, _on_done: OnDone) -> None:
        raise OSError("no more processes")

    found = answers(run_all, [program(1), program(2)])

    assert [ScoreFailure(kind="sandbox_failed", message="OSError: no more processes")] * 2 == found


def test_who_stops_waiting_ends_the_programs() -> None:
    has_begun, was_ended = threading.Event(), threading.Event()

    def run_all(_programs: Sequence[Program], cancelled: threading.Event, _on_done: OnDone) -> None:
        has_begun.set()
        if cancelled.wait(120):
            was_ended.set()

    async def work() -> None:
        programs = Programs(run_all)
        asking = asyncio.create_task(programs.answer(program(1)))
        while not has_begun.is_set():
            await asyncio.sleep(0.01)
        asking.cancel()
        await programs.close()

    asyncio.run(work())
    assert was_ended.is_set()
