"""Are notes and tags on one answer written and removed over HTTP, and wrong ones refused?"""

from typing import Any

import pytest
from api_client import ApiClient

from evaluation.store.answer_tags import tags_of_run
from evaluation.store.audit import list_changes
from evaluation.store.runs import find_run
from evaluation.store.session import KeptStore

TAGS, CASE = "/api/v1/runs/mixed/tags", "/api/v1/runs/mixed/cases/c01"


def test_one_answer_is_noted_and_tagged_and_both_are_taken_away(api: ApiClient, served_store: KeptStore) -> None:
    of_answer = find_run(served_store, "mixed").candidates[1].plan.candidate_fingerprint

    tag = api.post(TAGS, {"case": "c01", "tag": "  too  long ", "fingerprint": of_answer})
    note = api.post("/api/v1/notes", {"text": "Odd.", "run": "mixed", "case": "c01", "fingerprint": of_answer})
    told = api.get(CASE).json()

    assert (201, 201) == (tag.status_code, note.status_code)
    assert ("too long", of_answer, "local") == tuple(tag.json()[name] for name in ("tag", "fingerprint", "author"))
    assert [tag.json()["tag_id"]] == [each["tag_id"] for each in told["tags"]]
    assert [of_answer] == [each["fingerprint"] for each in told["annotations"]]
    assert 2 == len(list_changes(served_store))
    assert 200 == api.send("DELETE", f"{TAGS}/{tag.json()['tag_id']}").status_code
    assert 200 == api.send("DELETE", f"/api/v1/notes/{note.json()['note']}").status_code
    assert ([], []) == tuple(api.get(CASE).json()[name] for name in ("tags", "annotations"))


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (TAGS, {"case": "c01", "tag": " "}, 422),
        (TAGS, {"case": "c01", "tag": "x" * 81}, 422),
        (TAGS, {"case": "c99", "tag": "x"}, 422),
        (TAGS, {"case": "c01", "tag": "x", "fingerprint": "nobody"}, 422),
        (TAGS, {"case": "c01", "tag": "x", "author": "somebody else"}, 422),
        ("/api/v1/runs/nobody/tags", {"case": "c01", "tag": "x"}, 404),
        ("/api/v1/notes", {"text": "x", "run": "mixed", "fingerprint": "nobody"}, 422),
        ("/api/v1/notes", {"text": "x", "run": "mixed", "case": "c01", "fingerprint": "nobody"}, 422),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_stored(
    api: ApiClient, served_store: KeptStore, path: str, body: Any, status: int
) -> None:
    assert status == api.post(path, body).status_code
    assert {} == tags_of_run(served_store, "mixed")
    assert [404, 404] == [api.send("DELETE", f"{TAGS}/{name}").status_code for name in ("77", "first")]
