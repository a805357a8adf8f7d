"""What a level leaves open, on the terminal: whether going on can change the verdict, and the command that goes on."""

from dataclasses import replace
from typing import TYPE_CHECKING

from deployments.cli.next_steps import with_typed_options
from deployments.cli.terminal.output import print_status
from deployments.cli.terminal.run_results import say_line

if TYPE_CHECKING:
    from evaluation.results.runs import InvocationResult


def print_levels(result: "InvocationResult") -> None:
    """Print the higher levels of each run, and the command that goes on to the next one; nothing without a level."""
    steps = () if result.levels is None else result.levels.going_on
    for step in steps:
        say_line(f"{step.benchmark}: {step.sentence}" if len(result.runs) > 1 else step.sentence)
    if steps:
        print_status(f"  next: `{steps[0].command}` goes on.")


def with_typed_commands(result: "InvocationResult") -> "InvocationResult":
    """Return the result with commands that repeat the typed options on where the results are."""
    if result.levels is None:
        return result
    steps = tuple(
        replace(step, command=with_typed_options(f"`{step.command}`").strip("`")) for step in result.levels.going_on
    )
    return replace(result, levels=replace(result.levels, going_on=steps))
