"""The trace of a pipeline on one case, on the terminal."""

from deployments.cli.terminal.output import result
from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import screen_width
from deployments.cli.terminal.tables import print_table
from deployments.cli.terminal.text_block import as_block
from evaluation.reports.runs.trace import trace_parts, trace_rows
from evaluation.results.cases import OutcomeResult


def print_trace(outcome: OutcomeResult) -> None:
    """Print every stage with its figures and reply, then the sources, the confidence and the notes."""
    if rows := trace_rows(outcome):
        print_table(tuple(rows[0]), [tuple(row.values()) for row in rows])
    for part in trace_parts(outcome):
        say_line(part.line)
        if part.text is not None:
            result().print(as_block(part.text, width=screen_width()))
