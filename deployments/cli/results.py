"""Results on the terminal: a table a run, one honest sentence, what failed, and where to look next."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deployments.cli.split_table import print_split_table
from deployments.cli.terminal import result, tell
from evaluation.reports.escaping import one_line

if TYPE_CHECKING:
    from evaluation.store.session import Store


def print_invocation(store: "Store", found: Mapping[str, Any]) -> None:
    """Prints every run of an invocation."""
    for run in found["runs"]:
        _print_run(store, run, among=len(found["runs"]))
    _print_once(found["runs"])


def print_run(store: "Store", run: Mapping[str, Any]) -> None:
    """Prints a run's table with its verdicts."""
    _print_run(store, run, among=1)
    _print_once([run])


def _print_run(store: "Store", run: Mapping[str, Any], *, among: int) -> None:
    from evaluation.formatting import counted
    from evaluation.reports.alarms.saying import alarm_lines
    from evaluation.reports.tables import caption, headline_title, remarks, result_rows
    from evaluation.reports.verdicts import headline_verdict

    repeats = f" × {run['repeats']} repeats" if run["repeats"] > 1 else ""
    say_line()
    say_line(
        f"{run['benchmark']} · {counted(run['n_cases'], 'case')}{repeats} · run {run['run_id']} · {run['status']}",
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
    for candidate in run["candidates"]:
        if candidate["given_up"]:
            say_line(f"{candidate['candidate']} was given up: {candidate['given_up']}")
    said = [candidate["given_up"] for candidate in run["candidates"] if candidate["given_up"]]
    if run["reason"] and not any(text in run["reason"] for text in said):
        say_line(f"{run['status']}: {run['reason']}")
    of_which = f"{run['benchmark']}: " if among > 1 else ""
    for text in alarm_lines(run):
        tell(f"alarm: {of_which}{text}")


def _print_once(runs: Sequence[Mapping[str, Any]]) -> None:
    """Prints what is said once of all runs, and not run by run."""
    from evaluation.reports.alarms.saying import baselines_line
    from evaluation.reports.tables import partly_on_the_cpu

    if (slow := partly_on_the_cpu(runs)) is not None:
        say_line(f"warning: {slow}")
    if (left_out := baselines_line(runs)) is not None:
        tell(f"note: {left_out}")


def say_line(text: str = "", *, style: str | None = None) -> None:
    """Prints one line of the result, whoever wrote its words."""
    result().print(one_line(text) if text.strip() else "", style=style)
