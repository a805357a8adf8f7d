"""Figures of what works and what waits: the servers behind the gateway, and the GPUs of evaluations in Prefect."""

import threading
import time
from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from deployments.api.flow_runs import Queue
from deployments.api.problems import ProblemError
from deployments.gateway.load import GatewayLoad

QUEUE_EVERY_S = 10.0
"""The Prefect server is asked at most so often."""


class LoadCollector(Collector):
    """Collects them at each scrape.

    Args:
        loads: What the gateway's servers work on now.
        queue: What works and waits on the Prefect server; raises `ProblemError` where that is away.
    """

    def __init__(self, loads: Callable[[], GatewayLoad], queue: Callable[[], Queue]) -> None:
        self._loads, self._queue, self._lock = loads, queue, threading.Lock()
        self._read_at: float | None = None
        self._last: Queue | None = None

    def describe(self) -> Iterator[Metric]:
        """Return nothing, so that registering asks nobody."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        load = self._loads()
        slots = GaugeMetricFamily(
            "benchwright_gateway_slots", "Calls that a server answers at once.", labels=["endpoint"]
        )
        busy = GaugeMetricFamily(
            "benchwright_gateway_slots_busy", "Slots that calls of this gateway take.", labels=["endpoint"]
        )
        queued = GaugeMetricFamily(
            "benchwright_gateway_queue", "Calls of this gateway beyond a server's slots.", labels=["endpoint"]
        )
        for each in load.servers:
            slots.add_metric([each.endpoint], each.n_slots)
            busy.add_metric([each.endpoint], each.n_busy)
            queued.add_metric([each.endpoint], each.n_queued)
        waiting = GaugeMetricFamily("benchwright_gateway_shadows_waiting", "Shadows that wait for an idle slot.")
        waiting.add_metric([], load.n_shadows_waiting)
        shadows = CounterMetricFamily(
            "benchwright_gateway_shadows", "Shadows that were asked, or dropped.", labels=["outcome"]
        )
        shadows.add_metric(["asked"], load.n_shadows_asked)
        shadows.add_metric(["dropped"], load.n_shadows_dropped)
        yield from (slots, busy, queued, waiting, shadows)
        yield from self._of_prefect()

    def _of_prefect(self) -> Iterator[Metric]:
        queue = self._current()
        up = GaugeMetricFamily("benchwright_prefect_up", "Whether the Prefect server answers.")
        up.add_metric([], float(queue is not None))
        yield up
        if queue is None:
            return
        slots = GaugeMetricFamily("benchwright_slots", "Slots of a GPU for evaluations.", labels=["gpu"])
        busy = GaugeMetricFamily("benchwright_slots_busy", "Slots of a GPU that evaluations take.", labels=["gpu"])
        turns = GaugeMetricFamily(
            "benchwright_evaluations_waiting", "Evaluations that wait for their turn on a GPU.", labels=["gpu"]
        )
        for name, (limit, taken) in sorted(queue.slots.items()):
            slots.add_metric([name], limit)
            busy.add_metric([name], taken)
            turns.add_metric([name], queue.waiting.get(name, 0))
        waiting = GaugeMetricFamily("benchwright_flow_runs_waiting", "Flow runs that are due and have not begun.")
        waiting.add_metric([], queue.n_waiting)
        yield from (slots, busy, turns, waiting)

    def _current(self) -> Queue | None:
        with self._lock:
            now = time.monotonic()
            if self._read_at is None or now - self._read_at > QUEUE_EVERY_S:
                self._read_at = now
                try:
                    self._last = self._queue()
                except ProblemError:
                    self._last = None
            return self._last
