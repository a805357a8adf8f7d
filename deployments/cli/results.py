"""Results on the terminal: a table a run, one honest sentence, what failed, and where to look next."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from deployments.cli.terminal import result, tell
from evaluation.reports.escaping import for_terminal

if TYPE_CHECKING:
    from evaluation.store.session import Store


def print_invocation(store: "Store", found: Mapping[str, Any]) -> None:
    """Prints every run of an invocation."""
    for run in found["runs"]:
        print_run(store, run)


def print_run(store: "Store", run: Mapping[str, Any]) -> None:
    """Prints a run's table with its verdicts."""
    from rich.table import Table

    from evaluation.reports.tables import result_columns, result_rows
    from evaluation.reports.verdicts import alarms, model_against_best_baseline

    rows = result_rows(run)
    title = f"{run['benchmark']} · {run['n_cases']} cases · run {run['run_id']} · {run['status']}"
    table = Table(title=for_terminal(title), title_justify="left", title_style="bold")
    for name in rows[0] if rows else ():
        shown = f"{name} *" if name == run["headline"] else name
        left = name in ("candidate", "failed")
        table.add_column(for_terminal(shown), justify="left" if left else "right", overflow="fold")
    for row in rows:
        table.add_row(*(for_terminal(value) for value in row.values()))
    console = result()
    console.print()
    console.print(table, soft_wrap=False)
    columns = ", ".join(result_columns(run))
    console.print(f"* headline. {columns}: mean over cases [95 % interval].")
    if (verdict := model_against_best_baseline(store, run)) is not None:
        console.print(for_terminal(verdict))
    for text in alarms(run):
        tell(f"alarm: {text}")
    if run["reason"]:
        console.print(for_terminal(f"{run['status']}: {run['reason']}"))
