"""Requests that may not be answered, each refused by a running server, without a trace of a secret."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from api_routes import KEYED, WRITING, Route
from api_server import ApiServer, api_server
from recommendable import fill
from served import eventually

from evaluation.records.access import Scope
from evaluation.store.api_keys import create_key, revoke_key
from evaluation.store.audit import list_changes
from evaluation.store.session import open_store

BODY = b"{}"
MOST = 10_000
"""Rows of the audit that are read."""


@dataclass(frozen=True)
class Served:
    server: ApiServer
    database: Path
    keys: dict[str, str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that requires a key of this machine's programs too, with keys of each kind."""
    folder = tmp_path_factory.mktemp("api")
    database, keys = folder / "benchwright.db", {}
    with open_store(str(database)) as store:
        fill(store)
        for scope in Scope:
            keys[scope.value] = create_key(store, name=scope.value, scopes=[scope])[1]
        keys["revoked"] = create_key(store, name="revoked", scopes=[Scope.ADMIN])[1]
        revoke_key(store, "revoked")
        past = datetime.now(UTC) - timedelta(seconds=1)
        keys["expired"] = create_key(store, name="expired", scopes=[Scope.ADMIN], expires_at=past)[1]
        keys["slow"] = create_key(store, name="slow", scopes=[Scope.READ], rate="1/hour")[1]
    with api_server(str(database), folder, "--require-key") as server:
        yield Served(server, database, keys)


