"""Words of pages that a newcomer would stumble over explain themselves, without a script, and in one place."""

import re
from html import unescape

import pytest
from api_client import ApiClient
from page_routes import SHOWN_PAGES, ShownPage

from deployments.api.pages.explained_words import explanation_of

PLAIN = frozenset("""
about, address, after, again, against, answers, before, begun, better, better on, by, call, calls, cases, changed,
comparison, duration, ended, equal, example, experiment, figure, first better, first seen, for example, found, fits,
form, goes, gpu, id, in a week, input, key, kind, last, made, mean, mean time, memory, metrics, model, needs, newest,
newest rating, note, notes, now, of, options, output, own options, pair, picked, prompt, question, raised, rated,
rating, reached, recommended, runs, said, second better, seconds, seen, server, shown, since, size, source, stored,
tags, tied on, time, times, tokens, unit, value, values, what, watches upgrades, what it does, what it found,
what it is, what it means, when, whose, why, word, worse on, cases with, first run, second run, setting, behind,
ahead, criterion, rated twice, chosen, not ready, name, second side, better ↓ than →, deployment, schedule, active,
next, action, flow run, mean duration, mean output tokens, noticed, tokens in,
limits, asked, output tokens, median s, median tokens/s, quality,
details, trained, in run, compared with, seen last, over, score, calls in all, tokens out, in words,
ruled out by, its figure, limit, benchmark or task,
decides, memory gb, how, decides from then on, reason, latency, outcome, success, date, recommendation, temperature
""".replace("\n", " ").strip().split(", "))  # fmt: skip
"""Headings that everybody understands; a new one has to find its place here or in the glossary."""
_HEADING = re.compile(r'<th scope="col"[^>]*>(.*?)</th>', re.DOTALL)
_BUTTON = re.compile(r'<button type="button" class="word" popovertarget="([^"]*)">')
_HELD = re.compile(r'<div popover class="meaning" id="([^"]*)">')
PAGES = [shown for shown in SHOWN_PAGES if "/parts/" not in shown.path]


def _headings(text: str) -> list[tuple[str, str]]:
    """Return each heading's text and what stands in its place, without those that lead somewhere."""
    cells = [cell for cell in _HEADING.findall(text) if "<a " not in cell]
    return [(unescape(re.sub(r"<[^>]+>", "", cell)).strip(), cell) for cell in cells]


def _bare(heading: str) -> str:
    """Return a heading without the words that say how its numbers were put together."""
    return heading.partition(", ")[0].casefold().removeprefix("mean ").removeprefix("reported ")


@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.path)
def test_every_heading_is_plain_or_explains_itself(hostile: ApiClient, shown: ShownPage) -> None:
    text = hostile.get(shown.address).text
    unknown = []
    for heading, cell in _headings(text):
        is_of_the_store = "hostile" in heading or "(" in heading or any(sign in heading for sign in "=:0123456789")
        if explanation_of(heading) is not None:
            assert _BUTTON.search(cell)
        elif not is_of_the_store and _bare(heading) not in PLAIN:
            unknown.append(heading)
    assert [] == unknown


@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.path)
def test_each_word_has_one_explanation_however_often_it_stands_there(hostile: ApiClient, shown: ShownPage) -> None:
    text = hostile.get(shown.address).text
    held = _HELD.findall(text)
    assert sorted(set(held)) == sorted(held)
    assert set(_BUTTON.findall(text)) <= set(held)


def test_figures_stand_under_plain_names(hostile: ApiClient) -> None:
    assert "ttft_s" not in hostile.get("/comparisons/last").text
    assert (
        'popovertarget="word-smallest-visible-difference">smallest visible difference</button>'
        in hostile.get("/comparisons/last").text
    )


def test_metrics_are_explained_by_their_own_words(hostile: ApiClient) -> None:
    text = hostile.get("/runs/mixed").text
    assert "1 where the answer equals a reference after the same normalisation of both, else 0." in unescape(text)


def test_all_words_stand_on_a_page_of_their_own(hostile: ApiClient) -> None:
    text = unescape(hostile.get("/words").text)
    assert "minimum detectable effect" in text
    assert "last line" in text
