"""Signing in with a key, from a browser that cannot send it with each page."""

from uuid import uuid4

import pytest
from api_client import ApiClient

from deployments.api.app import create_app
from deployments.api.sessions import COOKIE, LASTS_S, Sessions
from evaluation.records.access import Scope
from evaluation.store.api_keys import create_key, revoke_key
from evaluation.store.session import KeptStore

BROWSER = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def remote(served_store: KeptStore) -> ApiClient:
    return ApiClient(create_app(served_store, names=["127.0.0.1"]), address="192.0.2.7")


def key_of(store: KeptStore, *scopes: Scope) -> str:
    return create_key(store, name=f"browser-{uuid4().hex}", scopes=scopes or [Scope.READ])[1]


def signed_in(remote: ApiClient, key: str, to: str = "") -> tuple[int, str, dict[str, str]]:
    answer = remote.send("POST", f"/sign-in{to}", data={"key": key})
    cookie = answer.headers.get("set-cookie", "").partition(";")[0]
    return answer.status_code, answer.headers.get("location", ""), {"cookie": cookie, **BROWSER}


def test_a_page_without_a_key_leads_to_the_form_and_back(remote: ApiClient, served_store: KeptStore) -> None:
    refused = remote.get("/runs/mixed/answers?sort=score", headers=BROWSER)
    assert 303 == refused.status_code
    assert "/sign-in?to=%2Fruns%2Fmixed%2Fanswers%3Fsort%3Dscore" == refused.headers["location"]
    form = remote.get(refused.headers["location"])
    assert 200 == form.status_code
    status, location, session = signed_in(remote, key_of(served_store), "?to=/runs/mixed/answers?sort=score")
    assert (303, "/runs/mixed/answers?sort=score") == (status, location)
    assert 200 == remote.get(location, headers=session).status_code
    assert 200 == remote.get("/api/v1/runs", headers=session).status_code


def test_programs_get_a_problem_and_no_form(remote: ApiClient) -> None:
    for path, headers in (("/api/v1/runs", BROWSER), ("/runs", {}), ("/v1/models", BROWSER), ("/metrics", BROWSER)):
        assert 401 == remote.get(path, headers=headers).status_code, path
    assert 401 == remote.post("/api/v1/evaluations", headers=BROWSER).status_code


@pytest.mark.parametrize("key", ["", "secret", "bw_0000_nothing", "bw__", "a" * 499])
def test_a_wrong_key_opens_no_session(remote: ApiClient, key: str) -> None:
    answer = remote.send("POST", "/sign-in", data={"key": key})
    assert 401 == answer.status_code
    assert "set-cookie" not in answer.headers
    assert not key or key not in answer.text


@pytest.mark.parametrize(
    "to", ["//evil.example/x", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/sign-in", "/a b"]
)
def test_nobody_is_sent_to_another_site(remote: ApiClient, served_store: KeptStore, to: str) -> None:
    answer = remote.send("POST", "/sign-in", params={"to": to}, data={"key": key_of(served_store)})
    assert (303, "/") == (answer.status_code, answer.headers["location"])


def test_a_session_ends_with_its_key_and_when_one_signs_out(remote: ApiClient, served_store: KeptStore) -> None:
    made, text = create_key(served_store, name="short", scopes=[Scope.READ])
    _, _, session = signed_in(remote, text)
    _, _, other = signed_in(remote, text)
    assert 200 == remote.get("/runs", headers=session).status_code
    assert 303 == remote.send("POST", "/sign-out", headers=session).status_code
    assert 303 == remote.get("/runs", headers=session).status_code
    assert 200 == remote.get("/runs", headers=other).status_code
    revoke_key(served_store, made.key_id)
    again = ApiClient(create_app(served_store), address="192.0.2.7")
    assert 303 == again.get("/runs", headers=other).status_code


def test_a_session_may_do_what_its_key_may(remote: ApiClient, served_store: KeptStore) -> None:
    answer = remote.send("POST", "/sign-in", data={"key": key_of(served_store, Scope.CHAT)})
    assert 403 == answer.status_code
    assert "set-cookie" not in answer.headers
    assert "may not read" in answer.text
    _, _, session = signed_in(remote, key_of(served_store, Scope.READ))
    assert 403 == remote.post("/api/v1/experiments", {"name": "x"}, headers=session).status_code


def test_a_page_of_another_site_cannot_sign_anybody_in(remote: ApiClient, served_store: KeptStore) -> None:
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        answer = remote.send("POST", "/sign-in", data={"key": key_of(served_store)}, headers=headers)
        assert 403 == answer.status_code
        assert "set-cookie" not in answer.headers


def test_the_cookie_is_for_this_server_alone(remote: ApiClient, served_store: KeptStore) -> None:
    key = key_of(served_store)
    answer = remote.send("POST", "/sign-in", data={"key": key})
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    assert key not in cookie


def test_the_cookie_of_a_browser_that_speaks_tls_is_sent_over_tls_alone(served_store: KeptStore) -> None:
    behind_tls = ApiClient(create_app(served_store, names=["bench.example.com"]), address="192.0.2.7")
    host = {"host": "bench.example.com", "origin": "https://bench.example.com"}
    answer = behind_tls.send("POST", "/sign-in", data={"key": key_of(served_store)}, headers=host)
    assert "Secure" in answer.headers["set-cookie"].split("; ")


def test_sessions_end_by_themselves_and_are_bounded() -> None:
    now = 0.0
    sessions = Sessions(now=lambda: now)
    first = sessions.open("bw_1")
    cookie = [f"other=1; {COOKIE}={first}"]
    assert "bw_1" == sessions.key_of(cookie)
    assert sessions.key_of([f"{COOKIE}={first}x"]) is None
    assert sessions.key_of([]) is None
    now = LASTS_S + 1
    assert sessions.key_of(cookie) is None
    now = 0.0
    for number in range(1001):
        sessions.open(f"bw_{number}")
    assert sessions.key_of(cookie) is None


@pytest.mark.parametrize("path", ["/runs/%00", "/runs/a%2Fb", "/runs?text=%00", "/runs?text=" + "a" * 17_000])
def test_a_browser_is_shown_a_page_where_an_address_is_refused_and_a_program_a_problem(
    api: ApiClient, path: str
) -> None:
    shown, told = api.get(path, headers=BROWSER), api.get(path)

    assert (400, "text/html; charset=utf-8") == (shown.status_code, shown.headers["content-type"])
    assert "the address" in shown.text or "the path" in shown.text
    assert "script-src 'self'" in shown.headers["content-security-policy"]
    assert (400, "application/problem+json") == (told.status_code, told.headers["content-type"])
