"""Links from artifact pages to Benchwright's own pages."""

import pytest
from pydantic import ValidationError

from evaluation.reports.page_links import Shown, alerts_page, own_page_links, report_address
from evaluation.settings import Settings

PAGES = "https://bench.example.com/here"


def test_a_run_leads_to_its_page_and_to_its_report_in_each_format() -> None:
    page, *reports = own_page_links(PAGES, Shown.RUN, "run-1")

    assert f"[Benchwright's page]({PAGES}/runs/run-1)" == page
    assert f"[HTML report]({PAGES}/runs/run-1/report?format=html)" == reports[0]
    assert ["pdf)", "xlsx)"] == [report.rpartition("=")[2] for report in reports[1:]]


def test_a_part_of_a_page_is_led_to_and_a_review_has_no_report() -> None:
    assert f"({PAGES}/runs/run-1/race)" in own_page_links(PAGES, Shown.RUN, "run-1", part="race")[0]
    assert [f"[Benchwright's page]({PAGES}/reviews/r1)"] == own_page_links(PAGES, Shown.REVIEW, "r1")


@pytest.mark.parametrize("identity", ["", "a/b", "x](http://elsewhere)", "<b>"])
def test_what_is_no_id_leads_nowhere(identity: str) -> None:
    assert [] == own_page_links(PAGES, Shown.COMPARISON, identity)
    with pytest.raises(ValueError, match="no id"):
        report_address(PAGES, Shown.COMPARISON, identity)


def test_without_an_address_of_the_pages_there_are_no_links() -> None:
    assert [] == own_page_links(None, Shown.RUN, "run-1")
    assert "" == alerts_page(None)


@pytest.mark.parametrize(
    "url",
    [
        "bench.example.com",
        "ftp://bench.example.com",
        "https://me:secret@bench.example.com",
        "https://bench.example.com/?token=secret",
        "https://bench.example.com/a) [x](https://elsewhere",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_none_or_holds_a_secret_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHWRIGHT_PAGES_URL", url)
    with pytest.raises(ValidationError, match="no address of pages"):
        Settings()


def test_a_slash_at_the_end_of_the_address_is_not_doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHWRIGHT_PAGES_URL", f"{PAGES}/")
    assert Settings().pages_url == PAGES
