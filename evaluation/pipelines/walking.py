"""Steps of pipelines in an event loop: those that wait for another process wait in a thread, and end when cancelled."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from evaluation.pipelines.own_pipeline import OwnPipeline
from evaluation.pipelines.pipeline import Pipeline

T = TypeVar("T")


async def done(pipeline: Pipeline, step: Callable[[], T]) -> T:
    """Return what a step of the pipeline returns: the beginning of a `Walk`, `walk.feed(…)`, `pipeline.problem(…)`.

    One that is cancelled is ended at once, with the process that does it; other cases begin anew in the next one.

    Args:
        pipeline: Whose step it is.
        step: Does it.
    """
    if not isinstance(pipeline, OwnPipeline):
        return step()
    process = pipeline.process

    def stoppable() -> T:
        result: T = process.stoppable(marked, step)
        return result

    marked = object()
    running = process.thread.submit(stoppable)
    working = asyncio.wrap_future(running)
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        if not running.cancel():
            process.stop(marked)
            with suppress(Exception):
                await working
        raise
