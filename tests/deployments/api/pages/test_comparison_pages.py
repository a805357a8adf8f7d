"""Comparisons as pages: the sentence first, the pairs, the cases on which they differ, and who is alike."""

import re
from urllib.parse import unquote_plus

import pytest
from api_client import ApiClient
from compared_runs import candidate, cases_of, compared, right_on, timed
from seen_pages import SeenPage
from stored_runs import store_run

from deployments.api.pages import comparisons
from evaluation.comparisons.sentences import pair_sentence
from evaluation.reports.comparisons.tables import side_rows
from evaluation.results.comparisons import ComparisonResult
from evaluation.store.annotations import annotate
from evaluation.store.session import KeptStore


def _page(api: ApiClient, result: ComparisonResult) -> SeenPage:
    answer = api.get(f"/comparisons/{result.comparison_id}")
    assert 200 == answer.status_code
    return SeenPage(answer.text)


def _three(store: KeptStore) -> None:
    cases = cases_of(40)
    store_run(
        store,
        candidate("good:1b", right_on(cases, range(38))),
        candidate("alike:1b", right_on(cases, range(37))),
        candidate("bad:1b", right_on(cases, range(5))),
        cases=cases,
        run_id="three",
    )


def test_the_verdict_stands_before_all_numbers(api: ApiClient, served_store: KeptStore) -> None:
    result = compared(served_store, "mixed")
    annotate(served_store, text="As we thought.", author="ada", comparison_id=result.comparison_id)
    seen = _page(api, result)
    lead, *others = result.sentences
    places = [seen.text.index(text) for text in (lead, *others, "ada: As we thought.", "By metric", "Pictures")]
    assert places == sorted(places)
    assert seen.pictures


def test_a_pair_is_shown_with_its_interval_and_its_p_value(api: ApiClient, served_store: KeptStore) -> None:
    result = compared(served_store, "mixed")
    (pair,) = result.headline_pairs
    seen = _page(api, result)
    words = " ".join(seen.text.split())
    assert f"good:1b better on {pair.n_better_a}" in words
    assert f"alike on {pair.n_equal}" in words
    assert f"{100 * pair.difference:+.1f}" in seen.text
    assert "[" in seen.text


def test_a_case_on_which_two_differ_leads_to_both_answers_word_by_word(api: ApiClient, served_store: KeptStore) -> None:
    result = compared(served_store, "mixed")
    (flips,) = result.flips
    seen = _page(api, result)
    cases = [link for link in seen.links if "/case?" in link]
    assert [f"/runs/mixed/case?id={flip.case_id}&against=bad:1b temperature=0.5" for flip in flips.better_a] == [
        unquote_plus(link) for link in cases
    ]
    assert "<ins>" in api.get(cases[0]).text
    all_of_them = next(link for link in seen.links if "better=good" in link)
    assert f"{flips.n_better_a} cases of 12" in SeenPage(api.get(all_of_them).text).text


def test_several_sides_are_grouped_and_none_is_called_the_winner(api: ApiClient, served_store: KeptStore) -> None:
    _three(served_store)
    result = compared(served_store, "three")
    seen = _page(api, result)
    assert "no winner among 3" in seen.text
    assert "Sides with a letter in common do not differ significantly" in seen.text
    for label, letter in (("good:1b", "a"), ("alike:1b", "a"), ("bad:1b", "b")):
        row = seen.text[seen.text.index("Sides, best first") :]
        value = row[row.index(label) :].split("]", 1)[1]
        assert value.lstrip().startswith(letter), label
    for pair in result.headline_pairs:
        assert pair_sentence(pair, n_adjusted=3) in seen.text


def test_how_many_more_cases_it_takes_is_said(api: ApiClient, served_store: KeptStore) -> None:
    cases = cases_of(20)
    two = [candidate("a:1b", right_on(cases, range(12))), candidate("b:1b", right_on(cases, range(3, 13)))]
    store_run(served_store, *two, cases=cases, run_id="close")
    assert "more cases would settle" in _page(api, compared(served_store, "close")).text


