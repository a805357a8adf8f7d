"""The servers that have a model loaded now, as one source of slots: work goes to whichever server is free."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from evaluation.planning.plan import Lane
from evaluation.providers.provider import LoadedModel, Provider
from tasks.generation.give_up_rules import EndpointWatch
from tasks.slots import Gate


@dataclass
class Station:
    """One server as this process uses it."""

    lane: Lane
    provider: Provider
    watch: EndpointWatch
    gate: Gate = field(default_factory=Gate)
    """Gate with as many places as slots of its GPU are leased."""
    resident: LoadedModel | None = None
    """What the server reported of the loaded model, after loading it."""

    attempts_due: list[datetime] = field(default_factory=list)
    """Times of the next attempts of cases on which the server failed."""

    pool: "Pool | None" = None
    """Pool to which its slots are offered now."""

    def __post_init__(self) -> None:
        self.gate.on_change(self._slot_may_be_free)

    @property
    def name(self) -> str:
        """The endpoint's name."""
        return self.lane.endpoint_name

    def _slot_may_be_free(self) -> None:
        if self.pool is not None:
            self.pool.serve()


class Pool:
    """Free slots of its stations, handed out first come, first served."""

    def __init__(self) -> None:
        self._stations: list[Station] = []
        self._waiting: deque[asyncio.Future[Station | None]] = deque()
        self._closed = False
        self.opened = asyncio.Event()
        """Set once a station serves here, or once none ever will."""
        self.open_items: set[tuple[int, str, int]] = set()
        """Generations handed out in shards and not yet finished: run-candidate id, case id, repeat."""
        self.n_asking = 0
        """Number of requests that hold a slot."""
        self.n_pausing = 0
        """Number of requests that wait for their next attempt."""

    @property
    def capacity(self) -> int:
        """Maximum number of generations in flight now."""
        return sum(station.gate.capacity for station in self._stations)

    @property
    def stations(self) -> tuple[Station, ...]:
        """Servers that serve here now."""
        return tuple(self._stations)

    @property
    def n_open(self) -> int:
        """Number of generations handed out in shards and not yet finished."""
        return len(self.open_items)

    @property
    def n_waiting(self) -> int:
        """Number of requests that wait for a slot."""
        return len(self._waiting)

    @property
    def n_to_ask(self) -> int:
        """Number of open generations that will ask for a slot: they wait for one, or their shard has just begun."""
        return max(self.n_waiting, self.n_open - self.n_asking - self.n_pausing)

    @property
    def n_wanted(self) -> int:
        """Number of slots that the open cases could use: a pipeline may ask for several at once."""
        return max(self.n_open, self.capacity + self.n_waiting) if self.n_waiting else self.n_open

    def is_hungry(self, size: int) -> bool:
        """Return whether another shard of that size is needed to keep every slot busy while some shards end."""
        return self.n_open - self.n_pausing < self.capacity + 2 * size

    def join(self, station: Station) -> None:
        """Offer the station's slots from now on."""
        self._stations.append(station)
        station.pool = self
        self.opened.set()
        self.serve()

    def part(self, station: Station) -> None:
        """Withdraw the station's slots. Requests in flight finish."""
        self._stations.remove(station)
        station.pool = None

    def has_another(self, than: Station) -> bool:
        """Return whether another server can do what this one did not."""
        return any(station is not than and not station.watch.given_up for station in self._stations)

    def close(self) -> None:
        """Close the pool for good, and wake all waiting cases."""
        self._closed = True
        self.opened.set()
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)

    async def enter(self) -> Station | None:
        """Wait for a free slot and return its station, to be given back with `leave`; None: the pool is closed."""
        if self._closed:
            return None
        if not self._waiting and (station := self._free_one()) is not None:
            return station
        waiter: asyncio.Future[Station | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and (station := waiter.result()) is not None:
                station.gate.leave()
            raise

    def serve(self) -> None:
        """Give free slots to waiting cases."""
        while self._waiting:
            if self._waiting[0].done():
                self._waiting.popleft()
                continue
            if (station := self._free_one()) is None:
                return
            self._waiting.popleft().set_result(station)

    def _free_one(self) -> Station | None:
        """Enter the station with the greatest share of free slots, and return it.

        Stations that were given up, and are about to leave, are skipped. None: no slot is free.
        """
        for station in sorted(self._stations, key=_share_taken) if len(self._stations) > 1 else self._stations:
            if not station.watch.given_up and station.gate.try_enter():
                return station
        return None


def _share_taken(station: Station) -> float:
    return station.gate.n_inside / station.gate.capacity if station.gate.capacity else 1.0
