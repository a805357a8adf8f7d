"""Reports over HTTP: a file in each format, for whoever may read, and a link to each on the pages."""

import pytest
from api_client import ApiClient

from evaluation.reports.documents.formats import ReportFormat

BEGINNINGS = {
    ReportFormat.HTML: b"<!doctype html>",
    ReportFormat.PDF: b"%PDF-",
    ReportFormat.XLSX: b"PK",
    ReportFormat.MD: b"# numbers",
}


@pytest.mark.parametrize("form", list(ReportFormat))
def test_a_report_is_a_file_to_save(api: ApiClient, form: ReportFormat) -> None:
    answer = api.get("/api/v1/runs/mixed/report", params={"format": form.value})

    assert 200 == answer.status_code
    assert answer.content.startswith(BEGINNINGS[form])
    assert form.media_type == answer.headers["content-type"]
    assert f'attachment; filename="run-mixed-report.{form}"' == answer.headers["content-disposition"]
    assert "nosniff" == answer.headers["x-content-type-options"]


def test_html_is_what_is_sent_where_no_format_is_named(api: ApiClient) -> None:
    assert api.get("/api/v1/runs/mixed/report").content.startswith(b"<!doctype html>")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("runs/nope/report", 404),
        ("comparisons/nope/report", 404),
        ("experiments/nope/report", 404),
        ("runs/mixed/report?format=doc", 422),
        ("runs/mixed/report?template=x", 422),
    ],
)
def test_what_there_is_not_is_refused(api: ApiClient, path: str, status: int) -> None:
    assert status == api.get(f"/api/v1/{path}").status_code


def test_the_page_of_a_run_leads_to_its_reports(api: ApiClient) -> None:
    page = api.get("/runs/mixed").text

    for form in ReportFormat:
        assert f'href="/runs/mixed/report?format={form}"' in page


def test_a_link_from_another_page_opens_a_report(api: ApiClient) -> None:
    """A link in a Prefect artifact, which is another page to a browser."""
    clicked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

    report = api.get("/runs/mixed/report", headers=clicked)

    assert 200 == report.status_code
    assert report.headers["content-disposition"].startswith("attachment")
    assert 404 == api.get("/comparisons/nope/report", headers=clicked).status_code
    assert 403 == api.get("/api/v1/runs/mixed/report", headers=clicked).status_code
