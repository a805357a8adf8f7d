"""Asking one request of a group's servers: a slot, the attempts, and what they say of the server."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, TypeVar

from evaluation.case import Benchmark
from evaluation.errors import FailureKind, ProviderError
from evaluation.generation import Failure, Generation, GenerationRequest
from evaluation.planning.plan import PlannedCandidate
from evaluation.retry_schedule import RetrySchedule
from tasks.flow_logging import log_info, log_warning
from tasks.generation.attempt import answered
from tasks.generation.give_up_rules import UNREACHABLE, CandidateWatch
from tasks.generation.group_work import GroupWork
from tasks.generation.pool import Pool, Station
from tasks.generation.workbench import Workbench

KEEP_ALIVE = "30m"

Reply = TypeVar("Reply")
Send: TypeAlias = Callable[[Station, int], Awaitable[Reply]]
"""Sends a request to a server, as the attempt of that number, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A candidate of a run, and where its cases are asked."""

    bench: Workbench
    work: GroupWork
    planned: PlannedCandidate
    benchmark: Benchmark
    """The benchmark without its cases."""

    @property
    def pool(self) -> Pool:
        """Pool of the servers that have the group's model."""
        return self.work.pool

    @property
    def watch(self) -> CandidateWatch:
        """Count of the candidate's server failures."""
        return self.bench.watches[self.planned.run_candidate_id]


def chat(request: GenerationRequest) -> Send[Generation]:
    """Return what sends a chat request; the candidate's own failure is an answer too."""

    async def send(station: Station, n_attempts: int) -> Generation:
        return replace(await answered(station.provider, request), n_attempts=n_attempts)

    return send


async def ask(
    asking: Asking, send: Send[Reply], on_failure: Callable[[FailureKind, str], None]
) -> tuple[Reply | Failure, Station] | None:
    """Return the reply or the failure after all attempts of one request, and the server of the last one.

    Args:
        asking: Who is asked.
        send: Sends the request.
        on_failure: Told of a failure after the last attempt, before the slot is free.

    Returns:
        None where no server is left to ask, or the candidate was given up.
    """
    watch = asking.watch
    deadline = time.monotonic() + asking.bench.plan.case_timeout_s
    n_attempts = n_handed_over = 0
    while True:
        if (station := await asking.pool.enter()) is None:
            return None
        asking.pool.n_asking += 1
        try:
            if watch.given_up:
                return None
            if station.watch.given_up:  # since its slot was given to us: another server may have one
                continue
            n_attempts += 1
            outcome, pause_s = await _attempt(asking.bench, station, send, n_attempts, n_attempts - n_handed_over)
            if pause_s is not None and _is_handed_over(asking, station, outcome):
                n_handed_over, pause_s = n_handed_over + 1, 0.0
            if pause_s is None or time.monotonic() + pause_s >= deadline:
                # Before the slot is free: who waits for it must know whether anybody is still to be asked.
                _take_note(station, outcome, on_failure)
                return outcome, station
        finally:
            asking.pool.n_asking -= 1
            station.gate.leave()
        await _pause(asking.pool, station, pause_s)


def _is_handed_over(asking: Asking, station: Station, outcome: object) -> bool:
    """Return whether a server is down and another one can take its case at once."""
    if not isinstance(outcome, Failure) or outcome.kind is not FailureKind.SERVER_DOWN:
        return False
    if not asking.bench.has_another_server(asking.work, station):
        return False
    station.watch.saw(outcome.kind, outcome.message)
    return True


async def _pause(pool: Pool, station: Station, pause_s: float) -> None:
    due = datetime.now(UTC) + timedelta(seconds=pause_s)
    pool.n_pausing += 1
    station.attempts_due.append(due)
    try:
        await asyncio.sleep(pause_s)
    finally:
        pool.n_pausing -= 1
        station.attempts_due.remove(due)


async def _attempt(
    bench: Workbench, station: Station, send: Send[Reply], n_attempts: int, n_counted: int
) -> tuple[Reply | Failure, float | None]:
    """Make one attempt; return its outcome, and the seconds until the next one; None: there is none.

    Args:
        bench: Workbench with the settings for pauses.
        station: The server to ask.
        send: Sends the request.
        n_attempts: Number of this attempt, to be stored.
        n_counted: Number of attempts that count towards giving up.
    """
    began = time.monotonic()
    try:
        reply = await send(station, n_attempts)
        if not isinstance(reply, Generation) or reply.own_failure is None:
            _say_of_trouble(station, None)
        return reply, None
    except ProviderError as error:
        spent_s = time.monotonic() - began
        failure = Failure(kind=error.kind, message=error.message, n_attempts=n_attempts, total_s=spent_s)
        _say_of_trouble(station, failure)
        return failure, RetrySchedule(base_s=bench.settings.retry_base_s).pause_s(error, n_counted)


def _say_of_trouble(station: Station, failure: Failure | None) -> None:
    """Log when a server stops answering, and when it answers again."""
    is_in_trouble = failure is not None and failure.kind in UNREACHABLE
    if is_in_trouble == (station.watch.trouble_since is not None):
        return
    station.watch.trouble_since = datetime.now(UTC) if is_in_trouble else None
    if failure is not None and is_in_trouble:
        log_warning(
            "endpoint %s has a temporary failure; retrying: %s: %s", station.name, failure.kind, failure.message
        )
    elif failure is None:
        log_info("endpoint %s answers again", station.name)


def _take_note(station: Station, outcome: object, on_failure: Callable[[FailureKind, str], None]) -> None:
    if isinstance(outcome, Failure):
        on_failure(outcome.kind, outcome.message)
        station.watch.saw(outcome.kind, outcome.message)
    else:
        station.watch.saw(None)
