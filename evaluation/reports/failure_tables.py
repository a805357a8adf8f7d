"""What failed in a run, kind by kind: whose fault it was, how often, of whom, and what one such failure looks like."""

from collections.abc import Mapping, Sequence
from typing import Any

LONGEST_MESSAGE = 160


def failure_rows(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """A row a kind of failure.

    Args:
        entries: As `failure_examples` gives them.
    """
    return [
        {
            "failure": entry["kind"],
            "whose": "the candidate's" if entry["own"] else "the server's",
            "times": f"{entry['n']:,}",
            "of": ", ".join(f"{label} {n:,}" for label, n in entry["by_candidate"].items()),
            "for example": _example(entry["example"]),
        }
        for entry in entries
    ]


def _example(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "–"
    message = " ".join(str(found["message"] or "").split())
    cut = message if len(message) <= LONGEST_MESSAGE else f"{message[: LONGEST_MESSAGE - 1]}…"
    return f"case {found['case_id']}: {cut}" if cut else f"case {found['case_id']}"
