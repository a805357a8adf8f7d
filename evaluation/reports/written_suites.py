"""The page of a suite that a model wrote: counts by check, and each dropped draft with its reason, escaped."""

from evaluation.escaping import for_markdown
from evaluation.formatting import counted
from evaluation.results.written_suites import WrittenSuite
from evaluation.suite_writing.drafts import MEANINGS, Check

LONGEST_SHOWN = 200
MOST_SHOWN = 200
"""Dropped drafts on a page; `--json` has all."""


def summary_lines(suite: WrittenSuite) -> list[str]:
    """Return the sentences that sum a written suite up; they hold names that others chose."""
    lines = [
        suite.description,
        f"kept {suite.n_cases:,} of {counted(suite.n_drafts, 'draft')}: {_counts(suite.kept_by_kind)}",
        f"asked {counted(suite.n_requests, 'time')}; taken from earlier calls: "
        f"{counted(suite.n_reused, 'reply', 'replies')}",
    ]
    if suite.version is not None and suite.n_cases < suite.n_cases_requested:
        lines.append(
            f"{suite.n_cases_requested - suite.n_cases:,} fewer than the {suite.n_cases_requested:,} requested: more "
            "spare drafts (--spare), or more documents"
        )
    if suite.read.n_left_out:
        lines.append(suite.read.line)
    return lines


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in counts.items()) or "none"


def check_rows(suite: WrittenSuite) -> list[tuple[str, int, str]]:
    """Return how many drafts fell at each check, with the check in words."""
    return [(check, n, MEANINGS[Check(check)]) for check, n in suite.dropped_by_check.items()]


def suite_as_markdown(suite: WrittenSuite) -> str:
    """Return the page."""
    parts = [f"# {for_markdown(suite.name)}", *map(for_markdown, summary_lines(suite))]
    if suite.dropped:
        rows = [f"| {for_markdown(name)} | {n:,} | {meaning} |" for name, n, meaning in check_rows(suite)]
        parts.append("\n".join(["| check | dropped | because |", "|---|--:|---|", *rows]))
        drafts = [
            f"| {for_markdown(str(draft.check))} | {for_markdown(str(draft.kind))} "
            f"| {for_markdown(draft.question, max_length=LONGEST_SHOWN)} "
            f"| {for_markdown(draft.reason, max_length=LONGEST_SHOWN)} |"
            for draft in suite.dropped[:MOST_SHOWN]
        ]
        parts.append("\n".join(["| check | kind | question | reason |", "|---|---|---|---|", *drafts]))
    return "\n\n".join(parts) + "\n"
