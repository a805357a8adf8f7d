"""Pairs of candidates on pages: any two can be chosen, and each count leads to exactly those cases."""

import re
from html import unescape
from urllib.parse import unquote_plus

import pytest
from api_client import ApiClient
from compared_runs import candidate, cases_of, compared, right_on
from seen_pages import SeenPage
from stored_runs import store_run

from deployments.api.pages.rendering import address
from evaluation.comparisons.pair_flips import pair_flips
from evaluation.errors import UnknownNameError
from evaluation.store.session import KeptStore

LABELS = ("best:1b", "middle:1b", "odd:1b")
_RIGHT = {"best:1b": range(15), "middle:1b": range(10), "odd:1b": range(6, 13)}
_LINK = re.compile(r'<a [^>]*href="([^"]*/answers\?[^"]*better=[^"]*)"[^>]*>([\d,]+)(?: better| equal)?</a>')


@pytest.fixture
def three(served_store: KeptStore) -> KeptStore:
    cases = cases_of(20)
    sides = [candidate(label, right_on(cases, _RIGHT[label])) for label in LABELS]
    store_run(served_store, *sides, cases=cases, run_id="three")
    return served_store


def _counted_links(text: str) -> list[tuple[str, int]]:
    return [(unescape(link), int(n)) for link, n in _LINK.findall(text)]


@pytest.mark.parametrize("path", ["comparison", "/runs/three", "/runs/three/answers"])
def test_each_count_of_a_pair_leads_to_so_many_cases(api: ApiClient, three: KeptStore, path: str) -> None:
    if path == "comparison":
        path = f"/comparisons/{compared(three, 'three').comparison_id}"
    links = _counted_links(api.get(path).text)
    assert len(links) >= 9
    for link, n in dict(links).items():
        seen = SeenPage(api.get(link).text).text
        assert f"{n} case{'' if n == 1 else 's'} on which" in seen, link


def test_every_pair_of_a_comparison_can_be_chosen_and_shows_its_cases(api: ApiClient, three: KeptStore) -> None:
    result = compared(three, "three")
    page = f"/comparisons/{result.comparison_id}"
    links = [unquote_plus(link) for link in SeenPage(api.get(page).text).links]
    for pair in result.headline_pairs:
        assert f"{page}?first={pair.a}&second={pair.b}#pair" in links
        chosen = api.get(address(page, first=pair.a, second=pair.b)).text
        labels = re.findall(r'aria-label="(Cases: [^"]*)"', chosen)
        assert sorted(set(labels)) == sorted(labels), "the cases of a chosen pair stand there once"
        seen = SeenPage(chosen)
        assert not seen.problems
        heading = f"{pair.n_better_a + pair.n_better_b} cases flipped: {pair.a} is better on {pair.n_better_a}"
        assert heading in seen.text
        assert f"Better answered by {pair.a} than by {pair.b}" in seen.text


def test_the_cases_of_a_pair_are_those_on_which_its_scores_differ(three: KeptStore) -> None:
    result = compared(three, "three")
    flips = pair_flips(three, result, "middle:1b", "odd:1b", n_shown=20)
    assert flips is not None
    assert {f"c{i:02d}" for i in range(6)} == {flip.case_id for flip in flips.better_a}
    assert {"c10", "c11", "c12"} == {flip.case_id for flip in flips.better_b}
    assert 11 == flips.n_equal
    with pytest.raises(UnknownNameError, match="nobody"):
        pair_flips(three, result, "nobody", "odd:1b")


def test_a_pair_of_two_runs_shows_its_cases_without_links_to_answers(api: ApiClient, served_store: KeptStore) -> None:
    cases = cases_of(12)
    store_run(served_store, candidate("other:1b", right_on(cases, range(2))), cases=cases, run_id="second")
    result = compared(served_store, "mixed", "second")
    assert 3 == len(result.sides)
    text = api.get(address(f"/comparisons/{result.comparison_id}", first="good:1b", second="other:1b")).text
    assert "Better answered by good:1b than by other:1b" in SeenPage(text).text
    assert not [link for link, _ in _counted_links(text) if "other" in link]


@pytest.mark.parametrize("first", ["nobody", "<b>x</b>"])
def test_a_pair_that_is_not_compared_is_refused_by_name(api: ApiClient, three: KeptStore, first: str) -> None:
    result = compared(three, "three")
    answer = api.get(address(f"/comparisons/{result.comparison_id}", first=first, second="odd:1b"))
    assert answer.status_code in (404, 422)
    assert first in SeenPage(answer.text).text


def _columns(text: str) -> list[str]:
    head = text[text.index('<table class="matrix') :].split("</thead>")[0]
    return re.findall(r">([^<>]+:1b)</a></th>", head)


def test_columns_of_answers_can_be_chosen_and_stay_on_the_way(api: ApiClient, three: KeptStore) -> None:
    base = "/runs/three/answers"
    assert list(LABELS) == _columns(api.get(base).text)
    chosen = api.get(address(base, columns=("odd:1b", "best:1b"))).text
    assert ["odd:1b", "best:1b"] == _columns(chosen)
    sort = next(link for link in SeenPage(chosen).links if "sort=score" in link)
    assert ["odd:1b", "best:1b"] == _columns(api.get(sort).text)
    assert api.get(address(base, columns="nobody")).status_code in (404, 422)


def test_two_that_are_compared_stand_alone_and_all_are_a_click_away(api: ApiClient, three: KeptStore) -> None:
    text = api.get(address("/runs/three/answers", better="odd:1b", worse="middle:1b")).text
    assert ["odd:1b", "middle:1b"] == _columns(text)
    every = next(link for link in SeenPage(text).links if link.count("columns=") == 3)
    assert list(LABELS) == _columns(api.get(every).text)


def test_a_candidate_of_a_run_leads_to_its_own_answers_and_to_its_model(api: ApiClient, three: KeptStore) -> None:
    links = SeenPage(api.get("/runs/three").text).links
    own = next(link for link in links if "columns=odd" in link)
    assert ["odd:1b"] == _columns(api.get(own).text)
    assert "/catalogue/model?name=odd%3A1b" in links


def test_no_line_of_an_answer_is_cut_in_its_height(api: ApiClient) -> None:
    style = api.get("/static/style.css").text
    rule = next(line for line in style.splitlines() if line.startswith(".matrix .question, .matrix .answer"))
    assert "-webkit-line-clamp" in rule
    assert "height" not in rule
