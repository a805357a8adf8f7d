"""Who is let in, and who is not?"""

import ast
import inspect
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from api_client import ApiClient
from fastapi.routing import APIRoute

import deployments.api.routes as routes
from deployments.api.access import Access, Doorkeeper, Sender, is_loopback
from deployments.api.app import API_ROUTERS, create_app
from deployments.api.guard import OPEN_PATHS
from deployments.api.problems import ProblemError
from deployments.api.routes import operation
from evaluation.records.access import Scope
from evaluation.store.api_keys import create_key, revoke_key
from evaluation.store.audit import list_changes
from evaluation.store.session import KeptStore

ROUTERS = [*API_ROUTERS, operation.router]
ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def _scopes(route: APIRoute) -> list[Scope]:
    """Return the scopes that a route asks for, among its dependencies or as a parameter."""
    scopes = [getattr(dependency.call, "scope", None) for dependency in route.dependant.dependencies]
    return [scope for scope in scopes if scope is not None]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{sorted(route.methods)[0]} {route.path}")
def test_every_route_needs_one_scope_and_is_short(route: APIRoute) -> None:
    expected = 0 if route.path in OPEN_PATHS else 1

    assert expected == len(_scopes(route))
    assert len(inspect.getsource(route.endpoint).splitlines()) <= 25


def test_no_route_speaks_sql() -> None:
    folder = Path(str(routes.__file__)).parent
    imported = [
        name
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None) or node.names[0].name]
    ]

    assert [] == [name for name in imported if name.startswith(("sqlalchemy", "sqlmodel", "evaluation.store.tables"))]


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", "/api/v1/runs", Scope.READ),
        ("GET", "/metrics", Scope.READ),
        ("POST", "/api/v1/evaluations", Scope.RUN),
        ("POST", "/api/v1/outcomes", Scope.RUN),
        ("GET", "/api/v1/keys", Scope.ADMIN),
        ("POST", "/api/v1/keys", Scope.ADMIN),
        ("GET", "/api/v1/audit", Scope.ADMIN),
        ("POST", "/v1/chat/completions", Scope.CHAT),
        ("GET", "/api/tags", Scope.CHAT),
    ],
)
def test_a_key_does_what_its_scope_includes_and_nothing_else(
    served_store: KeptStore, method: str, path: str, needed: Scope, scope: Scope
) -> None:
    _, text = create_key(served_store, name="a", scopes=[scope])
    client = ApiClient(create_app(served_store), address="192.0.2.7")

    answer = client.send(method, path, headers={"Authorization": f"Bearer {text}"}, **_content(method))

    assert (answer.status_code == 403) == (needed not in scope.included)


def _content(method: str) -> dict[str, Any]:
    return {"json": {}} if method == "POST" else {}


@pytest.mark.parametrize(
    "header",
    [None, "Bearer", "Bearer x", "Bearer bw_1_2", "Basic YTpi", "bw_1_2", "Bearer  ", "Bearer bw_" + "a" * 999],
)
@pytest.mark.parametrize("path", ["/api/v1/runs", "/health/deep", "/metrics", "/v1/models", "/api/v1/openapi.json"])
def test_beyond_this_machine_a_valid_key_is_needed_everywhere(
    served_store: KeptStore, path: str, header: str | None
) -> None:
    client = ApiClient(create_app(served_store), address="192.0.2.7")

    answer = client.get(path, headers={} if header is None else {"Authorization": header})

    assert 401 == answer.status_code
    assert "Bearer" == answer.headers["www-authenticate"]


def test_expired_and_revoked_keys_are_refused_on_this_machine_too(served_store: KeptStore, api: ApiClient) -> None:
    begun = datetime.now(UTC)
    _, expired = create_key(served_store, name="a", scopes=[Scope.READ], expires_at=begun + timedelta(microseconds=1))
    _, revoked = create_key(served_store, name="b", scopes=[Scope.READ])
    revoke_key(served_store, "b")

    for text in (expired, revoked):
        assert 401 == api.get("/api/v1/runs", headers={"Authorization": f"Bearer {text}"}).status_code


