"""Of a long answer the part that is scored stands first, in the table of answers and on the first page."""

import re

from api_client import ApiClient
from compared_runs import candidate, cases_of
from seen_pages import SeenPage
from stored_runs import answer, store_run

from deployments.api.app import create_app
from evaluation.store.session import KeptStore

REASONS = "First I take the number, and then I look at it <b>again</b>. " * 30


def _pages(store: KeptStore) -> ApiClient:
    cases = cases_of(3)
    outcomes = {case.case_id: answer(f"{REASONS}The answer is {case.references[0]}.") for case in cases}
    tagged = {case.case_id: answer(f"<thinking>{REASONS}</thinking>Just {case.case_id}") for case in cases}
    sides = (candidate("long:1b", outcomes), candidate("tagged:1b", tagged))
    store_run(
        store, *sides, cases=cases, run_id="long", metrics=("numeric_match", "token_f1"), headline="numeric_match"
    )
    return ApiClient(create_app(store))


def test_the_end_that_a_metric_reads_stands_first_with_what_was_read(served_store: KeptStore) -> None:
    text = _pages(served_store).get("/runs/long/answers").text
    assert [] == SeenPage(text).problems
    first, _, folded = text.partition('<p class="text answer">')[2].partition("</p>")
    assert first.endswith("The answer is 0.")
    assert folded.lstrip().startswith('<details class="before">')
    assert "read as &#39;0&#39;" in text


def test_thinking_in_an_answer_is_folded(served_store: KeptStore) -> None:
    text = _pages(served_store).get("/runs/long/answers?metric=token_f1").text
    assert '<p class="text answer">Just c00</p>' in text
    assert "read as" not in text


def test_newest_answers_of_the_first_page_show_their_end(served_store: KeptStore) -> None:
    shown = re.findall(r'<span class="text said">([^<]*)</span>', _pages(served_store).get("/").text)
    assert shown
    assert all(text.endswith((".", "c00", "c01", "c02")) and len(text) < 200 for text in shown), shown
