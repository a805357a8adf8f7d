"""Progress as server-sent events: one look at the store serves all who follow the same flow run."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial

from fastapi import Request
from fastapi.responses import Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from deployments.api import flow_runs
from deployments.api.problems import ProblemError, problem_of
from deployments.cli.arguments import open_stored
from evaluation.errors import BenchwrightError
from evaluation.results.as_json import as_json
from evaluation.results.flow_runs import WorkStatus
from evaluation.run_results.work_status import work_status
from evaluation.store.shared_connection import one_connection

LOOK_EVERY_S = 0.5
"""Seconds from one look to the next; a slow look is followed by a pause as long as itself."""
HEARTBEAT_S = 10
SEND_WITHIN_S = 30.0
"""Seconds for a client to take an event, after which it is given up."""


@dataclass
class Channel:
    """What is known of a flow run, for all who follow it."""

    status: WorkStatus | None = None
    problem: ProblemError | None = None
    n_followers: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    task: "asyncio.Task[None] | None" = None

    async def tell(self) -> None:
        """Wake the followers."""
        async with self.changed:
            self.changed.notify_all()


class Channels:
    """The flow runs that somebody follows now."""

    def __init__(self, look: Callable[[str], WorkStatus] | None = None) -> None:
        self._look_at = look or _look_once
        self._channels: dict[str, Channel] = {}
        # Of its own: a Prefect server that does not answer must not keep keys from being checked.
        self._threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="events")

    async def follow(self, flow_run_id: str, last_event_id: str | None) -> AsyncIterator[ServerSentEvent]:
        """Yield an event for each change, and one at the end; a client that was here goes on after its last event."""
        channel = self._channels.get(flow_run_id)
        if channel is None or (channel.status is not None and channel.status.flow_run.has_ended):
            channel = self._channels[flow_run_id] = Channel()  # what has ended may have been resumed since
        channel.n_followers += 1
        channel.task = channel.task or asyncio.create_task(self._look(flow_run_id, channel))
        last = last_event_id
        try:
            while True:
                async with channel.changed:
                    await channel.changed.wait_for(partial(_has_news, channel, last))
                status, problem = channel.status, channel.problem
                if status is None:
                    detail = {} if problem is None else problem.body(None)
                    yield ServerSentEvent(json.dumps(detail), event="problem")
                    return
                last = _event_id(status)
                name = "end" if status.flow_run.has_ended else "progress"
                yield ServerSentEvent(json.dumps(as_json(status)), event=name, id=last)
                if status.flow_run.has_ended:
                    return
        finally:
            channel.n_followers -= 1
            if not channel.n_followers:
                channel.task.cancel()
                if self._channels.get(flow_run_id) is channel:
                    del self._channels[flow_run_id]

    async def _look(self, flow_run_id: str, channel: Channel) -> None:
        """Look at the flow run until it has ended."""
        while channel.status is None or not channel.status.flow_run.has_ended:
            began = time.monotonic()
            try:
                status = await self._in_thread(flow_run_id)
            except Exception as error:
                problem = _problem_of(error)
                if problem.status != 503 or channel.status is None:
                    channel.problem, channel.status = problem, None
                    await channel.tell()
                    return
            else:
                if channel.status is None or _event_id(status) != _event_id(channel.status):
                    channel.status = status
                    await channel.tell()
            took = time.monotonic() - began
            await asyncio.sleep(max(LOOK_EVERY_S - took, took))

    async def _in_thread(self, flow_run_id: str) -> WorkStatus:
        look = partial(copy_context().run, self._look_at, flow_run_id)
        return await asyncio.get_running_loop().run_in_executor(self._threads, look)


async def event_stream(request: Request, flow_run_id: str) -> Response:
    """Return the events of a flow run.

    Raises:
        ProblemError: 404, there is no such flow run; 503, no Prefect server.
    """
    await asyncio.to_thread(flow_runs.find, flow_run_id)
    channels: Channels = request.app.state.channels
    events = channels.follow(flow_run_id, request.headers.get("last-event-id"))
    return EventSourceResponse(
        events, ping=HEARTBEAT_S, send_timeout=SEND_WITHIN_S, headers={"Cache-Control": "no-store"}
    )


def _look_once(flow_run_id: str) -> WorkStatus:
    flow_run = flow_runs.find(flow_run_id)
    with open_stored(None) as store, one_connection():
        return work_status(store, flow_run)


def _problem_of(error: Exception) -> ProblemError:
    """Return why a look failed; 503 where the next one may succeed."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, BenchwrightError):
        return problem_of(error)
    return ProblemError(500, f"an internal error ({type(error).__name__})", kind="internal")


def _has_news(channel: Channel, last: str | None) -> bool:
    if channel.status is None:
        return channel.problem is not None
    return channel.status.flow_run.has_ended or _event_id(channel.status) != last


def _event_id(status: WorkStatus) -> str:
    """Return an id that is the same for the same progress, after a restart of this server too."""
    flow_run = status.flow_run
    counts = [flow_run.state, flow_run.message, status.stage, status.n_done, status.n_failed, status.n_planned]
    candidates = [(each.candidate, each.status, each.n_done, each.n_failed) for each in status.candidates]
    return hashlib.sha256(json.dumps([counts, status.latest_answer, candidates]).encode()).hexdigest()[:16]
