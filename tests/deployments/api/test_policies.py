"""Do the routes of policies make, change and end them for whom may, and tell what is wrong?"""

from collections.abc import Iterator
from typing import Any

import pytest
from api_client import ApiClient
from filled_stores import fill_by_copy
from recommendable import fill

from deployments.api.app import create_app
from evaluation.records.access import Scope
from evaluation.store.api_keys import create_key
from evaluation.store.audit import list_changes
from evaluation.store.policies import list_changes as list_policy_changes
from evaluation.store.session import KeptStore, keep_open

POLICIES = "/api/v1/policies"
SUM = {"name": "sum", "task": "summarization"}


@pytest.fixture
def store(sqlite_url: str) -> Iterator[KeptStore]:
    fill_by_copy(sqlite_url, fill)
    store = keep_open(sqlite_url)
    yield store
    store.close()


@pytest.fixture
def api(store: KeptStore) -> ApiClient:
    return ApiClient(create_app(store))


def test_a_policy_is_made_read_changed_renewed_and_ended(api: ApiClient, store: KeptStore) -> None:
    made = api.post(POLICIES, SUM | {"budget": {"tokens": 1_000_000}})
    read = api.get(f"{POLICIES}/sum").json()
    edited = api.send("PATCH", f"{POLICIES}/sum", json={"budget": {}, "keep_texts": True})
    renewed = api.post(f"{POLICIES}/sum/renewal", {"candidate": "middle:1b"}).json()
    same = api.post(f"{POLICIES}/sum/renewal", {"candidate": "middle:1b"}).json()
    ended = api.send("DELETE", f"{POLICIES}/sum")

    assert (201, "large:1b") == (made.status_code, made.json()["candidate_label"])
    assert made.json() == read["policy"]
    assert (True, {None}) == (edited.json()["keeps_texts"], set(edited.json()["budget"].values()))
    assert ("middle:1b", True, False) == (renewed["policy"]["candidate_label"], renewed["changed"], same["changed"])
    assert ended.json()["ended_at"] is not None
    assert [] == api.get(POLICIES).json()["items"]
    assert ["sum"] == [item["name"] for item in api.get(POLICIES, params={"all": "true"}).json()["items"]]
    assert {"local"} == {change.by for change in list_policy_changes(store, made.json()["policy_id"])}


@pytest.mark.parametrize(("mode", "share"), [("explore", 0.1), ("shadow", 1.0)])
def test_a_trial_has_the_share_that_the_command_line_gives_it(api: ApiClient, mode: str, share: float) -> None:
    api.post(POLICIES, SUM)

    made = api.post(f"{POLICIES}/sum/trial", {"mode": mode, "challenger": "middle:1b"})

    assert (201, share) == (made.status_code, made.json()["share"])


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize(
    ("method", "path", "content", "needed"),
    [
        ("GET", POLICIES, None, Scope.READ),
        ("GET", f"{POLICIES}/sum", None, Scope.READ),
        ("POST", POLICIES, {"name": "other", "task": "classification"}, Scope.ADMIN),
        ("PATCH", f"{POLICIES}/sum", {"margin": 2}, Scope.ADMIN),
        ("POST", f"{POLICIES}/sum/renewal", {}, Scope.ADMIN),
        ("DELETE", f"{POLICIES}/sum", None, Scope.ADMIN),
    ],
)
def test_keys_that_read_read_and_administrators_change(
    api: ApiClient, store: KeptStore, method: str, path: str, content: Any, needed: Scope, scope: Scope
) -> None:
    api.post(POLICIES, SUM)
    _, text = create_key(store, name="chief", scopes=[scope])
    client = ApiClient(create_app(store), address="192.0.2.7")

    answer = client.send(method, path, json=content, headers={"Authorization": f"Bearer {text}"})

    assert (answer.status_code < 300) == (needed in scope.included)
    if needed not in scope.included:
        assert 403 == answer.status_code
    elif method != "GET":
        assert "chief" in {change.key_name for change in list_changes(store)}


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "words"),
    [
        ("GET", "/nope", None, 404, "nope"),
        ("PATCH", "/nope", {"margin": 1}, 404, "nope"),
        ("POST", "/nope/renewal", {}, 404, "nope"),
        ("DELETE", "/nope", None, 404, "nope"),
        ("POST", "", {"name": "sum", "task": "summarization"}, 422, "sum"),
        ("POST", "", {"name": "two words", "task": "summarization"}, 422, "two words"),
        ("POST", "", {"name": "a", "task": "summarization", "candidate": "nobody:1b"}, 422, "nobody:1b"),
        ("POST", "", {"name": "a", "task": "summarization", "budget": {"tokens": 0}}, 422, "budget.tokens"),
        ("POST", "", {"name": "a", "task": "summarization", "budget": {"token": 5}}, 422, "budget.token"),
        ("POST", "", {"name": "a", "task": "summarization", "budget": {"joules": 5}}, 422, "joules"),
        ("POST", "", {"name": "a", "task": "summarization", "constraints": {"max_latency_s": 0.001}}, 422, "candidate"),
        ("POST", "", {"name": "a", "task": "summarization", "weights": {"speed": 1}}, 422, "weights"),
        ("POST", "", {"name": "a", "taks": "summarization"}, 422, "taks"),
        ("PATCH", "/sum", {"margin": 101}, 422, "margin"),
        ("PATCH", "/sum", {"when_spent": "stop"}, 422, "when_spent"),
        ("POST", "/sum/renewal", {"candidate": "nobody:1b"}, 422, "nobody:1b"),
    ],
)
def test_a_wrong_request_is_a_problem_and_changes_nothing(
    api: ApiClient, method: str, path: str, content: Any, status: int, words: str
) -> None:
    api.post(POLICIES, SUM)
    before = api.get(f"{POLICIES}/sum").json()

    answer = api.send(method, POLICIES + path, json=content)

    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert words in answer.json()["detail"]
    assert before == api.get(f"{POLICIES}/sum").json()
    assert 1 == len(api.get(POLICIES, params={"all": "true"}).json()["items"])
