"""Whatever models, files, people and servers wrote is text on every page: nothing is made of it."""

import pytest
from api_client import BASE, ApiClient
from hostile_store import ATTRIBUTE, LABEL, TEXT
from hostile_texts import MARK, NAME, letters
from page_routes import NAMES, SHOWN_PAGES, ShownPage
from seen_pages import SeenPage, crawl

WITHOUT_NAMES = frozenset(
    {"/words", "/sign-in", "/start", "/work", "/catalogue/metrics", "/catalogue/pipelines", "/parts/obstacle"}
)
"""Pages on which nothing stands that anybody else wrote."""


def _check(seen: SeenPage) -> None:
    assert [] == seen.problems
    assert "9872000" not in seen.text, "a template was computed"
    assert all(letter.isprintable() or letter in "\n\t" for letter in seen.text)
    is_part = "main" not in seen.elements
    assert seen.is_in_order or (is_part and seen.headings[:1] in ([], ["h2"], ["h3"]))


@pytest.mark.parametrize("shown", SHOWN_PAGES, ids=lambda shown: shown.path)
def test_hostile_texts_are_text(hostile: ApiClient, shown: ShownPage) -> None:
    answer = hostile.get(shown.address)
    assert 200 == answer.status_code
    seen = SeenPage(answer.text)
    _check(seen)
    words = letters(seen.text)
    if shown.path not in WITHOUT_NAMES:
        assert MARK in words
        assert letters(LABEL) in words or letters(NAME) in words or letters(TEXT) in words


@pytest.mark.parametrize("shown", SHOWN_PAGES, ids=lambda shown: shown.path)
@pytest.mark.parametrize("word", [ATTRIBUTE, "{{1234*8000}}", "\u202e'\x1b[31m", "x" * 4_000])
def test_hostile_addresses_are_text(hostile: ApiClient, shown: ShownPage, word: str) -> None:
    addresses = [shown.address_with(NAMES, **{name: word}) for name in shown.optional]
    if shown.address != shown.path:
        addresses.append(shown.address_with(dict.fromkeys(NAMES, word)))
    for address in addresses:
        answer = hostile.get(address)
        assert answer.status_code < 500, address
        _check(SeenPage(answer.text))


def test_two_hostile_runs_beside_each_other_are_text(hostile: ApiClient) -> None:
    answer = hostile.get("/differences?first=mixed&second=race")
    assert 200 == answer.status_code
    seen = SeenPage(answer.text)
    _check(seen)
    assert MARK in letters(seen.text)


def test_links_lead_somewhere_whatever_things_are_called(hostile: ApiClient) -> None:
    assert len(crawl(hostile)) > 20


def test_hostile_texts_are_text_while_they_are_rated_and_where_ratings_are_listed(hostile: ApiClient) -> None:
    begun = hostile.send("POST", "/reviews/last/raters", data={"rater": LABEL[:80]}, headers={"origin": BASE})
    cookie = {"cookie": begun.headers["set-cookie"].partition(";")[0]}
    assert 303 == begun.status_code
    for path in ("/reviews/last/rate?case=1", "/reviews/last/ratings", "/reviews/last"):
        answer = hostile.get(path, headers=cookie)
        assert 200 == answer.status_code
        seen = SeenPage(answer.text)
        _check(seen)
        assert MARK in letters(seen.text)
