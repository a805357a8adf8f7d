"""Links from one artifact page to another, and to no other target.

They are relative, so that they stay within the interface in which they are followed: an artifact and a flow run have
paths of equal depth in both of the orchestrator's interfaces, wherever these are served.
"""

import re

from evaluation.escaping import as_markdown_code, for_markdown

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_UP = "../.."


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
