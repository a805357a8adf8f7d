"""Is a POST that is sent again done once, whatever it does?"""

from pathlib import Path
from typing import Any

import pytest
from api_client import ApiClient
from fastapi.routing import APIRoute
from recommendation_records import recommendation_record
from stored_rows import save_recommendations

from deployments.api.app import API_ROUTERS, create_app
from deployments.api.idempotency import HEADER, IdempotentRoute
from evaluation.records.access import Scope
from evaluation.store.api_keys import create_key, list_keys
from evaluation.store.session import KeptStore

POSTS = [
    route
    for router in API_ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and "POST" in (route.methods or ())
]


@pytest.mark.parametrize("route", POSTS, ids=lambda route: route.path)
def test_every_post_may_be_sent_again(route: APIRoute) -> None:
    assert isinstance(route, IdempotentRoute)


def test_every_post_is_described_with_its_header(api: ApiClient) -> None:
    for _ in range(2):
        paths = api.get("/api/v1/openapi.json").json()["paths"]

    headers = [
        [each["name"] for each in ops["post"]["parameters"]].count(HEADER) for ops in paths.values() if "post" in ops
    ]
    assert {1} == set(headers)


def _recommended(api: ApiClient, key: str, content: dict[str, Any], **headers: str) -> Any:
    return api.post("/api/v1/recommendations", content, headers={HEADER: key, **headers})


def test_the_same_request_gets_the_same_answer_and_another_one_is_refused(api: ApiClient) -> None:
    content = {"on_little_evidence": "abstain", "on_tie": "best"}

    first, again = _recommended(api, "a", content), _recommended(api, "a", dict(reversed(content.items())))
    other = _recommended(api, "a", {"on_tie": "fastest"})
    fresh = _recommended(api, "b", content)

    assert 200 == first.status_code
    assert first.content == again.content
    assert (422, "urn:benchwright:problem:idempotency-key") == (other.status_code, other.json()["type"])
    assert first.json()["id"] != fresh.json()["id"]


def test_keys_of_different_senders_are_different(api: ApiClient, served_store: KeptStore) -> None:
    _, text = create_key(served_store, name="a", scopes=[Scope.READ])

    first = _recommended(api, "a", {})
    other = _recommended(api, "a", {}, Authorization=f"Bearer {text}")

    assert first.json()["id"] != other.json()["id"]


def test_after_an_error_the_request_may_be_sent_again(api: ApiClient, served_store: KeptStore) -> None:
    outcome, headers = {"recommendation": "rec-1", "ok": True}, {HEADER: "a"}

    wrong = [api.post("/api/v1/outcomes", outcome, headers=headers).status_code for _ in range(2)]
    save_recommendations(served_store, [recommendation_record("rec-1")])

    assert [422, 422] == wrong
    assert 200 == api.post("/api/v1/outcomes", outcome, headers=headers).status_code


def test_a_secret_is_given_once_and_stored_nowhere(api: ApiClient, served_store: KeptStore) -> None:
    content, headers = {"name": "ci", "scopes": ["read"]}, {HEADER: "a"}

    made = api.post("/api/v1/keys", content, headers=headers)
    again = api.post("/api/v1/keys", content, headers=headers)

    assert (201, 409) == (made.status_code, again.status_code)
    assert "done-before" in again.json()["type"]
    assert 1 == len(list_keys(served_store))
    secret = made.json()["key"].split("_", 2)[2].encode()
    path = Path(served_store.path)
    files = path.parent.glob(f"{path.name}*")
    assert secret not in b"".join(file.read_bytes() for file in files)


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_that_cannot_be_stored_is_refused(api: ApiClient, key: str) -> None:
    assert 422 == _recommended(api, key, {}).status_code


def test_who_may_not_send_a_request_reserves_no_key(served_store: KeptStore) -> None:
    _, text = create_key(served_store, name="a", scopes=[Scope.READ])
    client = ApiClient(create_app(served_store), address="192.0.2.7")
    headers = {HEADER: "a", "Authorization": f"Bearer {text}"}

    statuses = [client.post("/api/v1/outcomes", {"recommendation": "x"}, headers=headers).status_code for _ in range(2)]

    assert [403, 403] == statuses
