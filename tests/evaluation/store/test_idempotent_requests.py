"""Does a request that is sent twice get one answer?"""

from datetime import timedelta

import pytest

from evaluation.store import idempotent_requests
from evaluation.store.audit import list_changes, record_change
from evaluation.store.idempotent_requests import begin_request, finish_request
from evaluation.store.session import Store

REQUEST = {"owner": "local", "path": "/api/v1/evaluations", "idempotency_key": "k1"}


def test_a_repetition_gets_the_stored_answer(store: Store) -> None:
    assert begin_request(store, **REQUEST, body_hash="a") is None
    finish_request(store, **REQUEST, status=202, body='{"run": 1}')

    again = begin_request(store, **REQUEST, body_hash="a")

    assert again is not None
    assert ("a", 202, '{"run": 1}') == (again.body_hash, again.status, again.body)


def test_a_repetition_during_the_first_request_learns_that_there_is_no_answer_yet(store: Store) -> None:
    begin_request(store, **REQUEST, body_hash="a")

    again = begin_request(store, **REQUEST, body_hash="a")

    assert again is not None
    assert again.status is None


def test_a_request_that_ended_without_an_answer_may_be_sent_again(store: Store) -> None:
    begin_request(store, **REQUEST, body_hash="a")
    finish_request(store, **REQUEST, status=None, body=None)

    assert begin_request(store, **REQUEST, body_hash="a") is None


@pytest.mark.parametrize("field", ["owner", "path", "idempotency_key"])
def test_requests_of_others_and_to_other_paths_are_their_own(store: Store, field: str) -> None:
    begin_request(store, **REQUEST, body_hash="a")

    assert begin_request(store, **{**REQUEST, field: "other"}, body_hash="a") is None


def test_a_request_lost_with_its_process_is_forgotten(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    begin_request(store, **REQUEST, body_hash="a")
    monkeypatch.setattr(idempotent_requests, "GIVEN_UP_AFTER", timedelta(0))

    assert begin_request(store, **REQUEST, body_hash="a") is None


def test_the_audit_lists_the_newest_change_first_and_goes_on_by_page(store: Store) -> None:
    for number in range(3):
        record_change(
            store,
            key_id=None,
            key_name="local",
            method="POST",
            path=f"/{number}",
            status=202,
            request_id=f"r{number}",
        )

    newest, middle = list_changes(store, limit=2)
    (oldest,) = list_changes(store, before=middle.entry_id)

    assert ["/2", "/1", "/0"] == [newest.path, middle.path, oldest.path]
