"""Names in a request that nothing has are refused before a flow run begins."""

from typing import Any

import pytest
from api_client import ApiClient
from prefect_by_script import PrefectByScript

from deployments.api.unknown_names import unknown_names
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.requests.sweep_request import SweepRequest
from evaluation.store.experiments import create_experiment
from evaluation.store.session import KeptStore


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("comparisons", {"runs": ["mixed", "zzz"]}, "unknown run 'zzz'"),
        ("comparisons", {"experiment": "zzz"}, "unknown experiment 'zzz'"),
        ("evaluations", {"benchmarks": ["zzz"], "models": ["m"]}, "unknown benchmark 'zzz'"),
        ("races", {"evaluation": {"benchmarks": ["zzz"], "models": ["m", "n"]}}, "unknown benchmark 'zzz'"),
        ("reviews", {"runs": ["zzz"]}, "unknown run 'zzz'"),
        ("reviews", {"review": "zzz"}, "unknown review 'zzz'"),
        ("upgrade-looks", {"policies": ["zzz"]}, "unknown policy 'zzz'"),
    ],
)
def test_the_api_answers_at_once(
    api: ApiClient, prefect: PrefectByScript, path: str, body: dict[str, Any], message: str
) -> None:
    answer = api.post(f"/api/v1/{path}", body)
    assert 422 == answer.status_code
    assert message in answer.json()["detail"]
    assert "next_step" in answer.json()
    assert {} == prefect.runs


def test_what_may_come_until_the_flow_run_begins_is_taken(served_store: KeptStore) -> None:
    create_experiment(served_store, name="without runs yet")
    swept = {"benchmarks": [], "models": ["m"], "endpoints": []}
    for request in (
        ComparisonRequest(runs=["last", "without runs yet", "mixed"]),
        ComparisonRequest(runs=["mixed"], experiment="begun by it"),
        EvaluationRequest(benchmarks=["questions.jsonl"], models=["m"]),
        SweepRequest.model_validate({"evaluation": swept, "parameters": ["temperature=0,1"], "prompt": "Why?"}),
    ):
        assert {} == unknown_names(request, served_store)


def test_a_model_is_unknown_where_all_models_are_known(served_store: KeptStore) -> None:
    request = EvaluationRequest(benchmarks=["classification"], models=["m", "zzz"], candidates=["yyy num_ctx=4096"])
    assert {"models", "candidates"} == unknown_names(request, served_store, models=["m:latest"]).keys()
    elsewhere = request.model_copy(update={"endpoints": ["http://127.0.0.1:9"]})
    assert {} == unknown_names(elsewhere, served_store, models=["m:latest"])
