"""Does an invalid request name each wrong field, what it was and what is allowed?"""

from typing import Any

import pytest
from api_client import ApiClient

EVALUATION = {"benchmarks": ["summarization"], "models": ["good:1b"]}
ANSWER = {"model": "auto", "messages": []}


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("evaluations", EVALUATION | {"modls": ["x"]}, ["body.modls is not a known field", "did you mean 'models'?"]),
        ("evaluations", EVALUATION | {"limit": 0}, ["body.limit must be at least 1 (got 0)"]),
        ("evaluations", EVALUATION | {"limit": "many"}, ["body.limit must be a whole number (got 'many')"]),
        ("evaluations", EVALUATION | {"options": 3}, ["body.options must be", "(got 3)"]),
        ("races", {"evaluation": EVALUATION | {"modls": []}}, ["body.evaluation.modls", "did you mean 'models'?"]),
        ("races", {"evaluation": EVALUATION, "method": "luck"}, ["must be 'evidence' or 'halving' (got 'luck')"]),
        ("races", {}, ["body.evaluation is missing"]),
        ("evaluations", [], ["body must be an object of names and values (got [])"]),
        ("evaluations", EVALUATION | {"limit": "9" * 9_000}, ["body.limit", "…"]),
    ],
)
def test_an_invalid_field_is_named_with_its_value_and_what_is_allowed(
    api: ApiClient, path: str, body: Any, words: list[str]
) -> None:
    answer = api.send("POST", f"/api/v1/{path}", json=body)

    problem = answer.json()
    assert (422, "urn:benchwright:problem:invalid-field") == (answer.status_code, problem["type"])
    assert all(each in problem["detail"] for each in words), problem["detail"]
    assert 500 > len(problem["detail"].partition("The fields are")[0])
    assert problem["errors"][0]["field"].startswith("body")


@pytest.mark.parametrize("body", ["{", '{"a" 1}', "nothing"])
def test_what_is_not_json_is_said_to_be_none(api: ApiClient, body: str) -> None:
    answer = api.send("POST", "/api/v1/evaluations", content=body, headers={"content-type": "application/json"})

    assert 422 == answer.status_code
    assert answer.json()["detail"].startswith("body is not JSON: ")


def test_every_wrong_field_is_listed(api: ApiClient) -> None:
    problem = api.post("/api/v1/evaluations", EVALUATION | {"limit": 0, "repeats": "x", "what": 1}).json()

    assert ["body.limit", "body.repeats", "body.what"] == sorted(error["field"] for error in problem["errors"])
    assert "(and 2 more)" in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v1/responses", 404),
        ("GET", "/v1/chat/completions", 405),
        ("POST", "/v1/embeddings", 400),
        ("DELETE", "/v1/models", 405),
    ],
)
def test_every_error_of_openais_paths_has_its_shape(api: ApiClient, method: str, path: str, status: int) -> None:
    answer = api.send(method, path, json={})

    assert (status, "application/json") == (answer.status_code, answer.headers["content-type"])
    assert {"message", "type", "param", "code"} == set(answer.json()["error"])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/pull", 404),
        ("DELETE", "/api/delete", 404),
        ("GET", "/api/ps", 404),
        ("POST", "/api/embeddings", 404),
        ("GET", "/api/chat", 405),
        ("POST", "/api/show", 400),
    ],
)
def test_every_error_of_ollamas_paths_has_its_shape(api: ApiClient, method: str, path: str, status: int) -> None:
    answer = api.send(method, path, json={})

    assert (status, "application/json") == (answer.status_code, answer.headers["content-type"])
    assert ["error"] == list(answer.json())
    assert isinstance(answer.json()["error"], str)
    if status in (404, 405):
        assert "The gateway serves /api/chat" in answer.json()["error"]


def test_too_many_requests_are_openais_rate_limit_error() -> None:
    from deployments.api.problems import ProblemError

    body, _ = ProblemError(429, "too many").body_at("/v1/chat/completions", None)

    assert "rate_limit_error" == body["error"]["type"]
