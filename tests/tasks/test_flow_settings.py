"""Does every flow refuse what nothing could do before it reads or asks anything, however it was started?"""

import asyncio
from typing import Any

import pytest

from evaluation.errors import ConfigurationError
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.requests.race_request import RaceRequest
from evaluation.requests.request_model import RequestModel
from evaluation.requests.sweep_request import SweepRequest
from tasks import flow_settings

ITSELF = "m:1b pipeline=cascade large=m:1b signal=refusal"


def evaluation(**fields: Any) -> EvaluationRequest:
    return EvaluationRequest.model_validate({"benchmarks": ["classification"], **fields})


@pytest.fixture(autouse=True)
def own_database(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use() -> None:
        """The database that there is."""

    monkeypatch.setattr(flow_settings, "use_results_database", use)


@pytest.mark.parametrize(
    "request_of_a_form",
    [
        evaluation(candidates=[ITSELF]),
        ComparisonRequest(evaluation=evaluation(candidates=[ITSELF])),
        RaceRequest(evaluation=evaluation(candidates=["n:1b", ITSELF])),
        SweepRequest(
            evaluation=evaluation(models=["m:1b"], options=["pipeline=cascade", "signal=refusal"]),
            parameters=["large=n:1b,m:1b"],
        ),
    ],
    ids=lambda request: type(request).__name__,
)
def test_a_pipeline_that_asks_itself_is_refused_first(request_of_a_form: RequestModel) -> None:
    with pytest.raises(ConfigurationError, match="m:1b is the candidate's own model") as refused:
        asyncio.run(flow_settings.use_own_settings(request_of_a_form))

    assert "Name another model than m:1b." == refused.value.next_step


def test_a_request_that_may_work_is_returned_with_whole_paths() -> None:
    request = asyncio.run(
        flow_settings.use_own_settings(evaluation(candidates=["m pipeline=retrieval corpus=docs method=bm25"]))
    )

    assert request.candidates != ["m pipeline=retrieval corpus=docs method=bm25"]
    assert "/docs" in request.candidates[0]


def test_what_goes_on_with_an_earlier_request_is_not_refused_for_what_is_gone_since() -> None:
    request = evaluation(models=["m:1b"], metrics=["gone_since"])

    with pytest.raises(ConfigurationError, match="unknown metric 'gone_since'"):
        asyncio.run(flow_settings.use_own_settings(request))
    assert ["gone_since"] == asyncio.run(flow_settings.use_own_settings(request, is_checked=True)).metrics
