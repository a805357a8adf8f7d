"""The same from a server that can go away and come back."""

import time

import pytest
from postgresql import is_installed, postgresql
from recommendable import fill, swap_scores

from evaluation.store.session import open_store
from selection import explain, flush, recommend, report_outcome
from selection.recommender.registry import close_recommenders, recommender_of

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not is_installed(), reason="no PostgreSQL to start a server of our own"),
]


def model(found):
    return found.candidate and found.candidate.model


def wait_until(holds):
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_follows_the_evidence_and_outlives_the_server():
    with postgresql() as server:
        try:
            _follows_and_outlives(server)
        finally:
            close_recommenders()


def _follows_and_outlives(server):
    url = server.url
    with open_store(url) as store:
        fill(store)
        found = recommend("summarization", "a prompt\x00 with a NUL", store=url)
        assert "large:1b" == model(found)
        report_outcome(found.id, quality=0.5, ok=True, store=url)
        (past,) = recommender_of(url).book.past(task=None, since=None)
        assert (found.id, 0.5, True) == (past.id, past.quality, past.ok)
        assert found.reason in explain(found.id, store=url)

        # PostgreSQL tells of changes a moment later.
        swap_scores(store, "summarization", "large", "small")
        wait_until(lambda: model(recommend("summarization", store=url)) == "small:1b")

    flush(60.0, store=url)
    server.stop()
    try:
        wait_until(
            lambda: any("the store is unavailable" in note for note in recommend("summarization", store=url).notes)
        )
        away = recommend("summarization", store=url)
        assert "small:1b" == model(away)
        assert flush(1.0, store=url) > 0
    finally:
        server.start()
    wait_until(lambda: not recommend("summarization", store=url).notes)
    assert 0 == flush(60.0, store=url)
    assert away.id in {one.id for one in recommender_of(url).book.past(task=None, since=None)}
