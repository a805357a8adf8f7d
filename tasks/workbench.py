"""What one process keeps open while it works on an invocation: the store, its writer, the servers, the gates."""

import asyncio
import os
import re
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from evaluation.case import Benchmark
from evaluation.errors import ConfigurationError, FailureKind
from evaluation.generation import Generation
from evaluation.planning import Lane, Plan, PlannedCandidate, shard_size
from evaluation.providers.connecting import connect
from evaluation.providers.provider import LoadedModel, Provider
from evaluation.settings import Settings
from evaluation.store.benchmarks import load_benchmark_version
from evaluation.store.outcomes import OutcomeWriter, count_missing, count_outcomes, iterate_outcomes
from evaluation.store.session import Store, open_store

ENDPOINT_GIVEN_UP_AFTER = 5
"""Different cases in a row, all attempts used up, on which a server failed to answer at all."""
UNREACHABLE = frozenset({FailureKind.SERVER_DOWN, FailureKind.LOADING_TIMED_OUT, FailureKind.TIMED_OUT})
GIVES_UP_AT_ONCE = frozenset(
    {
        FailureKind.MODEL_NOT_PULLED,
        FailureKind.BAD_OPTION,
        FailureKind.REFUSED_BY_POLICY,
        FailureKind.OUT_OF_MEMORY,
    }
)
"""Failures that every other case of the candidate would meet too."""
RATE_WINDOW_S = 10.0


@dataclass
class CandidateWatch:
    """Counts one candidate's server failures, and says when it is given up."""

    budget: int
    n_failed: int = 0
    given_up: str | None = None

    def saw(self, kind: FailureKind, message: str) -> None:
        """Takes note of a failure of the server's."""
        self.n_failed += 1
        if self.given_up:
            return
        if kind in GIVES_UP_AT_ONCE:
            self.given_up = f"{kind}: {message}"
        elif self.n_failed > self.budget:
            self.given_up = (
                f"the server failed on {self.n_failed} generations, more than the {self.budget} allowed "
                f"(--max-failures); the last: {kind}: {message}"
            )


@dataclass
class EndpointWatch:
    """Notices that a server is gone for good: many different cases in a row, not one."""

    slots: int
    n_in_a_row: int = 0
    given_up: str | None = None

    def saw(self, kind: FailureKind | None, message: str = "") -> None:
        """Takes note of an outcome; None: an answer."""
        if kind not in UNREACHABLE:
            self.n_in_a_row = 0
            return
        self.n_in_a_row += 1
        if self.n_in_a_row >= max(ENDPOINT_GIVEN_UP_AFTER, self.slots):
            self.given_up = f"the server did not answer {self.n_in_a_row} cases in a row; the last: {kind}: {message}"


@dataclass
class Pace:
    """How fast answers come just now, over the last seconds."""

    ends: deque[float] = field(default_factory=deque)

    def one_done(self) -> None:
        """Takes note that a generation ended now."""
        self.ends.append(time.monotonic())

    def requests_per_s(self) -> float | None:
        """Answers a second lately; None before there are some."""
        now = time.monotonic()
        while self.ends and self.ends[0] < now - RATE_WINDOW_S:
            self.ends.popleft()
        if len(self.ends) < 4:
            return None
        return len(self.ends) / max(now - self.ends[0], 1e-3)


@dataclass
class Station:
    """One endpoint as this process works with it."""

    lane: Lane
    provider: Provider
    gate: asyncio.Semaphore
    watch: EndpointWatch
    resident: LoadedModel | None = None
    """What the server said of the loaded model, after loading it."""
    n_open: int = 0
    """Cases handed out in shards and not yet ended."""
    n_pausing: int = 0
    """Those of them that wait for their next attempt."""

    def is_hungry(self, size: int) -> bool:
        """True where another shard of that size is needed to keep every slot busy while some shards end."""
        return self.n_open - self.n_pausing < self.lane.slots + 2 * size


