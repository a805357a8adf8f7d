"""What the first page says first: whom to use now, which runs have cut or failed answers, and who was best."""

import re
from dataclasses import replace

from api_client import ApiClient
from compared_runs import candidate, cases_of, failed, right_on
from seen_pages import SeenPage
from served import eventually
from stored_runs import store_run

from deployments.api.app import create_app
from evaluation.run_results.running_work import newest_ended_work
from evaluation.store.alarm_counts import count_cut_of_runs
from evaluation.store.session import KeptStore
from evaluation.store.summaries import list_runs
from evaluation.truncation import FINISH_REASON


def _cut_run(store: KeptStore) -> None:
    cases = cases_of(12)
    answers = right_on(cases, range(12))
    cut = {case_id: replace(each, finish_reason=FINISH_REASON) for case_id, each in list(answers.items())[:5]}
    store_run(store, candidate("cut:1b", answers | cut | failed(cases, (11,))), cases=cases, run_id="cut")


def test_somebody_is_recommended_with_the_reason_and_a_link(api: ApiClient) -> None:
    def section() -> str:
        text = api.get("/").text
        return text.partition("Recommended now</h2>")[2].partition("</section>")[0]

    assert eventually(lambda: '<a href="/scoreboard">good:1b</a>' in section())
    assert "(12 cases)" in section()


def test_where_nobody_can_be_recommended_the_page_says_why(served_store: KeptStore) -> None:
    cases = cases_of(3)
    few = candidate("few:1b", right_on(cases, range(3)))
    store_run(served_store, few, cases=cases, run_id="few", task_type="rare", name="rare")
    pages = ApiClient(create_app(served_store))
    assert eventually(lambda: "No candidate is named" in pages.get("/?task=rare").text)
    assert "good:1b</a>." not in pages.get("/?task=rare").text


def test_cut_and_failed_answers_of_recent_runs_are_counted_and_led_to(served_store: KeptStore) -> None:
    _cut_run(served_store)
    assert {"cut": 5} == count_cut_of_runs(served_store, ["cut", "mixed", "later"])
    pages = ApiClient(create_app(served_store))
    assert eventually(lambda: "5 cut off" in pages.get("/").text)
    seen = SeenPage(pages.get("/").text)
    assert [] == seen.problems
    assert {"/runs/cut/answers?showing=cut", "/runs/cut/answers?showing=server_failed"} <= set(seen.links)
    assert "/runs/mixed/answers?showing=server_failed" in seen.links
    assert "/runs/later/answers?showing=server_failed" not in seen.links


def test_the_run_that_ended_last_shows_the_best_first(served_store: KeptStore) -> None:
    cases = cases_of(6)
    n_right = {"a:1b": 2, "b:1b": 6, "c:1b": 4}
    outcomes = (candidate(label, right_on(cases, range(n))) for label, n in n_right.items())
    store_run(served_store, *outcomes, cases=cases, run_id="ranked")
    work = newest_ended_work(served_store, [run for run in list_runs(served_store) if run.run_id == "ranked"])
    assert work is not None
    assert ["b:1b", "c:1b", "a:1b"] == [each.label for each in work.candidates]
    page = ApiClient(create_app(served_store)).get("/").text
    shown = re.findall(r'data-key="candidate-\d+"><td>([^<]+)</td>', page)
    assert ["b:1b", "c:1b", "a:1b"] == shown
