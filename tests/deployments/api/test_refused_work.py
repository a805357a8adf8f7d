"""Is what no server could do refused over HTTP before a flow run is made, as the command line refuses it?"""

from typing import Any

import pytest
from api_client import ApiClient
from prefect_by_script import PrefectByScript

from evaluation.errors import ConfigurationError
from evaluation.requests.comparison_request import read_comparison_request
from evaluation.requests.evaluation_request import read_request
from evaluation.requests.race_request import read_race_request
from evaluation.requests.sweep_request import read_sweep_request

Fields = dict[str, Any]
ITSELF = "m:1b pipeline=cascade large=m:1b signal=refusal"
READERS = {
    "evaluations": read_request,
    "comparisons": read_comparison_request,
    "races": read_race_request,
    "sweeps": read_sweep_request,
}


def evaluation_of(**fields: Any) -> Fields:
    return {"benchmarks": ["classification"], **fields}


@pytest.fixture(autouse=True)
def offered(prefect: PrefectByScript) -> PrefectByScript:
    prefect.offered = ["classification"]
    return prefect


def bodies(**fields: Any) -> list[tuple[str, Fields]]:
    """Return an evaluation with these fields as each kind of work that has one."""
    evaluation = evaluation_of(**fields)
    raced = {**evaluation, "candidates": ["other:1b", *evaluation["candidates"]]}
    return [("evaluations", evaluation), ("comparisons", {"evaluation": evaluation}), ("races", {"evaluation": raced})]


@pytest.mark.parametrize(
    ("candidate", "message"),
    [
        (ITSELF, "pipeline 'cascade': m:1b is the candidate's own model"),
        ("m:1b pipeline=cascade", "pipeline 'cascade' needs the option 'large'"),
        ("m:1b pipeline=map_reduce chunk_size=50 chunk_overlap=50", "chunk_overlap=50"),
        ("m:1b pipeline=retrieval corpus=docs method=bm25 chunk_size=50 chunk_overlap=60", "chunk_overlap=60"),
        ("m:1b pipeline=retrieval corpus=docs method=bm25 topk=3", "did you mean 'top_k'"),
        ("m:1b pipeline=cascad large=n", "unknown pipeline 'cascad'; did you mean 'cascade'"),
        ("m:1b pipeline=refine rounds=many", "rounds='many' is not allowed"),
        ("m:1b temperatur=1", "did you mean 'temperature'"),
        ("m:1b think=perhaps", "invalid think='perhaps'"),
        ("temperature=1", "does not begin with a model's name"),
    ],
)
def test_a_candidate_that_cannot_work_is_refused_with_the_words_of_the_command_line(
    api: ApiClient, prefect: PrefectByScript, candidate: str, message: str
) -> None:
    with pytest.raises(ConfigurationError) as told:
        read_request(evaluation_of(candidates=[candidate]))

    for path, body in bodies(candidates=[candidate]):
        answer = api.post(f"/api/v1/{path}", body)
        problem = answer.json()
        assert (422, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
        assert (told.value.message, told.value.next_step) == (problem["detail"], problem["next_step"])
        assert message in problem["detail"]
    assert {} == prefect.runs


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("evaluations", evaluation_of(models=["m"], fail_under=["much"]), "--fail-under 'much' is not of the form"),
        ("races", {"evaluation": evaluation_of(models=["a", "b"]), "margin": "wide"}, "wide"),
        ("races", {"evaluation": evaluation_of(models=["a", "b"]), "budget": ["euros=3"]}, "budget 'euros=3'"),
        ("races", {"evaluation": evaluation_of(models=["a", "b"]), "levels": ["huge"]}, "unknown level 'huge'"),
        ("comparisons", {"runs": ["last"], "margin": "wide"}, "wide"),
        ("sweeps", {"evaluation": evaluation_of(models=["m"]), "parameters": ["temperatur=0,1"]}, "temperatur"),
        (
            "sweeps",
            {"evaluation": evaluation_of(models=["m"]), "parameters": ["chunk_size=5,9"]},
            "no pipeline is named",
        ),
        (
            "sweeps",
            {
                "evaluation": evaluation_of(models=["m"], options=["pipeline=map_reduce", "chunk_overlap=50"]),
                "parameters": ["chunk_size=40,80"],
            },
            "chunk_overlap=50",
        ),
        (
            "sweeps",
            {
                "evaluation": evaluation_of(models=["m"], options=["pipeline=cascade", "signal=refusal"]),
                "parameters": ["large=n,m"],
            },
            "m is the candidate's own model",
        ),
    ],
)
def test_rules_and_parameters_are_refused_too(
    api: ApiClient, prefect: PrefectByScript, path: str, body: Fields, message: str
) -> None:
    with pytest.raises(ConfigurationError) as told:
        READERS[path](body)

    answer = api.post(f"/api/v1/{path}", body)

    assert 422 == answer.status_code
    assert message in answer.json()["detail"]
    assert told.value.message.endswith(answer.json()["detail"])
    assert {} == prefect.runs


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"models": ["m"], "metrics": ["exact_mach"]}, "did you mean 'exact_match'"),
        ({"models": ["m"], "metrics": ["token_f1(ignore_cas=true)"]}, "ignore_cas"),
        ({"candidates": ["m pipeline=cascade large=n signal=refusal"], "spread": 2}, "cannot be spread over workers"),
        (
            {"models": ["m"], "options": ["pipeline=retrieval", "corpus=d", "embedder=e"], "spread": 2},
            "cannot be spread",
        ),
    ],
)
def test_what_the_command_line_says_when_it_has_read_the_benchmark_is_said_at_once(
    api: ApiClient, prefect: PrefectByScript, fields: Fields, message: str
) -> None:
    answer = api.post("/api/v1/evaluations", evaluation_of(**fields))

    assert 422 == answer.status_code
    assert message in answer.json()["detail"]
    assert answer.json()["next_step"]
    assert {} == prefect.runs


@pytest.mark.parametrize(
    "fields",
    [
        {"candidates": ["m pipeline=sectioned sections=report.yaml"]},
        {"models": ["m"], "options": ["pipeline=sectioned", "sections=report.yaml"]},
        {"candidates": ["m pipeline=mine.py:Mine depth=2"]},
        {"models": ["m"], "metrics": ["mine.py:Mine"]},
        {"candidates": ["m pipeline=retrieval corpus=docs method=bm25"], "spread": 2},
        {"candidates": ["m pipeline=refine"], "spread": 2},
    ],
)
def test_what_only_the_workers_files_tell_is_left_to_the_worker(
    api: ApiClient, prefect: PrefectByScript, fields: Fields
) -> None:
    answer = api.post("/api/v1/evaluations", evaluation_of(**fields))

    assert 202 == answer.status_code, answer.text
    assert 1 == len(prefect.runs)
