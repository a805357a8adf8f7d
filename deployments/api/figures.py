"""Figures for Prometheus: requests of this server, and totals of the store."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from deployments.api.flow_runs import Queue
from deployments.api.load_figures import LoadCollector
from deployments.gateway.gateway_settings import FinishedCall
from deployments.gateway.load import GatewayLoad
from evaluation.errors import StoreError
from evaluation.store.totals import GradingTotals, StoreTotals

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
"""Stands for every method that HTTP has not."""
TOTALS_EVERY_S = 30.0
"""Totals read all answers of runs under way: a scrape gets those of the last half minute."""


class Figures:
    """Figures of one server."""

    def __init__(self, totals: Callable[[], StoreTotals]) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "benchwright_http_requests_total",
            "Requests by method, route and status.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.durations = Histogram(
            "benchwright_http_request_seconds",
            "Seconds from a request to the end of its answer.",
            ["route"],
            registry=self.registry,
        )
        self.at_once = Gauge("benchwright_http_requests_in_flight", "Requests being answered.", registry=self.registry)
        self.gateway_calls = Counter(
            "benchwright_gateway_requests_total",
            "Requests to the gateway by candidate and outcome.",
            ["candidate", "outcome"],
            registry=self.registry,
        )
        self.gateway_tokens = Counter(
            "benchwright_gateway_tokens_total",
            "Tokens of the gateway's calls: prompt, output, and those of the prompt that the server had in its cache.",
            ["candidate", "kind"],
            registry=self.registry,
        )
        self.first_tokens = Histogram(
            "benchwright_gateway_first_token_seconds",
            "Seconds from a request to the first piece of its answer.",
            ["candidate"],
            registry=self.registry,
        )
        self.registry.register(_StoreCollector(totals))

    def watch(self, loads: Callable[[], GatewayLoad], queue: Callable[[], Queue]) -> None:
        """Show what works and what waits too: behind the gateway, and on the Prefect server."""
        self.registry.register(LoadCollector(loads, queue))

    def count_call(self, call: FinishedCall) -> None:
        """Count a finished request of the gateway."""
        self.gateway_calls.labels(call.candidate, call.outcome).inc()
        self.gateway_tokens.labels(call.candidate, "prompt").inc(call.prompt_tokens or 0)
        self.gateway_tokens.labels(call.candidate, "output").inc(call.output_tokens or 0)
        self.gateway_tokens.labels(call.candidate, "cached").inc(call.cached_tokens or 0)
        if call.ttft_s is not None:
            self.first_tokens.labels(call.candidate).observe(call.ttft_s)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request. Methods that HTTP has not are one, since clients may make up any number of them."""
        self.requests.labels(method if method in METHODS else OTHER, route, str(status)).inc()
        self.durations.labels(route).observe(seconds)

    def text(self) -> bytes:
        """Return the figures in Prometheus' text format."""
        return generate_latest(self.registry)


class _StoreCollector(Collector):
    """Totals of the store, read at most every half minute."""

    def __init__(self, totals: Callable[[], StoreTotals]) -> None:
        self._totals, self._lock = totals, threading.Lock()
        self._read_at: float | None = None
        self._last: StoreTotals | None = None

    def describe(self) -> Iterator[Metric]:
        """Return nothing, so that registering does not read the store."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        totals = self._current()
        up = GaugeMetricFamily("benchwright_store_up", "Whether the results database answers.")
        up.add_metric([], float(totals is not None))
        yield up
        if totals is None:
            return
        yield _gauge("benchwright_runs", "Stored runs by status.", "status", totals.runs)
        yield _gauge("benchwright_alerts_open", "Alerts that are not over, by rule.", "rule", totals.open_alerts)
        yield _counter("benchwright_answers", "Stored answers.", totals.answers)
        yield _labelled(
            "benchwright_cache_hits", "Stored answers from a cache, by what was in it.", "kind", totals.cache_hits
        )
        yield _labelled("benchwright_failures", "Failures of model servers by kind.", "kind", totals.failures)
        yield _counter("benchwright_prompt_tokens", "Tokens of prompts.", totals.prompt_tokens)
        yield _counter("benchwright_output_tokens", "Tokens of answers.", totals.output_tokens)
        yield _counter("benchwright_energy_joules", "Energy of answers.", totals.energy_j)
        calls = CounterMetricFamily(
            "benchwright_calls", "Recorded calls by candidate and outcome.", labels=["candidate", "outcome"]
        )
        for (candidate, ok), n in sorted(totals.calls.items()):
            calls.add_metric([candidate, "ok" if ok else "failed"], n)
        if totals.n_refused:  # Of no candidate, as in the gateway's own figures.
            calls.add_metric(["", "refused"], totals.n_refused)
        yield calls
        yield from _grading_figures(totals.gradings)

    def _current(self) -> StoreTotals | None:
        with self._lock:
            now = time.monotonic()
            if self._read_at is None or now - self._read_at > TOTALS_EVERY_S:
                try:
                    self._last = self._totals()
                    self._read_at = now
                except StoreError:
                    return None
            return self._last


def _grading_figures(gradings: GradingTotals) -> Iterator[Metric]:
    """Yield what judges found of calls in production; without any the time since the last grading is left out."""
    yield _counter("benchwright_graded_calls", "Recorded calls that a judge has graded.", gradings.n_calls)
    verdicts = CounterMetricFamily(
        "benchwright_grades", "Grades of recorded calls by candidate and verdict.", labels=["candidate", "verdict"]
    )
    for (candidate, verdict), n in sorted(gradings.verdicts.items()):
        verdicts.add_metric([candidate, verdict], n)
    yield verdicts
    yield _gauge("benchwright_gradings_failed", "Gradings without a grade, by kind.", "kind", dict(gradings.failures))
    if gradings.last_at is not None:
        age = GaugeMetricFamily("benchwright_grading_age_seconds", "Seconds since a judge graded a call last.")
        age.add_metric([], max(0.0, (datetime.now(UTC) - gradings.last_at).total_seconds()))
        yield age


def _gauge(name: str, words: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for key, n in sorted(values.items()):
        family.add_metric([key], n)
    return family


def _labelled(name: str, words: str, label: str, values: dict[str, int]) -> Metric:
    family = CounterMetricFamily(name, words, labels=[label])
    for key, n in sorted(values.items()):
        family.add_metric([key], n)
    return family


def _counter(name: str, words: str, value: float) -> Metric:
    family = CounterMetricFamily(name, words)
    family.add_metric([], value)
    return family
