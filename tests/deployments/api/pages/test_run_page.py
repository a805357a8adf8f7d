"""The page of a run: who is best, what the values leave out, and what stands below the results."""

import threading
from dataclasses import replace
from typing import Any

import pytest
from api_client import ApiClient
from compared_runs import candidate, cases_of, compared, right_on
from hostile_texts import letters
from seen_pages import SeenPage
from stored_runs import answer, asked, numbers, store_run

from deployments.api.pages import run_verdicts
from deployments.api.pages.run_verdicts import BEING_COMPARED, RunVerdicts
from evaluation.comparisons.run_verdict import headline_verdict
from evaluation.errors import FailureKind, StoreError
from evaluation.generation import Failure
from evaluation.records.status import Status
from evaluation.reports.runs.tables import remarks
from evaluation.results.runs import RunResult
from evaluation.run_results.run_result import run_result
from evaluation.store.session import KeptStore, Store


def _page(api: ApiClient, run: str) -> SeenPage:
    response = api.get(f"/runs/{run}")
    assert 200 == response.status_code
    seen = SeenPage(response.text)
    assert [] == seen.problems
    assert seen.is_in_order
    return seen


def _two(store: KeptStore, run_id: str, n_right: int, **of_run: Any) -> str:
    cases = cases_of(40)
    good, bad = (candidate(name, right_on(cases, range(n))) for name, n in (("good:1b", n_right), ("bad:1b", 5)))
    return store_run(store, good, bad, cases=cases, run_id=run_id, **of_run)


@pytest.mark.parametrize("n_right", [38, 6])
def test_who_is_best_stands_before_the_values_in_the_words_of_the_command(
    api: ApiClient, served_store: KeptStore, n_right: int
) -> None:
    run = run_result(served_store, _two(served_store, "two", n_right))

    seen = _page(api, "two")

    lead, *others = headline_verdict(served_store, run)
    assert ("is the best of 2" in lead or "is better" in lead) is (n_right == 38)
    assert ("inconclusive" in lead) is (n_right == 6)
    places = [letters(seen.text).index(letters(text)) for text in (lead, *others, "Mean latency")]
    assert places == sorted(places)
    assert seen.text.count(lead) == 1


def test_of_a_run_under_way_nobody_is_said_to_be_best(api: ApiClient, served_store: KeptStore) -> None:
    _two(served_store, "under-way", 38, status=Status.RUNNING)

    assert "best of 2" not in _page(api, "under-way").text


def test_what_the_values_leave_out_is_said_below_them(api: ApiClient, served_store: KeptStore) -> None:
    cases = numbers(12)
    failure = Failure(kind=FailureKind.RUNNER_CRASHED, message="<b>out of memory</b>", n_attempts=3, total_s=1.0)
    outcomes = {case.case_id: answer(case.references[0]) if i else failure for i, case in enumerate(cases)}
    store_run(served_store, asked("a:1b", outcomes), cases=cases, run_id="failing")
    notes = remarks(run_result(served_store, "failing"))
    assert any("as zero" in note for note in notes)

    seen = _page(api, "failing")

    for text in (*notes, "What failed", "runner_crashed", "the server's", "<b>out of memory</b>"):
        assert letters(text) in letters(seen.text), text
    assert "What failed" not in _page(api, _two(served_store, "two", 38)).text


def test_earlier_runs_of_the_same_candidates_lead_to_their_pages(api: ApiClient, served_store: KeptStore) -> None:
    assert "The same candidates from run to run" not in _page(api, _two(served_store, "first", 38)).text
    _two(served_store, "second", 6)

    seen = _page(api, "second")

    assert "The same candidates from run to run" in seen.text
    assert {"/runs/first", "/differences?first=first&second=second"} <= set(seen.links)
    assert "/start/compare?runs=second&runs=first" in seen.links


def test_a_verdict_is_computed_once_for_the_values_that_it_is_about(
    served_store: KeptStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[str] = []

    def verdict(_: Store, run: RunResult) -> list[str]:
        computed.append(run.run_id)
        return [f"verdict {len(computed)}"]

    monkeypatch.setattr(run_verdicts, "headline_verdict", verdict)
    verdicts = RunVerdicts(within_s=30)
    run = run_result(served_store, _two(served_store, "two", 38))

    assert [("verdict 1",)] * 2 == [verdicts.of(served_store, run) for _ in range(2)]
    other = run_result(served_store, _two(served_store, "other", 6))
    assert ("verdict 2",) == verdicts.of(served_store, other)


def test_a_page_does_not_wait_for_a_long_comparison(served_store: KeptStore, monkeypatch: pytest.MonkeyPatch) -> None:
    may_compare = threading.Event()

    def verdict(_: Store, run: RunResult) -> list[str]:
        may_compare.wait(30)
        return [f"about {run.run_id}"]

    monkeypatch.setattr(run_verdicts, "headline_verdict", verdict)
    verdicts = RunVerdicts(within_s=0)
    run = run_result(served_store, _two(served_store, "two", 38))

    assert BEING_COMPARED == verdicts.of(served_store, run)
    large = replace(run, n_repeats=run_verdicts.MOST_AWAITED // (run.n_cases * len(run.candidates)) + 1)
    assert BEING_COMPARED == RunVerdicts(within_s=60).of(served_store, large)
    may_compare.set()
    verdicts.wait()
    assert ("about two",) == verdicts.of(served_store, run)


def test_a_comparison_that_failed_is_tried_again(served_store: KeptStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> list[str]:
        raise StoreError("the database is away")

    verdicts = RunVerdicts(within_s=30)
    run = run_result(served_store, _two(served_store, "two", 38))
    with monkeypatch.context() as patch:
        patch.setattr(run_verdicts, "headline_verdict", away)
        assert () == verdicts.of(served_store, run)

    assert tuple(headline_verdict(served_store, run)) == verdicts.of(served_store, run)


def test_a_run_leads_to_forms_about_it(api: ApiClient, served_store: KeptStore) -> None:
    run_id = _two(served_store, "two", 38)
    assert "None is stored yet" in _page(api, run_id).text

    result = compared(served_store, run_id)

    seen = _page(api, run_id)
    assert {"/start/compare?runs=two", "/start/review?runs=two", f"/comparisons/{result.comparison_id}"} <= set(
        seen.links
    )
    assert "None yet" not in seen.text
