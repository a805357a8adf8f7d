from collections.abc import Callable

import pytest

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import Metric
from evaluation.scores import Measurement

STORY = (
    "Tidal mills grind corn with the strength of the sea. "
    "A dam across a small bay lets the rising tide in through a gate. "
    "At high water the gate closes, and the bay behind the dam stays full. "
    "When the tide has gone out, the miller lets this water run back over a wheel. "
    "The wheel turns for about five hours, twice a day. "
    "However, the hours move with the moon, so that the miller often works at night. "
    "In 1938 the old mill at Carew ground its last corn."
)


@pytest.fixture(scope="session")
def story() -> str:
    """A short coherent text of seven sentences, written for these tests."""
    return STORY


def measured(
    metric: Metric, answer: str, *, prompt: str = "", finish_reason: str | None = "stop", case: Case | None = None
) -> Measurement:
    """What a metric says of an answer to a prompt."""
    generation = Generation(text=answer, answer=answer, finish_reason=finish_reason)
    found = metric.measure(case or Case(case_id="1", prompt=prompt), (generation,), {})
    assert isinstance(found, Measurement)
    return found


@pytest.fixture(scope="session")
def measure() -> Callable[..., Measurement]:
    """What a metric says of an answer: `measure(metric, answer, prompt=…, finish_reason=…, case=…)`."""
    return measured
