"""The cascades of a run as text: the share escalated, and the curve over the threshold."""

from typing import TYPE_CHECKING

from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import print_split_table

if TYPE_CHECKING:
    from evaluation.results.cascade_curves import CascadeResult
    from evaluation.store.session import Store


def print_cascade_page(result: "CascadeResult") -> None:
    """Print every cascade of a run over its threshold."""
    from evaluation.reports.runs.cascade_report import cascade_line, curve_rows, curve_sentences

    for curve in result.curves:
        say_line()
        say_line(f"{result.benchmark} · run {result.run_id}", style="bold")
        say_line(cascade_line(curve))
        say_line()
        print_split_table(curve_rows(curve))
        for line in curve_sentences(curve):
            say_line(line)


def print_shares_escalated(store: "Store", run_id: str) -> None:
    """Print the share that each cascade of a run escalated; nothing where it has none."""
    from evaluation.reports.runs.cascade_report import cascade_line
    from evaluation.run_results.cascade_result import cascade_shares

    shares = cascade_shares(store, run_id)
    for share in shares:
        say_line(cascade_line(share))
    if shares:
        say_line(f"Quality and cost over the threshold: benchwright show {run_id} --cascade")
