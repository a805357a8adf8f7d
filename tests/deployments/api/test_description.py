"""Does the description say what the routes answer, with examples that are answered, and do made-up requests keep it?"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from api_client import ApiClient
from api_examples import DESCRIPTION, send_examples
from api_store import fill_for_examples
from jsonschema import Draft202012Validator
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from deployments.api.app import create_app
from deployments.api.examples import BODIES
from evaluation.store.session import KeptStore, keep_open, open_store
from evaluation.store.upgrades import list_upgrades

Operation = tuple[str, str, Mapping[str, Any]]
NO_PREFECT_SERVER = (
    "/evaluations", "/races", "/sweeps", "/monitor-passes", "/upgrade-looks", "/retrainings", "/written-suites",
    "/traffic-gradings",
)  # fmt: skip
PROBLEMS = {
    "get /api/v1/runs/{run}/cascades": 422,
    "get /api/v1/comparisons/{comparison}/export": 422,
    "get /api/v1/runs/{run}/race": 404,
    "get /api/v1/runs/{run}/sweep": 404,
    "get /api/v1/analytics/effects/{run}": 404,
    "get /api/v1/analytics/breakdown": 422,
    "post /api/v1/policies/{policy}/trial": 422,
    "delete /api/v1/policies/{policy}/trial": 422,
    "post /api/v1/upgrades/{upgrade}/acceptance": 422,
    "post /api/v1/upgrade-looks": 422,
    "post /api/v1/reviews": 503,
    "post /api/v1/comparisons": 503,
}
"""Statuses of examples that this store cannot answer: it has no race, a trial is running, and so on."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptStore]:
    path = str(tmp_path_factory.mktemp("described") / "benchwright.db")
    with open_store(path) as filled:
        fill_for_examples(filled)
    store = keep_open(path)
    yield store
    store.close()


@pytest.fixture(scope="module")
def api(store: KeptStore) -> ApiClient:
    return ApiClient(create_app(store))


@pytest.fixture(scope="module")
def description(api: ApiClient) -> Any:
    return api.get(DESCRIPTION).json()


def operations(description: Mapping[str, Any]) -> list[Operation]:
    """Return each operation with its method and path: those that read first, those that delete last."""
    listed = [(method, path, each) for path, of in description["paths"].items() for method, each in of.items()]
    # What an example makes has the name of what another one deletes.
    rank = {"get": 0, "patch": 1, "put": 1, "delete": 3}
    return sorted(listed, key=lambda one: (rank.get(one[0], 2 if "{" in one[1] else 4), -len(one[1])))


def test_every_operation_says_what_it_answers(description: Any) -> None:
    bare = [
        (method, path)
        for method, path, operation in operations(description)
        for status, answer in operation["responses"].items()
        if status[0] == "2" and not any(content.get("schema") for content in answer["content"].values())
    ]

    assert [] == bare
    assert len({each["operationId"] for _, _, each in operations(description)}) == len(operations(description))


def test_every_schema_is_one(description: Any) -> None:
    for schema in description["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_body_has_an_example_and_no_example_is_left_over(description: Any) -> None:
    bodies = {
        content["schema"]["$ref"].rpartition("/")[2]: content.get("example")
        for _, _, operation in operations(description)
        for content in operation.get("requestBody", {}).get("content", {}).values()
    }

    assert bodies == BODIES


def test_every_example_is_answered_as_the_description_says(api: ApiClient, store: KeptStore, description: Any) -> None:
    (upgrade,) = list_upgrades(store)
    for method, path, operation in operations(description):
        answer = _send_example(api, method, path, operation, upgrade=upgrade.upgrade_id)
        expected = PROBLEMS.get(f"{method} {path}")
        if expected is None and (path.endswith(NO_PREFECT_SERVER) or "/work/" in path):
            expected = 503
        assert expected is None or answer.status_code == expected, (method, path, answer.text)
        assert expected is not None or answer.status_code < 300, (method, path, answer.text)
        described = operation["responses"][str(answer.status_code)]["content"]
        media_type = answer.headers["content-type"].partition(";")[0]
        assert media_type in described, (method, path, media_type)
        if media_type.endswith("json"):
            schema = described[media_type]["schema"] | {"components": description["components"]}
            assert [] == [error.message for error in Draft202012Validator(schema).iter_errors(answer.json())]


def _send_example(api: ApiClient, method: str, path: str, operation: Mapping[str, Any], **places: str) -> Any:
    given: dict[str, dict[str, Any]] = {"path": {}, "query": {}}
    for parameter in operation.get("parameters", []):
        if "example" in parameter:
            given[parameter["in"]][parameter["name"]] = parameter["example"]
    options: dict[str, Any] = {"params": given["query"]}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        options["json"] = content["example"]
    return api.send(method.upper(), path.format(**given["path"] | places), **options)


def test_made_up_requests_are_answered_as_the_description_says(store: KeptStore, description: Any) -> None:
    """A thousand of them: `tests/benchmarks/api_requests.py`."""
    sent = send_examples(create_app(store), 2)

    assert {} == sent.faults
    assert len(operations(description)) <= sent.statuses.total()
    assert 20 < len(sent.succeeded)


@pytest.mark.parametrize(
    ("status", "content", "fault"),
    [
        (200, {"k": "v"}, None),
        (200, {"k": 1}, "response_schema_conformance"),
        (418, {"k": "v"}, "status_code_conformance"),
        (404, {"k": "v"}, "content_type_conformance"),
        (500, {"k": "v"}, "internal error"),
    ],
)
def test_what_is_not_as_described_is_found(status: int, content: Any, fault: str | None) -> None:
    shape = {"type": "object", "required": ["k"], "properties": {"k": {"type": "string"}}}
    problem = {"description": "A problem.", "content": {"application/problem+json": {"schema": {}}}}
    right = {"description": "It is so.", "content": {"application/json": {"schema": shape}}}
    described = {
        "openapi": "3.1.0",
        "info": {"title": "One", "version": "1"},
        "paths": {"/one": {"get": {"responses": {"200": right, "404": problem, "500": problem}}}},
    }

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            answer = JSONResponse(described) if scope["path"] == DESCRIPTION else JSONResponse(content, status)
            await answer(scope, receive, send)

    faults = [name.partition(": ")[2] for name in send_examples(app, 2).faults]
    assert (fault in faults) if fault else faults == []
