from collections.abc import Callable, Sequence

import pytest
import steady_examples  # noqa: F401 - loads Hypothesis's profile; mutants are tried with this folder's conftest alone

from evaluation.case import Case
from evaluation.generation import Generation
from evaluation.metrics.metric import Metric
from evaluation.scores import Measurement

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
