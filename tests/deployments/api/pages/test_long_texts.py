"""A page of a case stays of a size that a browser shows, however long prompts and answers are."""

from dataclasses import replace

import pytest
from api_client import ApiClient
from compared_runs import candidate, cases_of
from seen_pages import SeenPage
from stored_runs import answer, store_run

from deployments.api.pages.open_elsewhere import LONGEST
from evaluation.store.session import KeptStore

MUCH = LONGEST + 23_456


@pytest.mark.parametrize("more", ["", "&formatted=true", "&against=reference"])
def test_of_a_long_text_the_page_has_the_beginning_and_says_where_all_of_it_is(
    api: ApiClient, served_store: KeptStore, more: str
) -> None:
    cases = [replace(case, prompt="p" * MUCH, references=("r" * MUCH,)) for case in cases_of(1)]
    outcomes = {cases[0].case_id: answer("a" * MUCH, thinking="t" * MUCH)}
    store_run(served_store, candidate("long:1b", outcomes), cases=cases, run_id="long")
    shown = api.get(f"/runs/long/case?id=c00{more}")
    assert 200 == shown.status_code
    text = SeenPage(shown.text).text
    for letter in "prat":
        assert letter * LONGEST in text
        assert letter * (LONGEST + 1) not in text
    assert "23,456 more characters:" in text
    assert "benchwright show long --case ID --json" in text
    assert "Its request is too long to be copied from here." in text


def test_a_short_text_is_there_in_whole(api: ApiClient) -> None:
    text = SeenPage(api.get("/runs/mixed/case?id=c01").text).text
    assert "more characters" not in text
    assert "too long" not in text


def test_a_word_as_wide_as_it_likes_makes_no_page_wider(api: ApiClient) -> None:
    style = api.get("/static/style.css").text
    (rule,) = (line for line in style.splitlines() if line.startswith("main {"))
    assert "overflow-wrap: break-word;" in rule
