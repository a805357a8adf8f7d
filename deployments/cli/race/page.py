"""A race on the terminal: one sentence, then the ranking, the decision after each look, and the cost."""

from typing import TYPE_CHECKING

from deployments.cli.terminal.run_results import say_line
from deployments.cli.terminal.split_table import print_split_table

if TYPE_CHECKING:
    from evaluation.results.races import RaceResult


def print_race(result: "RaceResult") -> None:
    """Print a race; of an unfinished one, the decisions so far."""
    from evaluation.reports.races.page import (
        NOT_OVER,
        cost_line,
        decision_lines,
        departure_lines,
        ranking_rows,
        rule_line,
    )
    from evaluation.results.races import RaceOutcomeResult

    race = result.race
    (run,) = result.invocation.runs
    say_line()
    say_line(f"race on {race.benchmark} · run {race.run_id} · {result.invocation.status}", style="bold")
    say_line()
    say_line(race.outcome.sentence or NOT_OVER)
    if rows := ranking_rows(race):
        say_line()
        print_split_table(rows, words=("left",))
    say_line()
    for line in (*decision_lines(race), *departure_lines(race)):
        say_line(line)
    say_line()
    if isinstance(race.outcome, RaceOutcomeResult):
        say_line(f"{cost_line(race.outcome)}.")
    say_line(f"{rule_line(race)}.")
    if run.reason:
        say_line(f"{run.status}: {run.reason}")
    say_line(f"`benchwright show {race.run_id}` shows the answers.")
