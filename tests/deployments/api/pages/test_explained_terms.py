"""Headings and labels that need an explanation are buttons that show it, without a script."""

import re

import pytest
from api_client import ApiClient
from compared_runs import compared
from seen_pages import SeenPage

from deployments.api.pages.explained_terms import ExplainedTerms
from evaluation.store.session import KeptStore

_BUTTON = re.compile(r'<button type="button" class="term" popovertarget="([^"]*)">([^<]*)</button>')
_MEANING = re.compile(r'<div popover id="([^"]*)"')


@pytest.mark.parametrize("path", ["comparison", "/runs/mixed", "/runs/mixed/answers", "/runs/mixed/case?id=c01"])
def test_each_button_has_its_explanation_on_the_page(api: ApiClient, served_store: KeptStore, path: str) -> None:
    if path == "comparison":
        path = f"/comparisons/{compared(served_store, 'mixed').comparison_id}"
    text = api.get(path).text
    named = {anchor for anchor, _ in _BUTTON.findall(text)}
    there = _MEANING.findall(text)
    assert named
    assert named == set(there)
    assert len(there) == len(set(there))
    assert not SeenPage(text).problems


def test_a_metric_is_explained_by_its_own_words(api: ApiClient) -> None:
    assert "exact_match" in {word for _, word in _BUTTON.findall(api.get("/runs/mixed").text)}


@pytest.mark.parametrize(
    ("heading", "shown"),
    [
        ("ttft_s", "time to first token (s)"),
        ("tpot_s", "time per later token (s)"),
        ("MDE", "smallest visible difference"),
        ("p (Holm)", "p for all pairs"),
        ("last_line", "last line"),
        ("exact_match *", "exact_match *"),
        ("Weights", "Weights"),
    ],
)
def test_a_heading_is_shown_in_plain_words(heading: str, shown: str) -> None:
    term = ExplainedTerms().use(heading)
    assert term is not None
    assert shown == term.text


def test_what_nothing_explains_stays_as_it_is() -> None:
    terms = ExplainedTerms()
    assert terms.use("<b>no such heading</b>") is None
    assert () == terms.used
