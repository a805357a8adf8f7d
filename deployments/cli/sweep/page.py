"""A sweep on the terminal: the effect of each parameter on the scores, and the best combinations."""

from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import print_split_table
from evaluation.reports.sweeps.findings import other_metric_lines, sweep_sentences
from evaluation.reports.sweeps.tables import (
    caption,
    combination_rows,
    effect_rows,
    further_combinations,
    level_rows,
    missing_lines,
)
from evaluation.results.runs import InvocationResult
from evaluation.results.sweeps import SweepResult, SweptMetric


def print_sweep(result: InvocationResult, sweep: SweepResult) -> None:
    """Print a sweep; of an unfinished one, the results so far."""
    say_line()
    say_line(f"sweep on {sweep.benchmark} · run {sweep.run_id} · {result.status}", style="bold")
    say_line(f"{caption(sweep)}.")
    say_line()
    for sentence in sweep_sentences(sweep):
        say_line(sentence)
    if sweep.metrics:
        _print_tables(sweep.metrics[0])
    if others := other_metric_lines(sweep):
        say_line()
        say_line("The other metrics:")
    for line in others:
        say_line(line)
    for line in missing_lines(result):
        say_line(line)
    for run in result.runs:
        if run.reason:
            say_line(f"{run.status}: {run.reason}")
    say_line()
    say_line(f"`benchwright show {sweep.run_id}` shows every combination with its answers.")


def _print_tables(metric: SweptMetric) -> None:
    for rows, words in (
        (effect_rows(metric), ("effect", "recommended")),
        (level_rows(metric), ()),
        (combination_rows(metric), ()),
    ):
        if rows:
            say_line()
            print_split_table(rows, words=words)
    if more := further_combinations(metric):
        say_line(more)
