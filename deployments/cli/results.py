"""Results on the terminal: a table a run, one honest sentence, what failed, and where to look next."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from deployments.cli.split_table import print_split_table
from deployments.cli.terminal import result, tell
from evaluation.reports.escaping import one_line

if TYPE_CHECKING:
    from evaluation.store.session import Store


def print_invocation(store: "Store", found: Mapping[str, Any]) -> None:
    """Prints every run of an invocation."""
    for run in found["runs"]:
        print_run(store, run)


def print_run(store: "Store", run: Mapping[str, Any]) -> None:
    """Prints a run's table with its verdicts."""
    from evaluation.reports.tables import caption, counted, partly_on_the_cpu, remarks, result_rows
    from evaluation.reports.verdicts import headline_verdict

    repeats = f" × {run['repeats']} repeats" if run["repeats"] > 1 else ""
    say_line()
    say_line(
        f"{run['benchmark']} · {counted(run['n_cases'], 'case')}{repeats} · run {run['run_id']} · {run['status']}",
        style="bold",
    )
    say_line()
    if rows := result_rows(run):
        print_split_table(rows, words=("failed",), marked=run["headline"])
        say_line()
        say_line(caption(run))
    if (verdict := headline_verdict(store, run)) is not None:
        say_line(verdict)
    for text in remarks(run):
        say_line(text)
    for text in partly_on_the_cpu(run):
        say_line(f"warning: {text}")
    for candidate in run["candidates"]:
        if candidate["given_up"]:
            say_line(f"{candidate['candidate']} was given up: {candidate['given_up']}")
    said = [candidate["given_up"] for candidate in run["candidates"] if candidate["given_up"]]
    if run["reason"] and not any(text in run["reason"] for text in said):
        say_line(f"{run['status']}: {run['reason']}")
    for alarm in run["alarms"]:
        tell(f"alarm: {alarm['message']}")


def say_line(text: str = "", *, style: str | None = None) -> None:
    """Prints one line of the result, whoever wrote its words."""
    result().print(one_line(text) if text.strip() else "", style=style)
