"""Are experiments and notes written over HTTP by whom may, and wrong ones refused?"""

from typing import Any

import pytest
from api_client import ApiClient

from deployments.api.app import create_app
from evaluation.records.access import Scope
from evaluation.store.api_keys import create_key
from evaluation.store.runs import find_run
from evaluation.store.session import KeptStore

PATH = "/api/v1/experiments"


def test_an_experiment_is_made_filled_changed_copied_and_deleted(api: ApiClient, served_store: KeptStore) -> None:
    made = api.post(PATH, {"name": "sizes", "question": "Which size?", "tags": ["a", "b"]})
    added = api.post(f"{PATH}/sizes/runs", {"runs": ["mixed", "later", "mixed"]}).json()
    again = api.post(f"{PATH}/sizes/runs", {"runs": ["later"]}).json()
    removed = api.send("DELETE", f"{PATH}/sizes/runs/later").json()
    edited = api.send("PATCH", f"{PATH}/sizes", json={"name": "scales", "tags": [], "archived": True}).json()
    copied = api.post(f"{PATH}/scales/copies", {"name": "other"})

    assert (201, "sizes") == (made.status_code, made.json()["experiment"])
    assert [2, 0, 1] == [added["n_added"], again["n_added"], removed["n_removed"]]
    assert ("scales", [], "Which size?") == (edited["experiment"], edited["tags"], edited["question"])
    assert (201, "other", "Which size?") == (copied.status_code, copied.json()["experiment"], copied.json()["question"])
    assert ["other"] == [item["experiment"] for item in api.get(PATH).json()["items"]]
    assert api.send("DELETE", f"{PATH}/scales").json()["deleted"] is True
    assert 404 == api.get(f"{PATH}/scales").status_code
    assert "mixed" == find_run(served_store, "mixed").plan.run_id


def test_a_note_has_the_name_of_its_key_and_is_deleted_by_its_number(served_store: KeptStore, api: ApiClient) -> None:
    _, text = create_key(served_store, name="ada", scopes=[Scope.RUN])
    api.post(PATH, {"name": "sizes"})

    made = api.post(
        "/api/v1/notes", {"text": "It is so.", "experiment": "sizes"}, headers={"Authorization": f"Bearer {text}"}
    )
    (note,) = api.get(f"{PATH}/sizes").json()["annotations"]
    deleted = api.send("DELETE", f"/api/v1/notes/{made.json()['note']}")

    assert 201 == made.status_code
    assert ("It is so.", "ada") == (note["text"], note["author"])
    assert 200 == deleted.status_code
    assert [] == api.get(f"{PATH}/sizes").json()["annotations"]


def test_a_note_is_about_a_case_of_a_run(api: ApiClient) -> None:
    assert 201 == api.post("/api/v1/notes", {"text": "Odd.", "run": "mixed", "case": "c03"}).status_code
    assert "Odd." in api.get("/api/v1/runs/mixed/cases/c03").text


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize(
    ("method", "path", "content", "needed"),
    [
        ("POST", PATH, {"name": "other"}, Scope.RUN),
        ("PATCH", f"{PATH}/sizes", {"favourite": True}, Scope.RUN),
        ("POST", f"{PATH}/sizes/copies", {"name": "other"}, Scope.RUN),
        ("POST", f"{PATH}/sizes/runs", {"runs": ["mixed"]}, Scope.RUN),
        ("DELETE", f"{PATH}/sizes/runs/mixed", None, Scope.RUN),
        ("DELETE", f"{PATH}/sizes", None, Scope.ADMIN),
        ("POST", "/api/v1/notes", {"text": "a", "run": "mixed"}, Scope.RUN),
        ("POST", "/api/v1/runs/mixed/tags", {"case": "c01", "tag": "a"}, Scope.RUN),
        ("DELETE", "/api/v1/runs/mixed/tags/1", None, Scope.RUN),
    ],
)
def test_who_may_work_writes_and_administrators_delete(
    api: ApiClient, served_store: KeptStore, method: str, path: str, content: Any, needed: Scope, scope: Scope
) -> None:
    api.post(PATH, {"name": "sizes"})
    api.post("/api/v1/runs/mixed/tags", {"case": "c01", "tag": "odd"})
    _, text = create_key(served_store, name="a", scopes=[scope])
    client = ApiClient(create_app(served_store), address="192.0.2.7")

    answer = client.send(method, path, json=content, headers={"Authorization": f"Bearer {text}"})

    assert (answer.status_code < 300) == (needed in scope.included), answer.text


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "words"),
    [
        ("POST", PATH, {"name": "sizes"}, 422, "sizes"),
        ("POST", PATH, {"name": "last"}, 422, "last"),
        ("POST", PATH, {"name": "  "}, 422, "name"),
        ("POST", PATH, {"name": "a\x00b"}, 422, "name"),
        ("POST", PATH, {"name": "a", "tags": [" "]}, 422, "tags"),
        ("POST", PATH, {"name": "a", "like_run": "nope"}, 422, "nope"),
        ("POST", PATH, {"name": "a", "qestion": "?"}, 422, "qestion"),
        ("PATCH", f"{PATH}/nope", {"favourite": True}, 404, "nope"),
        ("POST", f"{PATH}/nope/runs", {"runs": ["mixed"]}, 404, "nope"),
        ("POST", f"{PATH}/sizes/runs", {"runs": ["nope"]}, 422, "nope"),
        ("POST", f"{PATH}/sizes/runs", {"runs": []}, 422, "runs"),
        ("POST", f"{PATH}/sizes/copies", {"name": "sizes"}, 422, "sizes"),
        ("DELETE", f"{PATH}/nope", None, 404, "nope"),
        ("POST", "/api/v1/notes", {"text": "a"}, 422, "one thing"),
        ("POST", "/api/v1/notes", {"text": "a", "run": "mixed", "experiment": "sizes"}, 422, "one thing"),
        ("POST", "/api/v1/notes", {"text": "a", "run": "mixed", "case": "c99"}, 422, "c99"),
        ("POST", "/api/v1/notes", {"text": " ", "run": "mixed"}, 422, "must say something"),
        ("DELETE", "/api/v1/notes/99", None, 404, "99"),
    ],
)
def test_what_cannot_be_written_is_a_problem(
    api: ApiClient, method: str, path: str, content: Any, status: int, words: str
) -> None:
    api.post(PATH, {"name": "sizes"})

    answer = api.send(method, path, json=content)

    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert words in answer.json()["detail"]
    assert ["sizes"] == [item["experiment"] for item in api.get(PATH).json()["items"]]
