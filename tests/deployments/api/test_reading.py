"""What is stored, over HTTP: pages, fields, tags, problems; and the shape of the routes themselves."""

import ast
import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from recommendable import fill

from deployments.api.app import API_ROUTERS, create_app
from deployments.api.routes import operation
from evaluation.store.session import keep_open, open_store

ROUTES = Path(__file__).parents[3] / "deployments/api/routes"
Get = Callable[..., httpx.Response]


@pytest.fixture
def get(sqlite_url: str) -> Get:
    """Sends requests to the application on a filled store, from this machine."""
    with open_store(sqlite_url) as store:
        fill(store)

    async def send(method: str, path: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(create_app(kept), raise_app_exceptions=False, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4210") as client:
            return await client.request(method, path, **options)

    kept = keep_open(sqlite_url)
    return lambda path, method="GET", **options: asyncio.run(send(method, path, **options))


@pytest.mark.parametrize(
    "path", ["runs", "runs/run-summarization/cases", "benchmarks", "metrics", "pipelines", "profiles"]
)
def test_pages_until_the_end_are_the_whole_list(get: Get, path: str) -> None:
    whole = get(f"/api/v1/{path}?limit=1000").json()
    limit = max(1, len(whole["items"]) // 3)
    items, cursor = [], None
    while True:
        query = {"limit": limit} | ({} if cursor is None else {"cursor": cursor})
        page = get(f"/api/v1/{path}", params=query).json()
        items += page["items"]
        if (cursor := page["next"]) is None:
            break

    assert whole["next"] is None
    assert len(whole["items"]) > 1
    assert whole["items"] == items


def test_only_the_named_fields_are_sent_and_an_unknown_one_is_refused(get: Get) -> None:
    assert [{"run_id", "status"}] * 2 == [
        set(item) for item in get("/api/v1/runs?fields=run_id,status").json()["items"]
    ]
    assert 422 == get("/api/v1/runs?fields=nope").status_code


def test_what_a_client_has_already_is_not_sent_again(get: Get) -> None:
    first = get("/api/v1/runs/last")
    second = get("/api/v1/runs/last", headers={"If-None-Match": first.headers["etag"]})

    assert (200, 304, b"") == (first.status_code, second.status_code, second.content)


def test_the_head_of_an_answer_can_be_had_alone(get: Get) -> None:
    assert 200 == get("/api/v1/runs", method="HEAD").status_code


def test_a_problem_has_the_message_and_the_next_step_of_the_command(get: Get) -> None:
    answer = get("/api/v1/runs/nope")

    assert (404, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert answer.json()["detail"].startswith("unknown run 'nope'")
    assert answer.json()["next_step"]


def test_a_text_that_is_not_unicode_is_refused_and_told(get: Get) -> None:
    body = b'{"task": "summarization", "\\ud800": 1}'

    answer = get("/api/v1/recommendations", method="POST", content=body, headers={"Content-Type": "application/json"})

    assert 422 == answer.status_code


def test_without_a_prefect_server_a_start_says_what_to_start(get: Get) -> None:
    body = {"benchmarks": ["question_answering"], "models": ["a:1b"]}

    answer = get("/api/v1/evaluations", method="POST", json=body)

    assert 503 == answer.status_code
    assert "benchwright serve" in answer.json()["next_step"]


def test_every_route_is_short_and_asks_for_a_scope() -> None:
    functions = [
        (path, node)
        for path in ROUTES.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    unscoped = [
        route.path
        for router in [*API_ROUTERS, operation.router]
        for route in router.routes
        if isinstance(route, APIRoute) and not any(hasattr(each.call, "scope") for each in route.dependant.dependencies)
    ]

    assert len(functions) > 30
    assert not [node.name for _, node in functions if node.end_lineno - node.lineno + 1 > 25]  # type: ignore[operator]
    assert not [path for path in ROUTES.glob("*.py") if "sqlalchemy" in path.read_text()]
    assert ["/health/live"] == unscoped
