"""What a run's page has below its results: what failed, cascades, stages, tokens and cost, earlier runs."""

from collections.abc import Iterator

from deployments.api.pages.rendering import address
from deployments.api.pages.sections import Link, Section, drawn, filled, headed, table_of
from evaluation.reports.runs.cascade_report import cascade_line, curve_chart, curve_rows, curve_sentences
from evaluation.reports.runs.drift import LONGEST_TABLE, drift
from evaluation.reports.runs.page import failure_rows
from evaluation.reports.runs.stages import READING, TITLE, stage_tables
from evaluation.reports.runs.tables import usage_rows
from evaluation.results.runs import RunResult
from evaluation.run_results.cascade_result import cascade_result, has_cascades
from evaluation.run_results.failure_examples import failure_examples
from evaluation.store.runs import find_run
from evaluation.store.session import Store


def run_sections(store: Store, run: RunResult) -> tuple[Section, ...]:
    """Return the sections of which a run has something to show."""
    usage = usage_rows(run)
    return filled(
        Section(title="What failed", table=table_of("What failed", _failures(store, run))),
        *_cascades(store, run),
        *_stages(run),
        Section(title="Tokens and cost of an answer", table=table_of("Tokens and cost of an answer", usage)),
        _earlier(store, run),
    )


def _failures(store: Store, run: RunResult) -> list[dict[str, str]]:
    has_failures = any(each.n_failed or each.n_own_failed for each in run.candidates)
    return failure_rows(failure_examples(store, run.run_id)) if has_failures else []


def _cascades(store: Store, run: RunResult) -> Iterator[Section]:
    if not has_cascades(store, find_run(store, run.run_id)):
        return
    for curve in cascade_result(store, run.run_id).curves:
        yield Section(
            title=f"Cascade over its threshold: {curve.label}",
            table=table_of(f"Thresholds of {curve.label}", curve_rows(curve)),
            pictures=drawn(curve_chart(curve, benchmark=run.benchmark)),
            after=(cascade_line(curve), *curve_sentences(curve)),
        )


def _stages(run: RunResult) -> Iterator[Section]:
    for table in stage_tables(run):
        yield Section(
            title=f"{TITLE}: {table.label}",
            table=table_of(f"Stages of {table.label}", table.rows),
            after=(READING, *table.remarks),
        )


def _earlier(store: Store, run: RunResult) -> Section:
    history = drift(store, run)
    if history is None:
        return Section()
    newest, before = history.run_ids[:2]
    table = table_of(
        "The same candidates from run to run",
        history.rows[:LONGEST_TABLE],
        links={"run": lambda row: f"/runs/{row['run']}"},
    )
    return Section(
        title="The same candidates from run to run",
        table=headed(table, {"when (UTC)": "Date and time (UTC)", "value": "Mean, 95 % interval"}),
        pictures=drawn(history.chart),
        after=tuple(history.changes),
        links=(
            Link(text="What differs from the run before", address=address("/differences", first=before, second=newest)),
            Link(text="Compare the two case by case", address=address("/start/compare", runs=[newest, before])),
        ),
    )
