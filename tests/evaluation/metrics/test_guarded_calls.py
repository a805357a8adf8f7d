"""A broken metric fails its own score, with a name and a reason."""

import signal
import threading
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.guarded_calls import BrokenMetricError, aggregating, combining, measured, requested
from evaluation.metrics.metric import CorpusMetric
from evaluation.metrics.needs import missing_needs
from evaluation.metrics.requests import EmbedText
from evaluation.scores import Measurement, ScoreFailure

CASE = Case(case_id="a")
ANSWER = (Generation(text="x", answer="x"),)
REQUEST = EmbedText(model="m", digest="d", text="x")


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@dataclass(frozen=True, kw_only=True)
class Given(CorpusMetric):
    """Returns what it is given, or raises it."""

    name: ClassVar[str] = "given"
    unit: ClassVar[str] = "fraction"

    result: Any = None

    def _given(self) -> Any:
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result

    def measure(self, case, generations, answers):
        return self._given()

    def requests(self, case, generations):
        return self._given()

    def combine(self, values):
        return self._given()

    def aggregate(self, rows):
        return self._given()


def said(result: Any) -> Any:
    return measured(Given(result=result), CASE, ANSWER, {})


@pytest.mark.parametrize(
    "result",
    [
        None,
        Measurement(value=0.5),
        Measurement(value=1.0, label="right", rationale="why", evidence=(1, 2.5, "x")),
        ScoreFailure(kind="verdict_unreadable", message="{"),
    ],
)
def test_what_is_sound_is_returned_as_it_is(result: Any) -> None:
    assert result == said(result)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("bad\n\x00 words"), "given: measure() raised ValueError: bad \x00 words"),
        (KeyError("k"), "given: measure() raised KeyError: 'k'"),
        (SystemExit(3), "given: measure() raised SystemExit: 3"),
        (RecursionError(), "given: measure() raised RecursionError"),
        (Unspeakable(), "given: measure() raised Unspeakable"),
        (MemoryError("m" * 2000), f"given: measure() raised MemoryError: {'m' * 500}…"),
    ],
)
def test_whatever_it_raises_is_a_failure_with_type_message_and_line(error: BaseException, message: str) -> None:
    failure = said(error)

    assert "metric_raised" == failure.kind
    assert failure.message.startswith(message)
    assert f"of {__file__})" in failure.message


def test_the_interruption_of_the_process_goes_through() -> None:
    with pytest.raises(KeyboardInterrupt):
        said(KeyboardInterrupt())


def test_a_keyboard_interrupt_that_cannot_be_a_real_one_is_the_metrics_own() -> None:
    found = []
    thread = threading.Thread(target=lambda: found.append(said(KeyboardInterrupt("no"))))
    thread.start()
    thread.join()

    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        found.append(said(KeyboardInterrupt("no")))
    finally:
        signal.signal(signal.SIGINT, before)
    assert ["metric_raised"] * 2 == [failure.kind for failure in found]
    assert all("given: measure() raised KeyboardInterrupt: no" in failure.message for failure in found)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (0.5, "measure() returned 0.5, a float; it must return a Measurement(value=…), a ScoreFailure or None"),
        (float("nan"), "measure() returned nan, a float; it must"),
        ("good", "measure() returned 'good', a str; it must"),
        ({"value": 1}, "returned {'value': 1}, a dict"),
        (ScoreFailure(kind="", message=""), "a ScoreFailure with an empty or non-string kind"),
        (ScoreFailure(kind="word", message=None), "or a message that is not a string"),  # type: ignore[arg-type]
        (Measurement(value="0.5"), "returned the value '0.5', a str and not a number"),  # type: ignore[arg-type]
        (Measurement(value=None), "returned the value None, a NoneType"),  # type: ignore[arg-type]
        (Measurement(value=1j), "a complex"),  # type: ignore[arg-type]
        (Measurement(value=float("nan")), "the value nan, which is not a finite number"),
        (Measurement(value=float("inf")), "the value inf, which is not a finite number"),
        (Measurement(value=10**400), "which is not a finite number"),
        (Measurement(value=10**5000), "the value that cannot be shown"),
        (Measurement(value=1.001), "the value 1.001, outside its own range of 0 to 1"),
        (Measurement(value=-1), "outside its own range"),
        (Measurement(value=1, label=3), "its label is a int"),  # type: ignore[arg-type]
        (Measurement(value=1, rationale=["x"]), "its rationale is a list"),  # type: ignore[arg-type]
        (Measurement(value=1, evidence=[1]), "its evidence is not a tuple"),  # type: ignore[arg-type]
        (Measurement(value=1, evidence=(None,)), "its evidence is not a tuple"),  # type: ignore[arg-type]
        (Measurement(value=1, evidence=(float("nan"),)), "its evidence is not a tuple of finite numbers"),
        (Measurement(value=1, evidence=(10**400,)), "its evidence is not a tuple of finite numbers"),
    ],
)
def test_nonsense_is_a_failure_that_says_what_is_wrong(result: Any, words: str) -> None:
    failure = said(result)

    assert "metric_returned_nonsense" == failure.kind
    assert failure.message.startswith("given: ")
    assert words in failure.message


@pytest.mark.parametrize("value", [1, True, np.float64(1), np.float32(1), Fraction(1), 1 + 1e-12])
def test_any_kind_of_real_number_will_do_and_becomes_a_plain_one(value: Any) -> None:
    found = said(Measurement(value=value))

    assert (1.0, float) == (found.value, type(found.value))


@given(st.floats())
def test_a_value_is_in_range_or_a_failure(value: float) -> None:
    found = said(Measurement(value=value))

    assert found.kind == "metric_returned_nonsense" if isinstance(found, ScoreFailure) else 0 <= found.value <= 1


def test_what_it_wants_answered_is_checked_too() -> None:
    assert (REQUEST,) == requested(Given(result=[REQUEST]), CASE, ANSWER)
    for result, kind in (
        (ValueError("no"), "metric_raised"),
        (None, "metric_raised"),
        ([7], "metric_returned_nonsense"),
    ):
        failure = requested(Given(result=result), CASE, ANSWER)
        assert isinstance(failure, ScoreFailure)
        assert kind == failure.kind


@pytest.mark.parametrize("result", [ValueError("no"), None, float("nan"), 2.0])
def test_numbers_over_repeats_and_over_cases_are_checked_too(result: Any) -> None:
    metric = Given(result=result)

    with pytest.raises(BrokenMetricError, match=r"given: combine\(\)"):
        combining(metric)([1.0])
    with pytest.raises(BrokenMetricError, match=r"given: aggregate\(\)"):
        aggregating(metric)([])


def test_sound_numbers_over_repeats_and_over_cases_are_returned() -> None:
    assert (0.25, 0.25) == (combining(Given(result=0.25))([1.0]), aggregating(Given(result=0.25))([]))


def test_a_metric_that_cannot_even_say_what_is_wrong_with_a_case_refuses_the_run_in_words() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Careless(Given):
        def problem(self, case):
            raise KeyError("tests")

    assert "case 'a' makes its problem() raise KeyError: 'tests'" in (missing_needs(Careless(), [CASE]) or "")