def test_sides_of_two_runs_lead_to_both(api: ApiClient, served_store: KeptStore) -> None:
    cases = cases_of(12)
    store_run(served_store, candidate("other:1b", right_on(cases, range(2))), cases=cases, run_id="second")
    result = compared(served_store, "later", "second")
    seen = _page(api, result)
    assert {"/runs/later", "/runs/second"} <= set(seen.links)
    assert {link.split("/case?")[0] for link in seen.links if "/case?" in link} == {"/runs/later", "/runs/second"}


def test_a_run_leads_to_its_comparisons_alone(api: ApiClient, served_store: KeptStore) -> None:
    _three(served_store)
    first, second = compared(served_store, "mixed"), compared(served_store, "three")
    of_run = SeenPage(api.get("/runs/three").text)
    assert f"/comparisons/{second.comparison_id}" in of_run.links
    assert f"/comparisons/{first.comparison_id}" not in of_run.links
    assert 2 == len(of_run.pictures)
    listed = SeenPage(api.get("/comparisons?run=three").text)
    assert f"/comparisons/{second.comparison_id}" in listed.links
    assert f"/comparisons/{first.comparison_id}" not in listed.links
    assert "was not compared yet" in api.get("/comparisons?run=later").text


def test_older_comparisons_are_a_page_further(
    api: ApiClient, served_store: KeptStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparisons, "COMPARISONS_OF_A_PAGE", 2)
    made = [compared(served_store, "mixed", margin=f"{points} points").comparison_id for points in (1, 2, 3, 4, 5)]
    path, seen = "/comparisons", []
    while path:
        page = SeenPage(api.get(path).text)
        seen += [link.rpartition("/")[2] for link in page.links if link.startswith("/comparisons/")]
        path = next((link for link in page.links if "before=" in link), "")
    assert made[::-1] == seen


@pytest.mark.parametrize(
    ("path", "status"),
    [("/comparisons/nobody", 404), ("/comparisons?run=nobody", 422), ("/comparisons?before=nobody", 422)],
)
def test_an_unknown_comparison_is_named(api: ApiClient, path: str, status: int) -> None:
    answer = api.get(path)
    assert status == answer.status_code
    assert "nobody" in SeenPage(answer.text).text


def test_words_that_the_other_answer_lacks_are_marked_in_both(api: ApiClient, served_store: KeptStore) -> None:
    result = compared(served_store, "mixed")
    flip = next(flip for flips in result.flips for flip in (*flips.better_a, *flips.better_b))
    text = api.get(f"/comparisons/{result.comparison_id}").text
    assert flip.answer_a != flip.answer_b
    assert "<ins>" in text
    assert f"<ins>{flip.answer_a}</ins>" in text


def test_latencies_that_may_not_be_compared_stand_as_numbers_with_the_reason(
    api: ApiClient, served_store: KeptStore
) -> None:
    cases = cases_of(12)
    sides = [
        candidate("one:1b", timed(cases, 1.0, prompt_tokens=1000, cached_tokens=0)),
        candidate("two:1b", timed(cases, 2.0, prompt_tokens=1000, cached_tokens=0)),
        candidate("kept:1b", timed(cases, 3.0, prompt_tokens=1000, cached_tokens=999)),
    ]
    store_run(served_store, *sides, cases=cases, run_id="kept")
    result = compared(served_store, "kept")
    assert not result.metric("latency_s").values
    rows = side_rows(result)
    for row, seconds in ((row, {"one:1b": "1.0", "two:1b": "2.1", "kept:1b": "3.1"}[row["side"]]) for row in rows):
        assert re.fullmatch(rf"{re.escape(seconds)}\d* \[[\d.]+, [\d.]+\]", row["latency s"]), row
    words = _page(api, result).text
    assert "each side's own mean, without letters" in words
    assert "timing cannot be compared" in words
