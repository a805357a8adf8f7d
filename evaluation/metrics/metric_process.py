"""The process of a third-party metric, separate so that the metric cannot harm a run (`user_code.child_process`).

A metric that never returns, or crashes its process, fails its own scores and nothing else. The process is started with
the first case and serves all that follow.
"""

import pickle
import threading
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics import guarded_calls
from evaluation.metrics.guarded_calls import NONSENSE, RAISED, BrokenMetricError
from evaluation.metrics.metric import CorpusMetric, Metric
from evaluation.metrics.metric_process_child import Hello
from evaluation.metrics.requests import Answers, Request
from evaluation.metrics.third_party import LOST, third_party_names
from evaluation.scores import Measurement, ScoreFailure
from evaluation.user_code.child_process import GIVEN_UP_AFTER, ChildProcess, TooLateError
from evaluation.user_code.error_locations import in_words
from evaluation.user_code.loading import import_limit_s, said_when_long, too_long
from evaluation.user_code.source_files import source_of

LIMIT_S = 60.0
"""Seconds for one case, unless the setting `BENCHWRIGHT_METRIC_TIMEOUT_S` is set."""

TIMED_OUT = "metric_timed_out"
DIED = "metric_ended_its_process"
GIVEN_UP = "metric_given_up"
BROKEN = frozenset({RAISED, NONSENSE, TIMED_OUT, DIED, GIVEN_UP, LOST})
"""Kinds of score failure that are caused by the metric's own code."""


class MeasuringEndedError(Exception):
    """The process was closed while a metric was being measured."""


def is_ours(metric: Metric) -> bool:
    """Check that the metric is built in, neither from a user's file nor from another package."""
    kind = type(metric)
    if kind.__module__.startswith("evaluation."):
        return True
    return source_of(kind) is None and metric.name not in third_party_names()


class MetricProcess:
    """Runs metrics: our own in this process, each other one in a process of its own. May be closed from any thread."""

    def __init__(self, *, limit_s: float = LIMIT_S) -> None:
        """Start nothing yet.

        Args:
            limit_s: Seconds that a metric which is not built in may take for one case.
        """
        self._limit_s = limit_s
        self._closed = threading.Event()
        self._others: dict[Metric, _Other | None] = {}

    def __enter__(self) -> "MetricProcess":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """End every process, busy ones too: whoever waits for one gets a `MeasuringEndedError`."""
        self._closed.set()
        for other in list(self._others.values()):
            if other is not None:
                other.close()

    def measured(
        self, metric: Metric, case: Case, generations: Sequence[Generation], answers: Answers
    ) -> Measurement | ScoreFailure | None:
        """Run `guarded_calls.measured`, in a process of its own for a metric that is not built in.

        Raises:
            MeasuringEndedError: it was closed.
        """
        if self._closed.is_set():
            raise MeasuringEndedError
        if (other := self._other(metric)) is None:
            return guarded_calls.measured(metric, case, generations, answers)
        result: Measurement | ScoreFailure | None = other.call("measured", case, tuple(generations), dict(answers))
        return result

    def requested(
        self, metric: Metric, case: Case, generations: Sequence[Generation]
    ) -> tuple[Request, ...] | ScoreFailure:
        """Run `guarded_calls.requested`."""
        if (other := self._other(metric)) is None:
            return guarded_calls.requested(metric, case, generations)
        requests: tuple[Request, ...] | ScoreFailure = other.call("requested", case, tuple(generations))
        return requests

    def combining(self, metric: Metric) -> Callable[[Sequence[float]], float]:
        """Return `guarded_calls.combining`, in a process of its own for a metric that is not built in."""
        if type(metric).combine is Metric.combine or (other := self._other(metric)) is None:
            return guarded_calls.combining(metric)
        return lambda values: _number(other.call("combined", tuple(values)))

    def aggregating(self, metric: CorpusMetric) -> Callable[[Sequence[Measurement]], float]:
        """Return `guarded_calls.aggregating`, in a process of its own for a metric that is not built in."""
        other = self._other(metric)
        return guarded_calls.aggregating(metric) if other is None else lambda rows: _number(other.aggregated(rows))

    def _other(self, metric: Metric) -> "_Other | None":
        """Return the process that runs the metric; None for a built-in one, which runs in this process."""
        if metric not in self._others:
            self._others[metric] = None if is_ours(metric) else _Other(metric, self._limit_s, self._closed)
        return self._others[metric]


def _number(value: Any) -> float:
    if isinstance(value, ScoreFailure):
        raise BrokenMetricError(value.message)
    return float(value)


