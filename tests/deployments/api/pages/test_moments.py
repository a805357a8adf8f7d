"""Moments on pages: weekday, date and time in UTC, and how long ago they were."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from api_client import ApiClient
from page_routes import SHOWN_PAGES
from page_store import fill_for_pages

from deployments.api.pages import moments, rendering
from deployments.api.pages.moments import date_and_time, how_long_ago
from evaluation.store.session import KeptStore

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TEMPLATES = Path(rendering.__file__).parent / "templates"


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=4), "just now"),
        (timedelta(seconds=-4), "just now"),
        (timedelta(seconds=40), "40 s ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(hours=48), "2 days ago"),
        (timedelta(days=6, hours=23), "6 days ago"),
        (timedelta(hours=-5), "in 5 h"),
        (timedelta(days=-3), "in 3 days"),
    ],
)
def test_long_ago_is_said_in_days(ago: timedelta, words: str) -> None:
    assert words == how_long_ago(NOW - ago, NOW)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 24, 14, 2, tzinfo=UTC), "Tue 24 Nov, 14:02"),
        (datetime(2026, 3, 3, 4, 5), "Tue 3 Mar, 04:05"),  # noqa: DTZ001 - one without a time zone is in UTC
        (datetime(2025, 12, 31, 23, 59, tzinfo=UTC), "Wed 31 Dec 2025, 23:59"),
        (datetime(2026, 11, 25, 1, 0, tzinfo=timezone(timedelta(hours=2))), "Tue 24 Nov, 23:00"),
    ],
)
def test_a_date_has_its_weekday_and_the_year_where_it_is_another(moment: datetime, words: str) -> None:
    assert words == date_and_time(moment, NOW)


def test_every_moment_of_every_page_is_written_in_one_place() -> None:
    with_times = [path.name for path in TEMPLATES.rglob("*.html") if "<time" in path.read_text("utf-8")]
    assert ["moment.html"] == with_times


def test_pages_have_a_date_beside_each_how_long_ago(api: ApiClient, served_store: KeptStore) -> None:
    fill_for_pages(served_store)
    n_dated = 0
    for shown in SHOWN_PAGES:
        answer = api.get(shown.address)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        n_dates, n_ago = answer.text.count('</time> <span class="ago">'), answer.text.count('class="ago"')
        assert n_dates == n_ago == answer.text.count("<time "), shown.address
        n_dated += n_dates > 0
        if answer.status_code == 200 and not shown.path.startswith("/parts/"):
            assert moments.TIME_ZONE_NOTE in answer.text, shown.address
    assert n_dated >= 10


def test_a_moment_is_an_element_with_its_exact_time(api: ApiClient, served_store: KeptStore) -> None:
    text = api.get("/runs").text
    begun = text.partition("<time ")[2].partition("</time>")[0]
    assert begun.startswith('datetime="20')
    assert 'title="20' in begun
    assert ' UTC">' in begun
