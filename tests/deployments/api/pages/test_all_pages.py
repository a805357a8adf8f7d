"""What holds on every page: it says what to do where nothing is stored, and names what there is not."""

import pytest
from api_client import ApiClient
from page_routes import NAMES, SHOWN_PAGES, ShownPage
from seen_pages import SeenPage

from deployments.api.pages.rendering import NAVIGATION

OF_THE_PROGRAM = frozenset({"/start", "/catalogue/benchmarks", "/catalogue/metrics", "/catalogue/pipelines", "/words"})
"""Pages with what comes with the program, which are never empty."""
LISTS = [shown for shown in SHOWN_PAGES if shown.address == shown.path and "/parts/" not in shown.path]
NAMED = [shown for shown in SHOWN_PAGES if shown.address != shown.path]


@pytest.mark.parametrize("shown", LISTS, ids=lambda shown: shown.path)
def test_a_store_without_anything_says_what_to_do(empty: ApiClient, shown: ShownPage) -> None:
    answer = empty.get(shown.path)
    assert 200 == answer.status_code
    seen = SeenPage(answer.text)
    assert "<code>benchwright " in answer.text or shown.path in OF_THE_PROGRAM
    assert ("tr" in seen.elements) == (shown.path in OF_THE_PROGRAM)
    assert [] == seen.problems


@pytest.mark.parametrize("shown", NAMED, ids=lambda shown: shown.path)
def test_what_there_is_not_is_said_on_a_page(empty: ApiClient, shown: ShownPage) -> None:
    answer = empty.get(shown.address_with(dict.fromkeys(NAMES, "nobody")))
    assert 404 == answer.status_code
    assert "text/html; charset=utf-8" == answer.headers["content-type"]
    seen = SeenPage(answer.text)
    assert "nobody" in seen.text
    assert [] == seen.problems
    assert seen.is_in_order


def test_every_page_of_the_navigation_is_marked_as_the_current_one(empty: ApiClient) -> None:
    for address, name in NAVIGATION:
        assert f'<a href="{address}" aria-current="page">{name}</a>' in empty.get(address).text
