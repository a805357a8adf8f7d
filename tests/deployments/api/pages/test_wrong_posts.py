"""Requests to the pages that may change nothing: from elsewhere, without a key, with too little, or malformed."""

from uuid import uuid4

import pytest
from api_client import ApiClient
from page_posts import OWN, post_form
from prefect_by_script import OURS, PrefectByScript

from deployments.api.app import create_app
from evaluation.records.access import Scope
from evaluation.store.api_keys import create_key
from evaluation.store.audit import list_changes
from evaluation.store.benchmarks import find_benchmark
from evaluation.store.session import KeptStore

FORM = {"content-type": "application/x-www-form-urlencoded"}
POSTS = ("/start/monitor", "/first-steps", "/runs/mixed/again", "/files?name=evil.jsonl", "/work/x/cancellation")
FOREIGN = (
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:4211"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"referer": "https://evil.example/page"},
    {"origin": "http://127.0.0.1:4210", "host": "evil.example"},
    {},
)
"""Headers of requests of which none comes from a page of ours; the last one says nothing of where it comes from."""


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_no_other_page_changes_anything(
    api: ApiClient, served_store: KeptStore, prefect: PrefectByScript, path: str, headers: dict[str, str]
) -> None:
    answer = api.send("POST", path, content=b"do=start", headers={**FORM, **headers})
    assert 403 == answer.status_code
    assert {} == prefect.runs
    assert find_benchmark(served_store, "evil") is None


@pytest.mark.parametrize("path", POSTS)
def test_from_elsewhere_a_session_needs_the_scope_to_run(served_store: KeptStore, path: str) -> None:
    remote = ApiClient(create_app(served_store, names=["127.0.0.1"]), address="192.0.2.7")
    assert 401 == remote.send("POST", path, headers=OWN).status_code
    for scope, refused in ((Scope.READ, True), (Scope.CHAT, True), (Scope.RUN, False)):
        text = create_key(served_store, name=f"k-{uuid4().hex}", scopes=[scope, Scope.READ])[1]
        session = remote.send("POST", "/sign-in", data={"key": text}, headers=OWN)
        cookie = session.headers["set-cookie"].partition(";")[0]
        status = remote.send("POST", path, headers={**OWN, "cookie": cookie}).status_code
        assert (status == 403) == refused, (scope, status)


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b'{"do": "start"}', {"content-type": "application/json"}, 422),
        (b"do=start", {"content-type": "text/plain"}, 422),
        (b"--x\r\n", {"content-type": "multipart/form-data; boundary=x"}, 422),
        (b"do=%ff%fe", FORM, 422),
        (b"do=start&seed=%00", FORM, 422),
        (b"a=1&" * 6_000, FORM, 422),
        (b"do=" + b"a" * 3_000_000, FORM, 413),
    ],
)
def test_what_is_no_form_is_refused(
    api: ApiClient, prefect: PrefectByScript, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = api.send("POST", "/start/monitor", content=content, headers={**OWN, **headers})
    assert status == answer.status_code
    assert answer.headers["content-type"].startswith("text/html")
    assert {} == prefect.runs


@pytest.mark.parametrize("name", ["x" * 300, "x" * 20_000, "/" + "x/" * 3_000])
def test_a_name_that_no_path_can_have_is_an_unknown_benchmark(api: ApiClient, name: str) -> None:
    answer = post_form(api, "/start/evaluate", {"do": "preview", "models": "a:1b", "benchmarks": name})
    assert 422 == answer.status_code
    assert "xxx" in answer.text or "x/x" in answer.text
    assert "Internal error" not in answer.text


@pytest.mark.parametrize("path", ["/start/stretch", "/start/nobody", "/start/../work", "/work/x/deletion", "/start"])
def test_nothing_else_can_be_started(api: ApiClient, prefect: PrefectByScript, path: str) -> None:
    assert post_form(api, path).status_code in (404, 405)
    assert {} == prefect.runs


def test_no_address_that_changes_something_is_read(api: ApiClient, prefect: PrefectByScript) -> None:
    run = prefect.add(OURS)
    for path in (f"/work/{run}/cancellation", f"/work/{run}/resumption", "/runs/mixed/again", "/files?name=x.jsonl"):
        assert 405 == api.get(path).status_code
    assert [] == prefect.changed


def test_every_change_that_is_let_through_leaves_a_row(
    api: ApiClient, served_store: KeptStore, prefect: PrefectByScript
) -> None:
    run = prefect.add(OURS)
    before = len(list_changes(served_store, limit=100))
    paths = ["/start/nobody", f"/work/{run}/cancellation", "/first-steps", "/files?name=x.exe"]
    for path in paths:
        post_form(api, path)
    rows = list_changes(served_store, limit=100)
    assert before + len(paths) == len(rows)
    assert {path.partition("?")[0] for path in paths} == {row.path for row in rows[: len(paths)]}
    assert {"local"} == {row.key_name for row in rows}
