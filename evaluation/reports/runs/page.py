"""The page of an invocation: what was evaluated, the results, their uncertainty and their sources."""

from collections.abc import Mapping, Sequence

from evaluation.comparisons.run_verdict import headline_verdict
from evaluation.escaping import as_markdown_code, for_markdown
from evaluation.formatting import counted
from evaluation.reports.markdown_tables import as_markdown_table, folded_cell, markdown_table
from evaluation.reports.page_links import Shown, artifact_link, flow_run_link, own_page_links
from evaluation.reports.page_pictures import Album
from evaluation.reports.runs.alarm_lines import alarm_lines, baselines_line
from evaluation.reports.runs.cascade_report import cascades_as_markdown
from evaluation.reports.runs.charts import latencies, quality_against_cost
from evaluation.reports.runs.drift import LONGEST_TABLE, drift
from evaluation.reports.runs.stages import READING, TITLE, stage_tables
from evaluation.reports.runs.tables import (
    COST_COLUMNS,
    ENERGY_COLUMNS,
    SPEED_COLUMNS,
    caption,
    headline_title,
    partly_on_the_cpu,
    remarks,
    result_rows,
)
from evaluation.results.failures import FailureExample, FailureReason, FailureSummary
from evaluation.results.runs import InvocationResult, RunResult
from evaluation.run_results.failure_examples import failure_examples
from evaluation.store.plans import find_invocation
from evaluation.store.session import Store

WIDEST = 6
"""Columns of a table that the orchestrator's pages show in full."""
_CELL_WIDTH = 32
"""Characters in a line of a cell: the label of a candidate with a pipeline is long."""
FIGURE_COLUMNS = frozenset({*SPEED_COLUMNS.values(), *ENERGY_COLUMNS.values(), *COST_COLUMNS.values()})


def invocation_as_markdown(
    store: Store,
    result: InvocationResult,
    *,
    table_links: Mapping[str, str] | None = None,
    pages_url: str | None = None,
) -> str:
    """Return all runs of an invocation as one page.

    Args:
        store: The store with the scores that verdicts need.
        result: The invocation's result.
        table_links: The artifact that has each run's table, by run id.
        pages_url: Address at which people open Benchwright's own pages; None: no link leads there.
    """
    links, album = table_links or {}, Album()
    runs = result.runs
    parts = ["# Evaluation", _lead(result)]
    if len(runs) > 1:
        parts.append("**On this page:** " + " · ".join(f"{for_markdown(run.benchmark)}" for run in runs))
    for run in runs:
        own_pages = own_page_links(pages_url, Shown.RUN, run.run_id)
        parts += [_run(store, run, links.get(run.run_id), own_pages, album), *_higher_levels(result, run)]
    parts += album.remark()
    parts += [f"**Warning:** {for_markdown(line)}"] if (line := partly_on_the_cpu(runs)) else []
    parts += [for_markdown(line)] if (line := baselines_line(runs)) else []
    parts.append(_provenance(store, result))
    return album.placed("\n\n".join(part for part in parts if part) + "\n")


def _lead(result: InvocationResult) -> str:
    runs = result.runs
    candidates = {candidate.fingerprint for run in runs for candidate in run.candidates}
    n_answered = sum(candidate.n_answered for run in runs for candidate in run.candidates)
    n_own = sum(candidate.n_own_failed for run in runs for candidate in run.candidates)
    own = f", {counted(n_own, 'own failure')} of candidates (scored as empty answers)" if n_own else ""
    n_failed = sum(candidate.n_failed for run in runs for candidate in run.candidates)
    failed = f"{counted(n_failed, 'server failure')} (counted, never scored)" if n_failed else "no server failure"
    return (
        f"{result.status} · {counted(len(candidates), 'candidate')} on "
        f"{counted(len(runs), 'benchmark')} · {counted(n_answered, 'answer')}, {failed}{own}"
    )


def _run(store: Store, run: RunResult, table_id: str | None, own_pages: Sequence[str], album: Album) -> str:
    verdict = headline_verdict(store, run)
    lines = [f"## {for_markdown(run.benchmark)}", _about(run)]
    lines += ["\n>\n".join(f"> {for_markdown(sentence)}" for sentence in verdict)]
    lines += [*_results(run), _links(run, table_id, own_pages)]
    lines += album.show(quality_against_cost(run))
    lines += album.show(latencies(store, run))
    lines += _stages(run)
    lines += cascades_as_markdown(store, run, album)
    lines += _titled("What failed", failure_rows(failure_examples(store, run.run_id)))
    lines += _list("Alarms", alarm_lines(run))
    lines += _list("Notes", remarks(run))
    lines += _earlier(store, run, album)
    lines += [_give_up_line(each.label, each.given_up_reason) for each in run.candidates if each.given_up_reason]
    return "\n\n".join(line for line in lines if line)


def _higher_levels(result: InvocationResult, run: RunResult) -> list[str]:
    """Return whether going on to a higher level can change the run's verdict; empty without a level."""
    steps = [] if result.levels is None else [each for each in result.levels.going_on if each.run_id == run.run_id]
    lines = [f"- {for_markdown(step.sentence)}: `{step.command}`" for step in steps]
    return ["### Higher levels", "\n".join(lines)] if lines else []


def _results(run: RunResult) -> list[str]:
    """Return the results table, split into quality and figures where it would be wider than the page."""
    rows = [{key: folded_cell(value, _CELL_WIDTH) for key, value in row.items()} for row in result_rows(run)]
    columns = list(rows[0]) if rows else ["candidate"]
    if len(columns) <= WIDEST:
        return [_result_table(run, columns, rows)]
    figures = [column for column in columns if column in FIGURE_COLUMNS]
    quality = [column for column in columns if column not in FIGURE_COLUMNS]
    return [_result_table(run, quality, rows), _result_table(run, ["candidate", *figures], rows)]


