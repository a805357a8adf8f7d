"""Results on the terminal: one table per run, a sentence with the verdict, the failures, and where to find more."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from deployments.cli.terminal.failures import print_failures
from deployments.cli.terminal.output import print_status, result
from deployments.cli.terminal.split_table import print_split_table, screen_width
from deployments.cli.terminal.text_block import wrapped
from evaluation.escaping import one_line
from evaluation.formatting import counted

if TYPE_CHECKING:
    from evaluation.results.runs import InvocationResult, RunResult
    from evaluation.store.session import Store


def print_invocation(store: "Store", invocation: "InvocationResult") -> None:
    """Print every run of an invocation."""
    for run in invocation.runs:
        _print_run(store, run, among=len(invocation.runs))
        print_reasons(store, run)
    _print_once(invocation.runs)


def print_reasons(store: "Store", run: "RunResult") -> None:
    """Print why cases of a run failed, where any did."""
    from evaluation.run_results.failure_examples import failure_examples

    if any(candidate.failures or candidate.own_failures for candidate in run.candidates):
        print_failures(failure_examples(store, run.run_id), repeats=run.n_repeats)


def print_run(store: "Store", run: "RunResult") -> None:
    """Print a run's table with its verdicts."""
    _print_run(store, run, among=1)
    _print_once([run])


def _print_run(store: "Store", run: "RunResult", *, among: int) -> None:
    from evaluation.comparisons.run_verdict import headline_verdict
    from evaluation.reports.runs.alarm_lines import alarm_lines
    from evaluation.reports.runs.tables import caption, headline_title, remarks, result_rows

    repeats = f" × {run.n_repeats} repeats" if run.n_repeats > 1 else ""
    say_line()
    say_line(
        f"{run.benchmark} · {counted(run.n_cases, 'case')}{repeats} · run {run.run_id} · {run.status}",
        style="bold",
    )
    say_line()
    if rows := result_rows(run):
        print_split_table(rows, words=("failed",), marked=headline_title(run))
        say_line()
        say_line(caption(run))
    for place, sentence in enumerate(headline_verdict(store, run)):
        say_line(f"- {sentence}" if place else sentence)
    for text in remarks(run):
        say_line(text)
    for candidate in run.candidates:
        if candidate.given_up_reason:
            say_line(f"{candidate.label} was given up: {candidate.given_up_reason}")
    reasons = [candidate.given_up_reason for candidate in run.candidates if candidate.given_up_reason]
    if run.reason and not any(text in run.reason for text in reasons):
        say_line(f"{run.status}: {run.reason}")
    of_which = f"{run.benchmark}: " if among > 1 else ""
    _print_stages(run)
    for text in alarm_lines(run):
        print_status(f"alarm: {of_which}{text}")


def _print_stages(run: "RunResult") -> None:
    """Print where the time and the tokens of each candidate with a pipeline go."""
    from evaluation.reports.runs.stages import READING, TITLE, WORDS, stage_tables

    tables = stage_tables(run)
    for table in tables:
        say_line()
        say_line(f"{TITLE}: {table.label}", style="bold")
        print_split_table(table.rows, words=[column for column in WORDS if column in table.rows[0]])
        for remark in table.remarks:
            say_line(remark)
    if tables:
        say_line()
        say_line(READING)


def _print_once(runs: Sequence["RunResult"]) -> None:
    """Print remarks that concern all runs once, instead of run by run."""
    from evaluation.reports.runs.alarm_lines import baselines_line
    from evaluation.reports.runs.tables import partly_on_the_cpu

    if (slow := partly_on_the_cpu(runs)) is not None:
        say_line(f"warning: {slow}")
    if (left_out := baselines_line(runs)) is not None:
        print_status(f"note: {left_out}")


def say_line(text: str = "", *, style: str | None = None) -> None:
    """Print one line of the result, with text that may be by others."""
    result().print(wrapped(one_line(text), width=screen_width()) if text.strip() else "", style=style)
