"""Links to the reports on what a page shows, a file in each format."""

from deployments.api.pages.rendering import address
from deployments.api.pages.sections import Link
from evaluation.reports.documents.formats import ReportFormat

_WORDS = {
    ReportFormat.HTML: "HTML",
    ReportFormat.PDF: "PDF",
    ReportFormat.XLSX: "Excel",
    ReportFormat.MD: "Markdown",
}


def report_links(kind: str, identity: str) -> tuple[Link, ...]:
    """Return a link to the report in each format.

    Args:
        kind: `runs`, `comparisons` or `experiments`.
        identity: The id of what the report is on.
    """
    path = f"/{kind}/{identity}/report"
    return tuple(
        Link(text=f"Report as {word}", address=address(path, format=form.value)) for form, word in _WORDS.items()
    )
