"""A comparison as a page: one sentence first, then the tables, then the cases that flipped, then the sources."""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.reports.comparison_flips import (
    flip_line,
    flip_rows,
)
from evaluation.reports.comparison_remarks import (
    dropped_lines,
    gate_line,
    more_sides,
    tail_lines,
    zero_lines,
)
from evaluation.reports.comparison_tables import (
    is_pair,
    matrix_rows,
    matrix_title,
    metric_rows,
    pair_rows,
    side_rows,
    side_source_rows,
    title,
)
from evaluation.reports.escaping import for_markdown
from evaluation.reports.preference_tables import preference_lines, preference_rows
from evaluation.reports.tables import as_markdown_table, counted

Result = Mapping[str, Any]


def comparisons_as_markdown(results: Sequence[Result]) -> str:
    """All comparisons of one command as one page."""
    parts = ["# Comparison", *(_one(result) for result in results)]
    return "\n\n".join(parts) + "\n"


def _one(result: Result) -> str:
    lead, *others = result["sentences"]
    parts = [f"## {for_markdown(result['benchmark'])}", f"> {for_markdown(lead)}", *map(for_markdown, others)]
    parts.append(_about(result))
    if is_pair(result):
        parts += [_table(metric_rows(result)), "\\* headline. Differences are the first side less the second, paired."]
    else:
        parts += _of_many(result)
    parts += [for_markdown(line) for line in (*dropped_lines(result), *zero_lines(result), *tail_lines(result))]
    parts += _preferences(result)
    parts += _flips(result)
    parts += _sources(result)
    return "\n\n".join(part for part in parts if part)


def _about(result: Result) -> str:
    runs = ", ".join(f"`{run_id}`" for run_id in result["run_ids"])
    by = f" by {for_markdown(result['by'])}" if result["by"] else ""
    return f"{counted(len(result['sides']), 'side')}{by} · runs {runs}"


def _of_many(result: Result) -> list[str]:
    parts = [_table(side_rows(result)), *map(for_markdown, more_sides(result))]
    if not result["metrics"]:
        return parts
    headline = result["metrics"][0]
    if (gate := gate_line(headline)) is not None:
        parts.append(for_markdown(f"{headline['metric']}: {gate}."))
    name = for_markdown(title(headline["metric"]))
    if result["against"] is None:
        parts += [f"### {for_markdown(matrix_title(result))}", _table(matrix_rows(result))]
    return [*parts, f"### {name}, pair by pair", _table(pair_rows(result, headline["metric"]))]


def _preferences(result: Result) -> list[str]:
    parts: list[str] = []
    for found in result["preferences"]:
        parts += [f"### {for_markdown(found['word'])}: who is preferred", _table(preference_rows(found))]
        parts += [for_markdown(line) for line in preference_lines(found)]
    return parts


def _flips(result: Result) -> list[str]:
    parts: list[str] = []
    for flips in result["flips"]:
        if not flips["better_a"] and not flips["better_b"]:
            continue
        parts.append(f"### {for_markdown(flip_line(flips))}")
        for which, winner in (("better_a", flips["a"]), ("better_b", flips["b"])):
            if rows := flip_rows(flips, which):
                parts += [f"Better answered by {for_markdown(winner)}:", _table(rows)]
        parts.append(f"One case in full: `benchwright show {flips['run_a']} --case ID`")
    return parts


def _sources(result: Result) -> list[str]:
    parts = ["### Where the numbers come from", *(f"{for_markdown(note)}." for note in result["notes"])]
    parts.append(_table(side_source_rows(result)))
    version = f"Benchmark version `{result['benchmark_version'][:12]}`"
    stored = f" · comparison `{result['comparison_id']}`" if result.get("comparison_id") else ""
    code = f" · code {for_markdown(str(result['code_version']))}" if result.get("code_version") else ""
    return [*parts, version + stored + code]


def _table(rows: Sequence[Mapping[str, str]]) -> str:
    if not rows:
        return ""
    columns = list(rows[0])
    escaped = [{column: for_markdown(row[column]) for column in columns} for row in rows]
    return as_markdown_table([for_markdown(column) for column in columns], _with_titles(escaped, columns))


def _with_titles(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> list[dict[str, str]]:
    return [{for_markdown(column): row[column] for column in columns} for row in rows]
