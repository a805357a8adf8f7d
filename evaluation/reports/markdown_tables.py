"""Markdown tables of short texts, escaped so that no text becomes markup."""

from collections.abc import Mapping, Sequence
from textwrap import wrap

from evaluation.escaping import for_markdown, one_line


def markdown_table(rows: Sequence[Mapping[str, str]]) -> str:
    """Return a Markdown table whose texts are shown literally, whoever wrote them; empty without rows.

    A row without a column that another one has gets an empty cell: a page is worth more than a column.
    """
    if not rows:
        return ""
    titles = {column: for_markdown(column) for row in rows for column in row}
    escaped = [{titles[column]: for_markdown(row.get(column, "")) for column in titles} for row in rows]
    return as_markdown_table(list(titles.values()), escaped)


def as_markdown_table(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    """Return a Markdown table of texts that are already Markdown."""
    head = "| " + " | ".join(columns) + " |\n|" + " --- |" * len(columns)
    return "\n".join([head, *("| " + " | ".join(row[column] for column in columns) + " |" for row in rows)])


def folded_cell(text: str, width: int) -> str:
    """Return a cell that shows the text literally, over lines of `width` characters.

    Prefect's older pages break no line in a table: one long name would push all numbers out of sight.
    """
    return "<br>".join(map(for_markdown, wrap(one_line(text), width, break_on_hyphens=False)))