def test_two_keys_in_one_request_are_refused(api: ApiClient) -> None:
    headers = [("Authorization", "Bearer a"), ("Authorization", "Bearer b")]

    assert 400 == api.get("/api/v1/runs", headers=headers).status_code


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:4210"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Referer": "http://evil.example/page"},
    ],
    ids=str,
)
def test_pages_of_others_start_nothing(api: ApiClient, served_store: KeptStore, headers: dict[str, str]) -> None:
    answer = api.post("/api/v1/evaluations", {"benchmarks": ["x"], "models": ["y"]}, headers=headers)

    assert 403 == answer.status_code
    assert () == list_changes(served_store)


def test_another_user_of_this_machine_needs_a_key(served_store: KeptStore) -> None:
    doorkeeper = Doorkeeper(store=served_store, is_own_user=lambda client, server: False)

    with pytest.raises(ProblemError, match="another user"):
        doorkeeper.admit(Sender(client=("127.0.0.1", 50_000), server=("127.0.0.1", 4210)))


def test_with_required_keys_this_machine_needs_one_too(served_store: KeptStore) -> None:
    client = ApiClient(create_app(served_store, requires_key=True))

    assert 401 == client.get("/api/v1/runs").status_code
    assert 200 == client.get("/health/live").status_code


def test_a_key_over_its_rate_is_told_when_to_come_again(served_store: KeptStore) -> None:
    _, text = create_key(served_store, name="a", scopes=[Scope.READ], rate="2/hour")
    client, headers = ApiClient(create_app(served_store)), {"Authorization": f"Bearer {text}"}

    statuses = [client.get("/api/v1/runs", headers=headers).status_code for _ in range(3)]
    last = client.get("/api/v1/runs", headers=headers)

    assert [200, 200, 429] == statuses
    assert 1 <= int(last.headers["retry-after"]) <= 3600


def test_a_key_of_another_program_counts_as_none_on_this_machine(api: ApiClient) -> None:
    assert 200 == api.get("/api/v1/runs", headers={"Authorization": "Bearer sk-proj-123"}).status_code


def test_a_made_key_is_shown_once_and_is_in_no_list(api: ApiClient, served_store: KeptStore) -> None:
    made = api.post("/api/v1/keys", {"name": "ci", "scopes": ["read"], "rate": "60/min"})

    assert 201 == made.status_code
    text = made.json()["key"]
    listed = api.get("/api/v1/keys").text + api.get("/api/v1/audit").text
    assert text.split("_")[2] not in listed
    assert "60/minute" in listed
    assert isinstance(Doorkeeper(store=served_store).admit(Sender(authorizations=[f"Bearer {text}"])), Access)


def test_a_change_is_in_the_audit_with_its_key_and_a_read_is_not(served_store: KeptStore) -> None:
    _, text = create_key(served_store, name="chief", scopes=[Scope.ADMIN])
    client, headers = ApiClient(create_app(served_store)), {"Authorization": f"Bearer {text}"}

    client.get("/api/v1/runs", headers=headers)
    client.post("/api/v1/keys", {"name": "ci", "scopes": ["read"]}, headers=headers)

    (change,) = list_changes(served_store)
    assert ("chief", "POST", "/api/v1/keys", 201) == (change.key_name, change.method, change.path, change.status)


@pytest.mark.parametrize(
    ("path", "n_bytes", "is_refused"),
    [
        ("/api/v1/outcomes", 32 * 2**20, False),
        ("/api/v1/outcomes", 32 * 2**20 + 1, True),
        ("/api/v1/outcomes", 10**12, True),
        ("/v1/chat/completions", 32 * 2**20 + 1, False),
        ("/api/chat", 64 * 2**20, False),
        ("/api/chat", 64 * 2**20 + 1, True),
        ("/v1/chat/completions", 64 * 2**20 + 1, True),
    ],
)
def test_an_announced_body_that_is_too_large_for_its_path_is_refused_before_it_is_read(
    api: ApiClient, path: str, n_bytes: int, is_refused: bool
) -> None:
    answer = api.send("POST", path, content=b"{}", headers={"Content-Length": str(n_bytes)})

    assert is_refused == (413 == answer.status_code)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_loopback_is_told_by_the_address(host: str, expected: bool) -> None:
    assert expected is is_loopback(host)


def test_errors_at_the_gateway_have_the_shape_of_their_protocol(served_store: KeptStore) -> None:
    client = ApiClient(create_app(served_store), address="192.0.2.7")

    openai = client.post("/v1/chat/completions", {"model": "auto"}).json()
    ollama = client.post("/api/chat", {"model": "auto"}).json()

    assert "this request has no key" in openai["error"]["message"]
    assert "this request has no key" in ollama["error"]