def _result_table(run: RunResult, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    titles = {column: for_markdown(column) for column in columns}
    if (headline := headline_title(run)) in titles:
        titles[headline] = f"**{for_markdown(headline)}** \\*"
    shown = [{title: row[column] for column, title in titles.items()} for row in rows]
    return as_markdown_table(list(titles.values()), shown)


def _links(run: RunResult, table_id: str | None, own_pages: Sequence[str]) -> str:
    links = [*own_pages]
    links += [artifact_link(table_id, text="This table, searchable and sortable")] if table_id else []
    links += [flow_run_link(flow_run_id) for flow_run_id in run.flow_run_ids]
    return " · ".join(links)


def _titled(title: str, rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Return a titled table of texts that are not Markdown yet; empty without rows."""
    return [f"### {title}", markdown_table(rows)] if rows else []


def _stages(run: RunResult) -> list[str]:
    """Return where time and tokens of each candidate with a pipeline go: tokens, and the seconds in parts."""
    tables = stage_tables(run)
    lines = [f"### {TITLE}", READING] if tables else []
    for table in tables:
        label = for_markdown(table.label)
        lines += [f"**{label}**: requests and tokens", markdown_table(table.tokens)]
        lines += [f"**{label}**: seconds", markdown_table(table.seconds)]
        lines += _list("", table.remarks)
    return lines


def _earlier(store: Store, run: RunResult, album: Album) -> list[str]:
    """Return the section on the same candidates in earlier runs; empty where there are none."""
    history = drift(store, run)
    if history is None:
        return []
    newest, before = history.run_ids[:2]
    n_more = len(history.rows) - LONGEST_TABLE
    return [
        "### The same candidates from run to run",
        *album.show(history.chart),
        markdown_table(history.rows[:LONGEST_TABLE]),
        *([f"… and {counted(n_more, 'older value')} in the picture."] if n_more > 0 else []),
        *_list("", history.changes),
        f"Compare two of them case by case: `benchwright compare {newest} {before}`",
    ]


def _list(title: str, texts: Sequence[str]) -> list[str]:
    """Return a titled list; empty without entries."""
    if not texts:
        return []
    heading = [f"### {title}", ""] if title else []
    return ["\n".join([*heading, *(f"- {for_markdown(text)}" for text in texts)])]


def _about(run: RunResult) -> str:
    repeats = f", {run.n_repeats} repeats each" if run.n_repeats > 1 else ""
    return (
        f"Run `{run.run_id}` · {for_markdown(str(run.task_type))} · {counted(run.n_cases, 'case')}{repeats} · "
        f"seed {run.seed} · {run.status}. "
        f"{for_markdown(caption(run))} One case in full: "
        f"`benchwright show {run.run_id} --case ID`. A file to send: `benchwright report {run.run_id} --to report.pdf`"
    )


def _give_up_line(label: str, reason: str) -> str:
    return f"**{for_markdown(label)}** was given up: {for_markdown(reason)}"


def _provenance(store: Store, result: InvocationResult) -> str:
    """Return what a reader needs to trace or repeat the numbers."""
    seen = {candidate.fingerprint: candidate for run in result.runs for candidate in run.candidates}
    rows = [
        {
            "candidate": folded_cell(candidate.label, _CELL_WIDTH),
            "digest": as_markdown_code(candidate.digest[:12]) if candidate.digest else "unverified weights",
            "quantisation": for_markdown(str(candidate.details.get("quantization") or "–")),
            "endpoint": for_markdown(f"{candidate.endpoint} {candidate.server_version or ''}"),
            "context": for_markdown(str(candidate.options.get("num_ctx", "–"))),
            "temperature": for_markdown(str(candidate.options.get("temperature", "–"))),
        }
        for candidate in seen.values()
    ]
    invocation = find_invocation(store, result.invocation_id)
    version = for_markdown(invocation.code_version) if invocation else "?"
    flow_runs = dict.fromkeys(flow for run in result.runs for flow in run.flow_run_ids)
    links = " · ".join(flow_run_link(flow_run_id) for flow_run_id in flow_runs)
    versions = ", ".join(f"{for_markdown(run.benchmark)} `{run.benchmark_version[:12]}`" for run in result.runs)
    return "\n\n".join(
        [
            "## Where the numbers come from",
            as_markdown_table(list(rows[0]), rows) if rows else "",
            f"Invocation `{result.invocation_id}` · benchmark versions: {versions} · code {version}"
            + (f" · {links}" if links else ""),
        ]
    )


LONGEST_MESSAGE = 160


def failure_rows(failures: Sequence[FailureSummary]) -> list[dict[str, str]]:
    """Return one row per kind of failure."""
    return [
        {
            "failure": str(failure.kind),
            "whose": "the candidate's" if failure.is_own else "the server's",
            "times": f"{failure.n:,}",
            "of": ", ".join(f"{label} {n:,}" for label, n in failure.by_candidate.items()),
            "why": "; ".join(map(_reason, failure.reasons)) or "–",
            "for example": _example(failure.example),
        }
        for failure in failures
    ]


def _reason(reason: FailureReason) -> str:
    message = " ".join((reason.message or "no message").split())
    cut = message if len(message) <= LONGEST_MESSAGE else f"{message[: LONGEST_MESSAGE - 1]}…"
    return f"{reason.n:,} × {cut}"


def _example(example: FailureExample | None) -> str:
    return "–" if example is None else f"case {example.case_id}"