def request(
    served: Served, line: str, *headers: str, key: str | None = "admin", body: bytes = b"", host: str | None = None
) -> tuple[int, bytes]:
    """Send a request with this line and these headers, which ends its connection."""
    lines = [f"{line} HTTP/1.1", f"Host: {host or f'127.0.0.1:{served.server.port}'}", "Connection: close", *headers]
    if key is not None:
        lines.append(f"Authorization: Bearer {served.keys.get(key, key)}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return served.server.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


FOREIGN = (
    "Origin: http://evil.example",
    "Origin: null",
    "Origin: file://",
    "Origin: http://127.0.0.1:1",
    "Referer: http://evil.example/page",
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Site: same-site",
)


def refused(served: Served, status: int, answer: tuple[int, bytes], *, is_gateways: bool = False) -> None:
    """Check a refusal: its status, a problem as its body, and no secret in what is kept."""
    head, _, body = answer[1].partition(b"\r\n\r\n")
    assert status == answer[0], answer
    if is_gateways:
        assert json.loads(body)["error"]
    else:
        assert b"application/problem+json" in head
        assert status == json.loads(body)["status"]
    keeps_no_secret(served)


def keeps_no_secret(served: Served) -> None:
    kept = served.server.log.read_bytes() + b"".join(path.read_bytes() for path in served.database.parent.glob("*.db*"))
    assert not [name for name, text in served.keys.items() if text.split("_", 2)[2].encode() in kept]


def body_of(route: Route) -> bytes:
    return BODY if route in WRITING else b""


@pytest.mark.parametrize("route", KEYED, ids=lambda route: route.line)
def test_a_request_without_a_key_or_with_one_of_another_scope_is_refused(served: Served, route: Route) -> None:
    for status, key in ((401, None), (403, route.lacking), (401, "revoked"), (401, "expired")):
        answer = request(served, route.line, key=key, body=body_of(route))
        refused(served, status, answer, is_gateways=route.is_gateways)


@pytest.mark.parametrize("route", WRITING, ids=lambda route: route.line)
def test_a_page_of_others_a_foreign_host_and_a_body_beyond_all_bounds_change_nothing(
    served: Served, route: Route
) -> None:
    answers = (
        (403, request(served, route.line, "Origin: http://evil.example", body=BODY)),
        (403, request(served, route.line, "Sec-Fetch-Site: cross-site", body=BODY)),
        (403, request(served, route.line, host="evil.example", body=BODY)),
        (413, request(served, route.line, "Content-Type: application/json", "Content-Length: 99999999999")),
        (400, request(served, route.line, "Content-Length: 2", "Transfer-Encoding: chunked")),
    )
    for status, answer in answers:
        refused(served, status, answer, is_gateways=route.is_gateways)


def test_every_change_that_is_let_through_to_a_route_leaves_a_row(served: Served) -> None:
    with open_store(str(served.database)) as store:
        before = len(list_changes(store, limit=MOST))
        of_interface = [route for route in WRITING if not route.is_gateways]
        asked = [
            ("admin", route.method, route.path, request(served, route.line, body=BODY)[0]) for route in of_interface
        ]
        assert eventually(lambda: len(list_changes(store, limit=MOST)) == before + len(asked))
        entries = list_changes(store, limit=len(asked))

    assert sorted(asked) == sorted((entry.key_name, entry.method, entry.path, entry.status) for entry in entries)
    assert len(of_interface) > 35
    keeps_no_secret(served)


@pytest.mark.parametrize(
    "key", ["revoked", "expired", "bw_", "bw__", "bw_0123456789ab_wrong", "sk-of-somebody-else", "\xff\xfe", "bw_%00_x"]
)
def test_a_key_that_is_not_valid_is_refused(served: Served, key: str) -> None:
    refused(served, 401, request(served, "GET /api/v1/runs", key=key))


def test_a_right_id_with_a_wrong_secret_is_refused(served: Served) -> None:
    refused(served, 401, request(served, "GET /api/v1/runs", key=served.keys["admin"][:-1] + "~"))


def test_two_keys_are_refused(served: Served) -> None:
    extra = f"Authorization: Bearer {served.keys['read']}"
    refused(served, 400, request(served, "GET /api/v1/runs", extra))


@pytest.mark.parametrize("header", FOREIGN)
def test_a_page_of_others_starts_nothing_with_any_key(served: Served, header: str) -> None:
    refused(served, 403, request(served, "POST /api/v1/evaluations", header, body=BODY))


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil@127.0.0.1", "[::2]", "a b"])
def test_a_foreign_host_is_refused(served: Served, host: str) -> None:
    refused(served, 403, request(served, "GET /api/v1/runs", host=host))


@pytest.mark.parametrize(
    ("status", "path"),
    [
        (403, "//api/v1/runs"),
        (403, "/api\\v1\\runs"),
        (403, "/%5c%5cevil"),
        (403, "http://evil.example/api/v1/runs"),
        (404, "/api/v1/../v1/keys"),
        (404, "/api/v1/%2e%2e/keys"),
        (404, "/health/live/../../api/v1/keys"),
        (400, "/api/v1/benchmarks/%2Fetc%2Fpasswd"),
        (404, "/api/v1/runs/"),
        (400, "/api/v1/runs/%00"),
        (400, "/api/v1/runs?experiment=%00"),
        (422, "/api/v1/runs?limti=5"),
        (422, "/api/v1/runs?cursor=nonsense"),
        (422, "/api/v1/audit?cursor=MTcwMTQxMTgzNDYwNDY5MjMxNzMxNjg3MzAzNzE1ODg0MTA1NzI4"),
        (422, "/api/v1/metrics/x.py:Metric"),
    ],
)
def test_a_trick_with_the_path_leads_nowhere(served: Served, status: int, path: str) -> None:
    refused(served, status, request(served, f"GET {path}"))


HEAD = b"POST /api/v1/evaluations HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAuthorization: Bearer KEY\r\n"


@pytest.mark.parametrize(
    ("status", "rest"),
    [
        (400, b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (400, b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
        (400, b"Content-Length: -2\r\n\r\n{}"),
        (400, b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        (400, b"X: 1\nY: 2\r\nContent-Length: 2\r\n\r\n{}"),
        (400, b"X: 1\r\n folded\r\nContent-Length: 2\r\n\r\n{}"),
        (400, b"X : 1\r\nContent-Length: 2\r\n\r\n{}"),
        (400, b"X: " + b"a" * 200_000 + b"\r\n\r\n"),
        (413, b"Content-Length: 999999999\r\n\r\n"),
        (413, b"Transfer-Encoding: chunked\r\n\r\n" + (b"100000\r\n" + b" " * 0x100000 + b"\r\n") * 33),
    ],
)
def test_a_request_that_servers_read_differently_or_is_too_large_is_refused(
    served: Served, status: int, rest: bytes
) -> None:
    head = HEAD.replace(b"PORT", str(served.server.port).encode()).replace(b"KEY", served.keys["admin"].encode())
    answer = served.server.send(head + rest)
    refused(served, status, answer)
    assert b"connection: close" in answer[1].lower()


def test_a_head_that_never_ends_is_given_up(served: Served) -> None:
    refused(served, 408, served.server.send(b"GET /health/live HTTP/1.1\r\nHost: "))


def test_a_key_over_its_rate_is_told_when_to_come_again(served: Served) -> None:
    request(served, "GET /api/v1/runs", key="slow")

    status, answer = request(served, "GET /api/v1/runs", key="slow")

    refused(served, 429, (status, answer))
    assert b"retry-after: " in answer.lower()


def test_requests_that_were_not_let_through_leave_no_row(served: Served) -> None:
    with open_store(str(served.database)) as store:
        before = len(list_changes(store, limit=MOST))
    request(served, "POST /api/v1/evaluations", key=None, body=BODY)
    request(served, f"DELETE /api/v1/keys/{served.keys['read']}")
    with open_store(str(served.database)) as store:
        assert eventually(lambda: len(list_changes(store, limit=MOST)) > before)  # stored once the answer is sent
        (entry,) = list_changes(store, limit=len(list_changes(store, limit=MOST)) - before)

    assert ("admin", "DELETE", "/api/v1/keys/bw_…") == (entry.key_name, entry.method, entry.path)
