"""Progress of the work as a Prefect artifact, read from the store as all other displays of progress are."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC

from evaluation.errors import StoreError
from evaluation.reports.runs.pace import Pace
from evaluation.results.progress import Progress
from evaluation.store.session import Store
from evaluation.store.summaries import progress
from tasks.artifacts import ProgressArtifact
from tasks.generation.server_waits import server_waits

SHOW_EVERY_S = 2.0


@asynccontextmanager
async def show_progress(store: Store, invocation_id: str) -> AsyncIterator[None]:
    """Update the progress artifact during the block and at its end."""
    artifact, pace = ProgressArtifact(), Pace(zone=UTC)
    await _show_once(artifact, pace, store, invocation_id)
    showing = asyncio.create_task(_keep_showing(artifact, pace, store, invocation_id))
    try:
        yield
    finally:
        showing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await showing
    await _show_once(artifact, pace, store, invocation_id)


async def _keep_showing(artifact: ProgressArtifact, pace: Pace, store: Store, invocation_id: str) -> None:
    while True:
        await asyncio.sleep(SHOW_EVERY_S)
        await _show_once(artifact, pace, store, invocation_id)


async def _show_once(artifact: ProgressArtifact, pace: Pace, store: Store, invocation_id: str) -> None:
    with contextlib.suppress(StoreError):
        candidate_progress = await asyncio.to_thread(progress, store, invocation_id)
        now = Progress(candidates=candidate_progress, at_work="")
        n_answered, planned = now.n_done - now.n_own_failed, now.n_planned
        percent = 100.0 * (now.n_done + now.n_failed) / planned if planned else 100.0
        sentence = f"{n_answered:,} answered, {now.failures}, of {planned:,} generations"
        left = pace.in_words(candidate_progress, server_waits(invocation_id))
        await artifact.show(percent, f"{sentence} · {left}" if left else sentence)
