"""Addresses changed by hand, and forms filled in wrongly: what was sent, what is allowed, what next."""

import pytest
from api_client import ApiClient
from compared_runs import compared
from page_posts import OWN, post_form
from seen_pages import SeenPage

from deployments.api.app import create_app
from deployments.api.pages.rendering import address
from evaluation.store.session import KeptStore

BROWSER = {"accept": "text/html,application/xhtml+xml"}
IN_ADDRESS = "Next: Correct it in the address, or open the page by its link on another one."


def _words(text: str) -> str:
    return " ".join(SeenPage(text).text.split())


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/scoreboard?memory_gb=much", "memory_gb must be a number (got 'much')"),
        ("/scoreboard?memory_gb=0", "memory_gb must be more than 0 (got '0')"),
        ("/scoreboard?memory_gb=", "memory_gb must be a number (got '')"),
        ("/trends?days=%E2%80%AE", "days must be a whole number (got '\\u202e')"),
        ("/runs/mixed/answers?sort=x", "sort must be 'case', 'score'"),
        ("/runs/mixed/report?format=exe", "format must be 'html', 'pdf', 'xlsx' or 'md' (got 'exe')"),
        ("/runs/mixed/case", "id is missing"),
    ],
)
def test_a_wrong_value_in_an_address_is_named(api: ApiClient, path: str, words: str) -> None:
    answer = api.get(path)
    assert 422 == answer.status_code
    assert words in _words(answer.text)
    assert IN_ADDRESS in _words(answer.text)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"case": "c01", "text": ""}, "text is missing"),
        ({"case": "c01", "text": "<b>" + "x" * 20_000}, "text must have at most 20,000 characters (got '<b>xxx"),
        ({"case": "c01", "txt": "x"}, "txt is not a known field; did you mean 'text'?"),
    ],
)
def test_a_wrong_field_of_a_form_is_named(api: ApiClient, fields: dict[str, str], words: str) -> None:
    answer = post_form(api, "/runs/mixed/notes", fields)
    assert 422 == answer.status_code
    assert words in _words(answer.text)
    assert "Next: Go back and correct it." in _words(answer.text)


@pytest.mark.parametrize(
    "chosen", ["first=good:1b", "second=good:1b", "first=good:1b&second=good:1b", "first=x&second=y"]
)
def test_half_a_pair_and_a_pair_of_one_are_no_pair(api: ApiClient, served_store: KeptStore, chosen: str) -> None:
    result = compared(served_store, "mixed")
    answer = api.get(f"/comparisons/{result.comparison_id}?{chosen}")
    assert 422 == answer.status_code
    assert "'good:1b'" in answer.text.replace("&#39;", "'") or "'x'" in answer.text.replace("&#39;", "'")


def test_a_text_to_compare_with_that_there_is_not_is_named(api: ApiClient) -> None:
    answer = api.get("/runs/mixed/case?id=c01&against=nobody%3Cb%3E")
    assert 200 == answer.status_code
    assert "There is no text of “nobody<b>” to compare with" in _words(answer.text)


def test_half_a_surrogate_pair_stands_in_no_address() -> None:
    assert "/runs/x/case?id=a%3F" == address("/runs/x/case", id="a\ud800")


def test_a_browser_that_sends_a_form_sees_a_page_whatever_keeps_it_out(served_store: KeptStore) -> None:
    remote = ApiClient(create_app(served_store, names=["127.0.0.1"]), address="192.0.2.7")
    for headers, status, words in (
        ({**OWN, **BROWSER}, 401, "Next: Sign in at /sign-in in another tab, then reload this page"),
        ({"origin": "https://evil.example", **BROWSER}, 403, "the origin 'https://evil.example'"),
    ):
        answer = remote.send("POST", "/runs/mixed/notes", data={"case": "c01", "text": "x"}, headers=headers)
        assert status == answer.status_code
        assert "location" not in answer.headers
        assert words in _words(answer.text)
