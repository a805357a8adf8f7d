"""Are endpoints, silences and templates written over HTTP as by the commands, by whom may, without a secret?"""

from pathlib import Path
from typing import Any

import pytest
from api_client import ApiClient
from api_store import fill_for_examples

from deployments.api.app import create_app
from evaluation.records.access import Scope
from evaluation.records.candidates import EndpointRecord
from evaluation.store.api_keys import create_key
from evaluation.store.experiments import find_experiment
from evaluation.store.registry import find_endpoint, save_endpoint
from evaluation.store.session import KeptStore, keep_open, open_store

BOX = "/api/v1/endpoints/box"
SILENCES = "/api/v1/silences"
LATER = "2099-01-01T00:00:00"


def test_an_endpoint_is_made_changed_and_removed(api: ApiClient, served_store: KeptStore) -> None:
    made = api.send("PUT", BOX, json={"url": "127.0.0.1:9", "electricity_price": 0.3})
    changed = api.send("PUT", BOX, json={"url": "127.0.0.1:9", "gpu_tag": "card"}).json()

    assert (200, "http://127.0.0.1:9") == (made.status_code, made.json()["url"])
    assert (0.3, "card") == (changed["electricity_price"], changed["gpu_tag"])
    assert [changed] == api.get("/api/v1/endpoints").json()["items"]
    assert {"name": "box", "removed": True} == api.send("DELETE", BOX).json()
    assert 404 == api.send("DELETE", BOX).status_code
    assert find_endpoint(served_store, "box") is None


def test_a_key_is_not_sent_to_an_address_that_somebody_sets_over_http(api: ApiClient, served_store: KeptStore) -> None:
    box = EndpointRecord(name="box", url="http://127.0.0.1:9", provider="openai", key_variable="K", allow_remote=True)
    save_endpoint(served_store, box)

    same = api.send("PUT", BOX, json={"url": "http://127.0.0.1:9", "electricity_price": 0.1}).json()
    other = api.send("PUT", BOX, json={"url": "http://127.0.0.1:10"}).json()
    named = api.send("PUT", BOX, json={"url": "http://127.0.0.1:10", "key_variable": "HOME"})

    assert ("K", True) == (same["key_variable"], same["allow_remote"])
    assert (None, False) == (other["key_variable"], other["allow_remote"])
    assert 422 == named.status_code


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (BOX, {"url": "http://me:secret-word@127.0.0.1:9"}),
        (BOX, {"url": "ftp://127.0.0.1"}),
        (BOX, {"url": ""}),
        (BOX, {}),
        (BOX, {"url": "127.0.0.1:9", "slots": 0}),
        (BOX, {"url": "127.0.0.1:9", "provider": "nobody"}),
        ("/api/v1/endpoints/embedded", {"url": "127.0.0.1:9"}),
        ("/api/v1/endpoints/a%20b", {"url": "127.0.0.1:9"}),
    ],
)
def test_a_bad_endpoint_is_refused_without_its_secret(api: ApiClient, path: str, body: Any) -> None:
    answer = api.send("PUT", path, json=body)

    assert (422, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert "secret-word" not in answer.text


def test_a_silence_is_made_listed_and_ended(api: ApiClient) -> None:
    made = api.post(SILENCES, {"until": LATER, "rule": "tokens", "reason": "It moves."})
    number = made.json()["silence_id"]

    assert (201, f"{LATER}+00:00") == (made.status_code, made.json()["until"])
    assert [made.json()] == api.get(SILENCES).json()["items"]
    assert 200 == api.send("DELETE", f"{SILENCES}/{number}").status_code
    assert [] == api.get(SILENCES).json()["items"]
    assert [404, 404] == [api.send("DELETE", f"{SILENCES}/{each}").status_code for each in (number, "first")]


@pytest.mark.parametrize(
    "body", [{"until": LATER}, {"until": "2001-01-01T00:00:00Z", "rule": "tokens"}, {"until": LATER, "rule": "nope"}]
)
def test_a_silence_of_everything_of_the_past_or_of_no_rule_is_refused(api: ApiClient, body: Any) -> None:
    assert 422 == api.post(SILENCES, body).status_code


def test_the_template_of_an_experiment_is_checked_and_kept(api: ApiClient, served_store: KeptStore) -> None:
    template = {"benchmarks": ["question_answering"], "limit": 5}
    made = api.post("/api/v1/experiments", {"name": "sizes", "template": template})
    wrong = [
        api.post("/api/v1/experiments", {"name": "other", "template": each}).status_code
        for each in ({"limti": 5}, {"limit": 0}, {"limit": "many"})
    ]
    both = api.post("/api/v1/experiments", {"name": "other", "template": template, "like_run": "mixed"})

    assert 201 == made.status_code
    assert template == find_experiment(served_store, "sizes").template
    assert [422, 422, 422, 422] == [*wrong, both.status_code]


@pytest.mark.parametrize(
    ("method", "path", "body", "needed"),
    [
        ("PUT", BOX, {"url": "127.0.0.1:9"}, Scope.ADMIN),
        ("DELETE", BOX, None, Scope.ADMIN),
        ("GET", SILENCES, None, Scope.READ),
        ("POST", SILENCES, {"until": LATER, "rule": "tokens"}, Scope.RUN),
        ("DELETE", f"{SILENCES}/1", None, Scope.RUN),
    ],
)
def test_only_a_key_with_the_scope_may(
    served_store: KeptStore, method: str, path: str, body: Any, needed: Scope
) -> None:
    app = create_app(served_store, requires_key=True)
    for scope in Scope:
        _, text = create_key(served_store, name=scope.value, scopes=[scope])
        answer = ApiClient(app).send(method, path, json=body, headers={"Authorization": f"Bearer {text}"})
        assert (answer.status_code == 403) == (needed not in scope.included)


def test_an_acknowledgement_has_the_name_of_the_key(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "benchwright.db")) as filled:
        fill_for_examples(filled)
        _, text = create_key(filled, name="ada", scopes=[Scope.RUN])
    store = keep_open(str(tmp_path / "benchwright.db"))
    headers = {"Authorization": f"Bearer {text}"}
    answer = ApiClient(create_app(store)).post("/api/v1/alerts/last/acknowledgement", {"note": "Yes."}, headers=headers)
    store.close()

    assert (200, "ada", "Yes.") == (answer.status_code, answer.json()["acknowledged_by"], answer.json()["note"])
