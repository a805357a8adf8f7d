"""A comparison as a Markdown page: a summary sentence, the tables, the flipped cases and the sources."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from evaluation.comparisons.preference_words import preference_lines, preference_rows
from evaluation.escaping import for_markdown
from evaluation.formatting import counted
from evaluation.reports.comparisons.charts import differences, side_latencies, sides_against_cost
from evaluation.reports.comparisons.tables import (
    FOR_ALL_PAIRS,
    dropped_lines,
    flip_line,
    flip_rows,
    gate_line,
    is_pair,
    matrix_rows,
    matrix_title,
    metric_rows,
    more_sides,
    note_lines,
    pair_rows,
    reading_lines,
    side_rows,
    side_source_rows,
    tail_lines,
    title,
    zero_lines,
)
from evaluation.reports.markdown_tables import markdown_table
from evaluation.reports.page_links import Shown, artifact_link, flow_run_link, own_page_links
from evaluation.reports.page_pictures import Album
from evaluation.results.comparisons import ComparisonResult


def comparisons_as_markdown(
    results: Sequence[ComparisonResult],
    *,
    flow_runs: Mapping[str, Sequence[str]] | None = None,
    tables: Sequence[str] = (),
    pages_url: str | None = None,
) -> str:
    """Return all comparisons of one command as one page.

    Args:
        results: The comparisons.
        flow_runs: Ids of the flow runs that made each run, by the run's id.
        tables: Ids of the artifacts with the table of all pairs, one per comparison.
        pages_url: Address at which people open Benchwright's own pages; None: no link leads there.
    """
    album, links = Album(), _links(results, flow_runs or {}, tables, pages_url)
    parts = [
        "# Comparison",
        *(_comparison_section(result, album, link) for result, link in zip(results, links, strict=True)),
    ]
    return album.placed("\n\n".join([*parts, *album.remark()]) + "\n")


def _links(
    results: Sequence[ComparisonResult],
    flow_runs: Mapping[str, Sequence[str]],
    tables: Sequence[str],
    pages_url: str | None,
) -> list[str]:
    """Return the links of each comparison to its page, its artifact and its flow runs."""
    links_of_each = []
    for result, table in zip_longest(results, tables[: len(results)]):
        made_by = dict.fromkeys(flow_run for run_id in result.run_ids for flow_run in flow_runs.get(run_id, ()))
        links = own_page_links(pages_url, Shown.COMPARISON, result.comparison_id)
        links += [artifact_link(table, text="All pairs, searchable and sortable")] if table else []
        links_of_each.append(" · ".join([*links, *map(flow_run_link, made_by)]))
    return links_of_each


def _comparison_section(result: ComparisonResult, album: Album, links: str) -> str:
    lead, *others = result.sentences
    parts = [f"## {for_markdown(result.benchmark)}", f"> {for_markdown(lead)}", *map(for_markdown, others)]
    parts.append(_about(result))
    if is_pair(result):
        parts += [
            markdown_table(metric_rows(result)),
            "\\* headline. Differences are the first side minus the second, paired.",
            *map(for_markdown, reading_lines(result)),
        ]
    else:
        parts += _of_many(result)
    parts.append(links)
    for chart in (differences(result), sides_against_cost(result), side_latencies(result)):
        parts += album.show(chart)
    parts += [for_markdown(line) for line in (*dropped_lines(result), *zero_lines(result), *tail_lines(result))]
    parts += _preferences(result)
    parts += _flips(result)
    parts += _sources(result)
    return "\n\n".join(part for part in parts if part)


def _about(result: ComparisonResult) -> str:
    runs = ", ".join(f"`{run_id}`" for run_id in result.run_ids)
    by = f" by {for_markdown(result.by)}" if result.by else ""
    return f"{counted(len(result.sides), 'side')}{by} · runs {runs}"


def _of_many(result: ComparisonResult) -> list[str]:
    parts = [markdown_table(side_rows(result)), *map(for_markdown, more_sides(result))]
    if not result.metrics:
        return parts
    headline = result.metrics[0]
    if (gate := gate_line(headline)) is not None:
        parts.append(for_markdown(f"{headline.metric}: {gate}."))
    name = for_markdown(title(headline.metric))
    parts += map(for_markdown, reading_lines(result))
    if result.against is None:
        parts += [f"### {for_markdown(matrix_title(result))}", markdown_table(matrix_rows(result))]
    several = len(result.pairs_by(headline.metric)) > 1
    return [
        *parts,
        f"### {name}, pair by pair",
        markdown_table(pair_rows(result, headline.metric)),
        *([for_markdown(FOR_ALL_PAIRS)] if several else []),
    ]


def _preferences(result: ComparisonResult) -> list[str]:
    parts: list[str] = []
    for preference in result.preferences:
        parts += [
            f"### {for_markdown(preference.word)}: who is preferred",
            markdown_table(preference_rows(preference.ranking)),
        ]
        parts += [for_markdown(line) for line in preference_lines(preference)]
    return parts


def _flips(result: ComparisonResult) -> list[str]:
    parts: list[str] = []
    for flips in result.flips:
        line = flip_line(flips)
        if line is None or not (flips.better_a or flips.better_b):
            continue
        parts.append(f"### {for_markdown(line)}")
        for better, winner in ((flips.better_a, flips.a), (flips.better_b, flips.b)):
            if rows := flip_rows(flips, better):
                parts += [f"Better answered by {for_markdown(winner)}:", markdown_table(rows)]
        parts.append(f"One case in full: `benchwright show {flips.run_a} --case ID`")
    return parts


def _sources(result: ComparisonResult) -> list[str]:
    parts = ["### Where the numbers come from", *(f"{for_markdown(note)}." for note in note_lines(result))]
    parts.append(markdown_table(side_source_rows(result)))
    version = f"Benchmark version `{result.benchmark_version[:12]}`"
    return [*parts, f"{version} · comparison `{result.comparison_id}` · code {for_markdown(result.code_version)}"]
