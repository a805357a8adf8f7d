from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, settings

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import Metric
from evaluation.score import Measurement

# A slow machine fails no test, and every run tries the same examples.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

Score = Callable[..., Measurement]


@pytest.fixture(scope="session")
def score() -> Score:
    """Measures one answer: `score(metric, answer, *references, choices=…)`."""

    def measured(metric: Metric, answer: str, *references: str, choices: Sequence[str] = ()) -> Measurement:
        case = Case(case_id="q1", prompt="?", references=references, choices=tuple(choices))
        measurement = metric.measure(case, (Generation(text=answer, answer=answer),), {})
        assert measurement is not None
        return measurement

    return measured
