"""The resources that one process keeps open for an invocation: the store, its writer, the servers, the work."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

from evaluation.case import Benchmark, Case
from evaluation.errors import ConfigurationError
from evaluation.pipelines.pipeline import MOST_EXAMPLES
from evaluation.planning.plan import Group, Plan, PlannedCandidate, shard_size
from evaluation.providers.detection import connect
from evaluation.settings import Settings
from evaluation.store.benchmarks import load_benchmark_version
from evaluation.store.session import Store, open_store
from evaluation.store.writer import OutcomeWriter
from tasks.generation.give_up_rules import CandidateWatch, EndpointWatch, Pace
from tasks.generation.group_work import GroupWork
from tasks.generation.pool import Station
from tasks.generation.query_embeddings import QueryEmbeddings
from tasks.generation.rounds import Rounds
from tasks.lease_book import LeaseBook
from tasks.store_calls import call_store


class Workbench:
    """Open resources of one invocation in one process. Made by `open_workbench`."""

    def __init__(self, store: Store, settings: Settings, plan: Plan, kept: dict[str, Group] | None = None) -> None:
        self.store = store
        self.settings = settings
        self.plan = plan
        self.writer = OutcomeWriter(store)
        self.pace = Pace()
        self.opened_at = datetime.now(UTC)
        self.stations: dict[str, Station] = {}
        self.rounds = Rounds(plan)
        self.works = () if self.rounds.in_rounds else tuple(GroupWork(group) for group in plan.groups)
        """Work of this round, a group each; at first all, unless candidates ask several models."""
        self.is_last_round = not self.rounds.in_rounds
        """True if no other round follows this one."""
        self.round_settled = asyncio.Event()
        """Set once it is known what follows the work of this round."""
        self.watches = {item.run_candidate_id: CandidateWatch(budget=item.failure_budget) for item in plan.candidates}
        self.leases = LeaseBook(store)
        self.query_embeddings = QueryEmbeddings()
        self.dimensions: dict[str, int] = {}
        """Numbers of each embedding, by the model with its weights."""
        self.kept = kept
        """Group left in a server's memory by earlier work, by endpoint; None: this work leaves nothing in memory."""
        self._benchmarks: dict[str, Benchmark] = {}
        self._examples: dict[str, tuple[Case, ...]] = {}

    def has_another_server(self, work: GroupWork, than: Station) -> bool:
        """Return whether another server does a group's work, or soon may, while this one is down."""
        others = (name for name in work.group.endpoints if name != than.name and name not in work.refused)
        return any(self.stations[name].watch.given_up is None for name in others)

    def next_shard_size(self) -> int:
        """Return the number of cases of the next shard at the present pace."""
        return shard_size(self.plan.n_generations, requests_per_s=self.pace.requests_per_s())

    def keeps(self, station: Station) -> bool:
        """Return whether a server's last model stays in its memory.

        It does if the server will get more of this work, and no other work needs the room.
        """
        if self.kept is None or self.plan.asked_models:
            return False
        return sum(lane.gpu_tag == station.lane.gpu_tag for lane in self.plan.lanes) == 1

    def publish(self, works: tuple[GroupWork, ...]) -> None:
        """Begin a round with this work; without any, none follows."""
        settled, self.round_settled = self.round_settled, asyncio.Event()
        self.is_last_round = not works or not self.rounds.in_rounds
        if works:
            self.works = works
        settled.set()

    async def examples(self, planned: PlannedCandidate) -> tuple[Case, ...]:
        """Return the cases that the candidate's pipeline may show to its model; empty where it shows none."""
        if planned.pipeline is None or not planned.pipeline.pipeline.shows_examples:
            return ()
        version = planned.benchmark_version
        if version not in self._examples:
            benchmark = await call_store(load_benchmark_version, self.store, version)
            self._examples[version] = benchmark.cases[:MOST_EXAMPLES]
        return self._examples[version]

    async def benchmark(self, version: str) -> Benchmark:
        """Return the benchmark of that version without its cases, but with its prompt and options."""
        if version not in self._benchmarks:
            self._benchmarks[version] = await call_store(load_benchmark_version, self.store, version, case_ids=())
        return self._benchmarks[version]

    async def enter_stations(self, stack: AsyncExitStack) -> None:
        """Connect to every endpoint of the plan."""
        for lane in self.plan.lanes:
            key = os.environ.get(lane.key_variable) if lane.key_variable else None
            provider = await connect(lane.url, provider=lane.provider, api_key=key, allow_remote=lane.allow_remote)
            await stack.enter_async_context(provider)
            self.stations[lane.endpoint_name] = Station(
                lane=lane, provider=provider, watch=EndpointWatch(slots=lane.slots)
            )


_OPEN: dict[str, Workbench] = {}


@asynccontextmanager
async def open_workbench(plan: Plan, kept: dict[str, Group] | None = None) -> AsyncIterator[Workbench]:
    """Open the workbench of the plan's invocation, which tasks find through `workbench` while it is open."""
    settings = Settings()
    store = await call_store(open_store, settings.database)
    bench = Workbench(store, settings, plan, kept)
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
    """Return the open workbench of that invocation in this process."""
    if (bench := find_workbench(invocation_id)) is None:
        raise ConfigurationError(f"no work on invocation {invocation_id!r} is open in this process")
    return bench


def find_workbench(invocation_id: str) -> Workbench | None:
    """Return the open workbench of that invocation in this process; None: there is none."""
    return _OPEN.get(invocation_id)
