"""Call metrics so that an exception or an invalid result fails only that score.

A metric may be anybody's code: whatever it raises, and whatever it returns that is no measurement, becomes a
`ScoreFailure` with a name. Only the interruption of the process itself, by a real Ctrl-C, goes through.
"""

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import isfinite
from numbers import Real

from evaluation.case import Case
from evaluation.formatting import excerpt
from evaluation.generation import Generation
from evaluation.metrics.metric import CorpusMetric, Metric, TooFewRepeatsError
from evaluation.metrics.requests import Answers, AskJudge, EmbedText, Request, RunProgram
from evaluation.scores import Measurement, ScoreFailure
from evaluation.user_code.error_locations import in_words, place_in

RAISED = "metric_raised"
NONSENSE = "metric_returned_nonsense"
_UNSOUND = "measure() returned a ScoreFailure with an empty or non-string kind, or a message that is not a string"
_SLACK = 1e-9
"""Rounding error by which a value may exceed its range; it is then set to the end of the range."""


def measured(
    metric: Metric, case: Case, generations: Sequence[Generation], answers: Answers
) -> Measurement | ScoreFailure | None:
    """Measure the case with the metric; where that fails, return the failure.

    Args:
        metric: Built in or third-party.
        case: What was asked.
        generations: As `Metric.measure` takes them.
        answers: Likewise.
    """
    try:
        result = metric.measure(case, generations, answers)
    except BaseException as error:
        return _raised(metric, "measure", _not_ours(error))
    if result is None:
        return None
    if isinstance(result, ScoreFailure):
        return result if _is_sound(result) else ScoreFailure(kind=NONSENSE, message=f"{metric.name}: {_UNSOUND}")
    for problem in _problems(metric, result):
        return ScoreFailure(kind=NONSENSE, message=f"{metric.name}: {problem}")
    value = _in_range(metric, result.value)
    return result if value is result.value else replace(result, value=value)


def requested(metric: Metric, case: Case, generations: Sequence[Generation]) -> tuple[Request, ...] | ScoreFailure:
    """Return the metric's requests for the case; where that fails, the failure."""
    try:
        requests = tuple(metric.requests(case, generations))
    except BaseException as error:
        return _raised(metric, "requests", _not_ours(error))
    for request in requests:
        if not isinstance(request, EmbedText | AskJudge | RunProgram):
            message = f"requests() returned a {type(request).__name__}; expected EmbedText, AskJudge or RunProgram"
            return ScoreFailure(kind=NONSENSE, message=f"{metric.name}: {message}")
    return requests


class BrokenMetricError(Exception):
    """Raised when a metric fails on many values at once, so that no single score can be marked as failed."""


def combining(metric: Metric) -> Callable[[Sequence[float]], float]:
    """Wrap the metric's `combine` so that its failures raise `BrokenMetricError`."""
    if type(metric).combine is Metric.combine:
        return metric.combine

    def combined(values: Sequence[float]) -> float:
        return _sound(metric, "combine", lambda: metric.combine(values))

    return combined


def aggregating(metric: CorpusMetric) -> Callable[[Sequence[Measurement]], float]:
    """Wrap the metric's `aggregate` so that its failures raise `BrokenMetricError`."""

    def aggregated(rows: Sequence[Measurement]) -> float:
        return _sound(metric, "aggregate", lambda: metric.aggregate(rows))

    return aggregated


def _sound(metric: Metric, step: str, call: Callable[[], object]) -> float:
    try:
        value = call()
    except TooFewRepeatsError:
        raise
    except BaseException as error:
        raise BrokenMetricError(_raised(metric, step, _not_ours(error)).message) from error
    for problem in _wrong_value(metric, step, value):
        raise BrokenMetricError(f"{metric.name}: {problem}")
    return _in_range(metric, value)


def _not_ours(error: BaseException) -> BaseException:
    """Return the error, where it is the metric's own; raise a Ctrl-C from the terminal again.

    Python raises it only in the main thread, and only as long as its own handler is installed: anywhere else a
    `KeyboardInterrupt` was raised by other code as an ordinary error.
    """
    if (
        isinstance(error, KeyboardInterrupt)
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ):
        raise error
    return error


def _raised(metric: Metric, step: str, error: BaseException) -> ScoreFailure:
    file = getattr(sys.modules.get(type(metric).__module__), "__file__", None)
    line = place_in(error, file) if file is not None else None
    where = f" (line {line} of {file})" if line is not None else ""
    return ScoreFailure(kind=RAISED, message=f"{metric.name}: {step}() raised {in_words(error)}{where}")


def _is_sound(failure: ScoreFailure) -> bool:
    return isinstance(failure.kind, str) and failure.kind != "" and isinstance(failure.message, str)


def _problems(metric: Metric, result: object) -> Iterator[str]:
    if not isinstance(result, Measurement):
        yield (
            f"measure() returned {_shown(result)}, a {type(result).__name__}; "
            "it must return a Measurement(value=…), a ScoreFailure or None"
        )
        return
    yield from _wrong_value(metric, "measure", result.value)
    for name, text in (("label", result.label), ("rationale", result.rationale)):
        if text is not None and not isinstance(text, str):
            yield f"its {name} is a {type(text).__name__}, not text or None"
    if not isinstance(result.evidence, tuple) or not all(map(_is_plain, result.evidence)):
        yield "its evidence is not a tuple of finite numbers and texts"


def _is_plain(part: object) -> bool:
    return isinstance(part, str) or (isinstance(part, int | float) and _as_float(part) is not None)


def _wrong_value(metric: Metric, step: str, value: object) -> Iterator[str]:
    """Yield why the value is not a valid one, at most once."""
    low, high = metric.value_range
    number = _as_float(value)
    if not isinstance(value, Real):
        yield f"{step}() returned the value {_shown(value)}, a {type(value).__name__} and not a number"
    elif number is None:
        yield f"{step}() returned the value {_shown(value)}, which is not a finite number"
    elif not low - _SLACK * max(1.0, abs(low)) <= number <= high + _SLACK * max(1.0, abs(high)):
        yield f"{step}() returned the value {_shown(value)}, outside its own range of {low:g} to {high:g}"


def _as_float(value: object) -> float | None:
    """Return the value as a finite number; None where it is not one."""
    try:
        number = float(value) if isinstance(value, Real) else None
    except (OverflowError, ValueError, TypeError):
        return None
    return number if number is not None and isfinite(number) else None


def _in_range(metric: Metric, value: object) -> float:
    low, high = metric.value_range
    return min(max(_as_float(value) or 0.0, float(low)), float(high))


def _shown(value: object) -> str:
    try:
        return excerpt(repr(value), 80)
    except Exception:  # its `__repr__` is broken too
        return "that cannot be shown"
