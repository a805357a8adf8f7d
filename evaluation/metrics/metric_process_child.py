"""Child process of `metric_process`: load one third-party metric and score the cases received until stdin closes."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from evaluation.errors import BenchwrightError
from evaluation.metrics.guarded_calls import NONSENSE, BrokenMetricError, aggregating, combining, measured, requested
from evaluation.metrics.metric import Metric
from evaluation.metrics.metric_files import metric_from_source
from evaluation.scores import Measurement, ScoreFailure
from evaluation.user_code.child_side import GRACE_S, end_after, own_pipes, quiet_without_pipes
from evaluation.user_code.error_locations import in_words


@dataclass(frozen=True, kw_only=True)
class Hello:
    """Initial message: the metric, its source and its options."""

    path: Path | None
    """File of the user; None for an importable module."""
    source: bytes
    module: str
    class_name: str
    options: Mapping[str, Any]
    limit_s: float


@dataclass
class Measurer:
    """Performs the requested steps, by name."""

    metric: Metric
    rows: list[Measurement] = field(default_factory=list)
    """Rows of a corpus metric received so far; later requests refer to them by index."""

    def measured(self, *arguments: Any) -> Measurement | ScoreFailure | None:
        """Like `guarded_calls.measured`, for plain values only."""
        result = measured(self.metric, *arguments)
        if not isinstance(result, Measurement):
            return result
        return Measurement(
            value=result.value,
            label=_plain(result.label),
            rationale=_plain(result.rationale),
            evidence=tuple(_plain(part) if isinstance(part, str) else float(part) for part in result.evidence),
        )

    def requested(self, *arguments: Any) -> Any:
        """Like `guarded_calls.requested`."""
        return requested(self.metric, *arguments)

    def combined(self, values: Any) -> float:
        """Run the metric's `combine`."""
        return combining(self.metric)(values)

    def aggregated(self, new: Any, places: Any) -> float:
        """Run the metric's `aggregate` on the rows at these places, sent earlier or with this call."""
        self.rows += new
        return aggregating(self.metric)([self.rows[place] for place in places])  # type: ignore[arg-type]


def _plain(text: str | None) -> Any:
    return None if text is None else "".join(text)


def _metric(hello: Hello) -> Metric:
    if hello.path is None:
        kind: Any = import_module(hello.module)
        for name in hello.class_name.split("."):
            kind = getattr(kind, name)
    else:
        kind = metric_from_source(hello.path, hello.source, hello.class_name)
    made: Metric = kind(**hello.options)
    return made


def _answered(step: Any, arguments: tuple[Any, ...]) -> tuple[str, Any]:
    try:
        return "found", step(*arguments)
    except BrokenMetricError as error:
        return "broken", str(error)


def _sent(replies: BinaryIO, reply: tuple[str, Any]) -> None:
    try:
        packed = pickle.dumps(reply)
    except Exception as error:  # a value of a kind that only the user's file knows
        packed = pickle.dumps(("found", ScoreFailure(kind=NONSENSE, message=f"its result: {in_words(error)}")))
    replies.write(packed)
    replies.flush()


def main() -> None:
    """Serve requests until the input ends. What the metric prints goes to stderr."""
    with quiet_without_pipes():
        _serve()


def _serve() -> None:
    requests, replies = own_pipes()
    hello: Hello = pickle.load(requests)  # noqa: S301 - from our own parent
    try:
        measurer = Measurer(_metric(hello))
    except BaseException as error:  # whatever the user's file does when it is loaded
        message = error.message if isinstance(error, BenchwrightError) else in_words(error)
        _sent(replies, ("broken", message))
        return
    _sent(replies, ("found", None))
    while True:
        try:
            name, arguments = pickle.load(requests)  # noqa: S301 - likewise
        except EOFError:
            return
        end_after(hello.limit_s + GRACE_S)
        reply = _answered(getattr(measurer, name), arguments)
        end_after(0)
        _sent(replies, reply)
