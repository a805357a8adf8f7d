"""A sweep as one page of Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.reports.escaping import for_markdown
from evaluation.reports.sweep_findings import other_metric_lines, sweep_sentences
from evaluation.reports.sweep_tables import caption, combination_rows, effect_rows, level_rows
from evaluation.reports.tables import as_markdown_table


def sweep_as_markdown(sweep: Mapping[str, Any]) -> str:
    """The whole report as one page."""
    parts = [f"# Sweep on {for_markdown(sweep['benchmark'])}", for_markdown(caption(sweep)) + "."]
    parts += [for_markdown(sentence) for sentence in sweep_sentences(sweep)]
    for title, rows in _tables(sweep):
        if rows:
            columns = list(rows[0])
            escaped = [{column: for_markdown(row[column]) for column in columns} for row in rows]
            titles = [for_markdown(column) for column in columns]
            parts += [f"## {title}", as_markdown_table(titles, _retitled(escaped, columns, titles))]
    parts += [for_markdown(line) for line in other_metric_lines(sweep)]
    parts.append(f"Run `{sweep['run_id']}`.")
    return "\n\n".join(parts) + "\n"


def _tables(sweep: Mapping[str, Any]) -> list[tuple[str, list[dict[str, str]]]]:
    if not sweep["metrics"]:
        return []
    metric = sweep["metrics"][0]
    return [
        ("Parameters", effect_rows(metric)),
        ("Values", level_rows(metric)),
        ("Combinations", combination_rows(metric, limit=50)),
    ]


def _retitled(rows: Sequence[Mapping[str, str]], columns: Sequence[str], titles: Sequence[str]) -> list[dict[str, str]]:
    return [{title: row[column] for column, title in zip(columns, titles, strict=True)} for row in rows]
