"""Progress as server-sent events: one look at the store serves all who follow the same flow run."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context
from dataclasses import dataclass, field

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
FOLLOWED_WITHIN_S = 5.0
"""Seconds for which a flow run is looked at after the last follower has left."""
HEARTBEAT_S = 10
SEND_WITHIN_S = 30.0
"""Seconds for a client to take an event, after which it is given up."""


@dataclass(frozen=True)
class _News:
    """What followers are told of a status; made once for all of them."""

    id: str
    has_ended: bool
    text: str

    def event(self) -> ServerSentEvent:
        return ServerSentEvent(self.text, event="end" if self.has_ended else "progress", id=self.id)


@dataclass
class Channel:
    """What is known of a flow run, for all who follow it."""

    news: _News | None = None
    problem: ProblemError | None = None
    n_followers: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    task: "asyncio.Task[None] | None" = None

    @property
    def is_over(self) -> bool:
        """Whether nothing comes any more."""
        return self.problem is not None or (self.news is not None and self.news.has_ended)

    async def tell(self) -> None:
        """Wake the followers."""
        async with self.changed:
            self.changed.notify_all()

    async def wait(self, last: str | None) -> None:
        """Wait for an event after `last`, or for the end."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.is_over or (self.news is not None and self.news.id != last))


class Channels:
    """The flow runs that somebody follows now."""

    def __init__(self, look: Callable[[str], WorkStatus] | None = None) -> None:
        self._look_at = look or _look_once
        self._channels: dict[str, Channel] = {}
        # Of its own: a Prefect server that does not answer must not keep keys from being checked.
        self._threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="events")

    async def check(self, flow_run_id: str) -> None:
        """Wait until something is known of a flow run; whoever follows it already has had it looked up.

        Raises:
            ProblemError: 404, there is no such flow run; 503, no Prefect server.
        """
        async with self._followed(flow_run_id) as channel:
            await channel.wait(None)
            if channel.problem is not None:
                raise channel.problem

    async def follow(self, flow_run_id: str, last_event_id: str | None) -> AsyncIterator[ServerSentEvent]:
        """Yield an event for each change, and one at the end; a client that was here goes on after its last event."""
        last = last_event_id
        async with self._followed(flow_run_id) as channel:
            while True:
                await channel.wait(last)
                if channel.news is None:
                    detail = {} if channel.problem is None else channel.problem.body(None)
                    yield ServerSentEvent(json.dumps(detail), event="problem")
                    return
                news, last = channel.news, channel.news.id
                yield news.event()
                if news.has_ended:
                    return

    @asynccontextmanager
    async def _followed(self, flow_run_id: str) -> AsyncIterator[Channel]:
        """Return the channel of a flow run, which is looked at as long as anybody follows it, and a little longer."""
        channel = self._channels.get(flow_run_id)
        if channel is None or channel.is_over:
            channel = self._channels[flow_run_id] = Channel()  # what has ended may have been resumed since
        channel.n_followers += 1
        channel.task = channel.task or asyncio.create_task(self._look(flow_run_id, channel))
        try:
            yield channel
        finally:
            channel.n_followers -= 1
            if not channel.n_followers:
                # Who has checked it follows it next.
                asyncio.get_running_loop().call_later(FOLLOWED_WITHIN_S, self._leave, flow_run_id, channel)

    def _leave(self, flow_run_id: str, channel: Channel) -> None:
        """Look at a flow run no more that nobody follows."""
        if channel.n_followers or channel.task is None:
            return
        channel.task.cancel()
        if self._channels.get(flow_run_id) is channel:
            del self._channels[flow_run_id]

    async def _look(self, flow_run_id: str, channel: Channel) -> None:
        """Look at the flow run until it has ended."""
        while not channel.is_over:
            began = time.monotonic()
            try:
                news = await self._in_thread(flow_run_id)
            except Exception as error:
                problem = _problem_of(error)
                if problem.status != 503 or channel.news is None:
                    channel.problem, channel.news = problem, None
                    await channel.tell()
                    return
            else:
                if channel.news is None or news.id != channel.news.id:
                    channel.news = news
                    await channel.tell()
            took = time.monotonic() - began
            await asyncio.sleep(max(LOOK_EVERY_S - took, took))

    async def _in_thread(self, flow_run_id: str) -> _News:
        def look() -> _News:
            status = self._look_at(flow_run_id)
            return _News(_event_id(status), status.flow_run.has_ended, json.dumps(as_json(status)))

        return await asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, look)


async def event_stream(request: Request, flow_run_id: str) -> Response:
    """Return the events of a flow run.

    Raises:
        ProblemError: 404, there is no such flow run; 503, no Prefect server.
    """
    channels: Channels = request.app.state.channels
    await channels.check(flow_run_id)
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


def _event_id(status: WorkStatus) -> str:
    """Return an id that is the same for the same progress, after a restart of this server too."""
    flow_run = status.flow_run
    counts = [flow_run.state, flow_run.message, status.stage, status.n_done, status.n_failed, status.n_planned]
    candidates = [(each.candidate, each.status, each.n_done, each.n_failed) for each in status.candidates]
    return hashlib.sha256(json.dumps([counts, status.latest_answer, candidates]).encode()).hexdigest()[:16]