class Workbench:
    """The open things of one invocation in one process. Made by `open_workbench`."""

    def __init__(self, store: Store, settings: Settings, plan: Plan) -> None:
        self.store = store
        self.settings = settings
        self.plan = plan
        self.writer = OutcomeWriter(store)
        self.pace = Pace()
        self.opened_at = datetime.now(UTC)
        self.stations: dict[str, Station] = {}
        self.watches = {
            item.run_candidate_id: CandidateWatch(budget=item.failure_budget)
            for lane in plan.lanes
            for group in lane.groups
            for item in group.planned
        }
        self._benchmarks: dict[str, Benchmark] = {}

    def next_shard_size(self) -> int:
        """Cases in the next shard, at the present pace."""
        return shard_size(self.plan.n_generations, requests_per_s=self.pace.requests_per_s())

    def why_given_up(self, item: PlannedCandidate) -> str | None:
        """The reason for which a candidate was given up; None: it was not."""
        lane, _ = self.plan.planned(item.run_candidate_id)
        reason = self.watches[item.run_candidate_id].given_up
        station = self.stations[lane.endpoint_name]
        if reason is None and station.watch.given_up and count_missing(self.store, item.run_candidate_id):
            reason = f"endpoint {lane.endpoint_name} ({lane.url}): {station.watch.given_up}"
        return reason or self._too_long_for(item)

    def _too_long_for(self, item: PlannedCandidate) -> str | None:
        """The error of a candidate for whose context every single prompt is too long."""
        counts = next(
            (
                found
                for found in count_outcomes(self.store, item.run_id)
                if found.run_candidate_id == item.run_candidate_id
            ),
            None,
        )
        kind = FailureKind.PROMPT_TOO_LONG
        if counts is None or not counts.own_failures.get(kind) or counts.own_failures[kind] < item.n_generations:
            return None
        said, n_tokens = longest_prompt(self.store, item.run_candidate_id)
        return f"every prompt is too long; the longest: {said}. {_larger_context(item, n_tokens)}"

    async def benchmark(self, version: str) -> Benchmark:
        """The benchmark of that version without its cases: its prompt and its options."""
        if version not in self._benchmarks:
            whole = await asyncio.to_thread(load_benchmark_version, self.store, version)
            self._benchmarks[version] = replace(whole, cases=())
        return self._benchmarks[version]

    async def enter_stations(self, stack: AsyncExitStack) -> None:
        """Connects to every endpoint of the plan."""
        for lane in self.plan.lanes:
            key = os.environ.get(lane.key_variable) if lane.key_variable else None
            provider = await connect(lane.url, provider=lane.provider, api_key=key, allow_remote=lane.allow_remote)
            await stack.enter_async_context(provider)
            self.stations[lane.endpoint_name] = Station(
                lane=lane,
                provider=provider,
                gate=asyncio.Semaphore(lane.slots),
                watch=EndpointWatch(slots=lane.slots),
            )


def longest_prompt(store: Store, run_candidate_id: int) -> tuple[str, int]:
    """What was said of the longest of the overlong prompts, and its tokens (0: the server did not count them)."""
    said = [
        found.row.outcome.message or ""
        for page in iterate_outcomes(store, run_candidate_id)
        for found in page
        if isinstance(found.row.outcome, Generation)
    ]
    longest = max(said, key=_n_prompt_tokens)
    return longest, _n_prompt_tokens(longest)


def _n_prompt_tokens(said: str) -> int:
    return int(found[1]) if (found := re.search(r"the prompt has (\d+) tokens", said)) else 0


def _larger_context(item: PlannedCandidate, n_prompt_tokens: int) -> str:
    """The option to raise, with a value that has room for that prompt and its answer."""
    num_ctx = item.options.get("num_ctx")
    if not num_ctx:
        return "Start the server with a larger context"
    needed = n_prompt_tokens + int(item.options.get("num_predict", 0)) if n_prompt_tokens else 2 * num_ctx
    return f"Raise num_ctx, for example with --option num_ctx={1 << (needed - 1).bit_length()}"


_OPEN: dict[str, Workbench] = {}


@asynccontextmanager
async def open_workbench(plan: Plan) -> AsyncIterator[Workbench]:
    """The workbench of the plan's invocation, found by its tasks through `workbench` while it is open."""
    settings = Settings()
    store = await asyncio.to_thread(open_store, settings.database)
    bench = Workbench(store, settings, plan)
    try:
        async with AsyncExitStack() as stack:
            await bench.enter_stations(stack)
            _OPEN[plan.invocation_id] = bench
            yield bench
    finally:
        _OPEN.pop(plan.invocation_id, None)
        await asyncio.shield(asyncio.to_thread(_close, bench))


def _close(bench: Workbench) -> None:
    bench.writer.close()
    bench.store.close()


def workbench(invocation_id: str) -> Workbench:
    """The open workbench of that invocation in this process."""
    if invocation_id not in _OPEN:
        raise ConfigurationError(f"no work on invocation {invocation_id!r} is open in this process")
    return _OPEN[invocation_id]
