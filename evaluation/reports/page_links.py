"""Links from one artifact page to another, and to Benchwright's own pages, and to no other target.

The former are relative, so that they stay within the interface in which they are followed: an artifact and a flow run
have paths of equal depth in both of the orchestrator's interfaces, wherever these are served.
"""

import re
from enum import StrEnum

from evaluation.escaping import as_markdown_code, for_markdown

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_UP = "../.."


class Shown(StrEnum):
    """What one of Benchwright's own pages is on, by the beginning of its path."""

    RUN = "runs"
    COMPARISON = "comparisons"
    REVIEW = "reviews"


def flow_run_link(flow_run_id: str, *, text: str | None = None) -> str:
    """Return a Markdown link to a flow run; the id alone where it is not one of a flow run."""
    if not _ID.fullmatch(flow_run_id):
        return as_markdown_code(flow_run_id)
    return f"[{for_markdown(text or f'flow run {flow_run_id[:8]}')}]({_UP}/runs/flow-run/{flow_run_id})"


def artifact_link(artifact_id: str, *, text: str) -> str:
    """Return a Markdown link to an artifact; the text alone where there is no artifact of that id."""
    if not _ID.fullmatch(artifact_id):
        return for_markdown(text)
    return f"[{for_markdown(text)}]({_UP}/artifacts/artifact/{artifact_id})"


def report_address(pages_url: str, shown: Shown, identity: str, *, form: str = "html") -> str:
    """Return the address of the report on a run or a comparison."""
    return f"{pages_url}/{shown}/{_checked(identity)}/report?format={form}"


def own_page_links(pages_url: str | None, shown: Shown, identity: str, *, part: str = "") -> list[str]:
    """Return Markdown links to Benchwright's own page on something, and to its report.

    Args:
        pages_url: Address at which people open the pages; None: there are no links.
        shown: What the page is on.
        identity: Its id.
        part: The page below it, such as `race`; empty: the page itself.
    """
    if pages_url is None or not _ID.fullmatch(identity):
        return []
    page = f"[Benchwright's page]({pages_url}/{shown}/{identity}{'/' * bool(part)}{part})"
    if shown is Shown.REVIEW:
        return [page]
    forms = (("HTML", "html"), ("PDF", "pdf"), ("Excel", "xlsx"))
    return [
        page,
        *(f"[{name} report]({report_address(pages_url, shown, identity, form=form)})" for name, form in forms),
    ]


def alerts_page(pages_url: str | None) -> str:
    """Return a Markdown link to Benchwright's own page of alerts; empty where no address of the pages is known."""
    return "" if pages_url is None else f"[Alerts on Benchwright's pages]({pages_url}/alerts)"


def _checked(identity: str) -> str:
    if not _ID.fullmatch(identity):
        raise ValueError(f"{identity!r} is no id")
    return identity