class _Other:
    """One metric that is not ours, with its process, which is started again after it died."""

    def __init__(self, metric: Metric, limit_s: float, closed: threading.Event) -> None:
        self._metric, self._limit_s, self._closed = metric, limit_s, closed
        self._at_work = threading.Lock()
        self._starting = threading.Lock()
        self._child: ChildProcess | None = None
        self._n_lost = 0
        self._places: dict[int, int] = {}
        self._rows: list[Measurement] = []
        """Rows of a corpus metric that the process already has; their ids stay valid as long as they are kept here."""

    def call(self, step: str, *arguments: Any) -> Any:
        """Run the step and return its result, or the failure."""
        with self._at_work:
            return self._call(step, arguments)

    def aggregated(self, rows: Sequence[Measurement]) -> Any:
        """Aggregate the rows, sending each of them only once."""
        with self._at_work:
            if self._child is None:
                self._places, self._rows = {}, []
            new = []
            for row in rows:
                if id(row) not in self._places:
                    self._places[id(row)] = len(self._rows)
                    self._rows.append(row)
                    new.append(row)
            return self._call("aggregated", (new, [self._places[id(row)] for row in rows]))

    def _call(self, step: str, arguments: tuple[Any, ...]) -> Any:
        if self._n_lost >= GIVEN_UP_AFTER:
            message = f"{self._metric.name}: did not return from {self._n_lost} calls in a row; it is not called again"
            return ScoreFailure(kind=GIVEN_UP, message=message)
        if self._child is None and (failure := self._start()) is not None:
            return failure
        reply = self._exchanged((step, arguments), self._limit_s)
        if isinstance(reply, ScoreFailure) and reply.kind in (TIMED_OUT, DIED):
            self._n_lost += 1
        else:
            self._n_lost = 0
        return reply

    def _start(self) -> ScoreFailure | None:
        path, source = source_of(type(self._metric)) or (None, b"")
        options = {option.name: getattr(self._metric, option.name) for option in fields(self._metric)}
        hello = Hello(
            path=path,
            source=source,
            module=type(self._metric).__module__,
            class_name=type(self._metric).__qualname__,
            options=options,
            limit_s=self._limit_s,
        )
        with self._starting:
            if self._closed.is_set():
                raise MeasuringEndedError
            try:
                self._child = ChildProcess("evaluation.metrics.metric_process_child")
            except OSError as error:
                return ScoreFailure(kind=RAISED, message=f"{self._metric.name} cannot be started: {in_words(error)}")
        with said_when_long(Path(hello.module) if path is None else path, limit_s := import_limit_s()):
            reply = self._exchanged(hello, limit_s, is_loading=True)
        if isinstance(reply, ScoreFailure):
            self._n_lost += 1
            self._end()
            return reply
        return None

    def _exchanged(self, message: Any, limit_s: float, *, is_loading: bool = False) -> Any:
        assert self._child is not None  # noqa: S101 - it was started
        try:
            # The reply is the user's own code, with the user's rights.
            word, content = self._child.exchanged(
                lambda pipe: pickle.dump(message, pipe),
                lambda pipe: pickle.load(pipe),  # noqa: S301
                limit_s,
            )
        except Exception as error:
            return self._lost(limit_s, error, is_loading=is_loading)
        return content if word == "found" else ScoreFailure(kind=RAISED, message=str(content))

    def _lost(self, limit_s: float, error: Exception, *, is_loading: bool) -> ScoreFailure:
        """Return why the process did not answer."""
        how = self._end()
        if self._closed.is_set():
            raise MeasuringEndedError
        name = self._metric.name
        if isinstance(error, TooLateError) and is_loading:
            return ScoreFailure(kind=TIMED_OUT, message=f"{name}: its file {too_long(limit_s)}")
        if isinstance(error, TooLateError):
            step = f"raise BENCHWRIGHT_METRIC_TIMEOUT_S (now {limit_s:g} s) or fix the metric"
            return ScoreFailure(
                kind=TIMED_OUT, message=f"{name}: did not return within {limit_s:g} s and was stopped; {step}"
            )
        if not isinstance(error, EOFError | BrokenPipeError | pickle.UnpicklingError):
            return ScoreFailure(kind=RAISED, message=f"{name}: {in_words(error)}")
        return ScoreFailure(kind=DIED, message=f"{name}: its process exited ({how})")

    def close(self) -> None:
        """End the process, even while a call waits for it; may be called from any thread."""
        with self._starting:
            child = self._child
        if child is not None:
            child.kill()
        with self._at_work:  # who waits sees the end at once
            self._end()

    def _end(self) -> str:
        child, self._child = self._child, None
        return "" if child is None else child.end()
