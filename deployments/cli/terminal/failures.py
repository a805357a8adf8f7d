"""The failures of a run on the terminal: each kind with its reasons, how often each occurred, and one example."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from deployments.cli.terminal.output import result
from deployments.cli.terminal.split_table import screen_width
from deployments.cli.terminal.text_block import wrapped
from evaluation.escaping import one_line
from evaluation.formatting import counted

if TYPE_CHECKING:
    from evaluation.results.failures import FailureExample, FailureSummary


def print_failures(failures: Sequence["FailureSummary"], *, repeats: int) -> None:
    """Print every kind of failure: the candidates with their reasons, most frequent first, and one example.

    Args:
        failures: The kinds.
        repeats: Repeats of each case in the run.
    """
    result().print()
    result().print("Failures", style="bold")
    if not failures:
        _print("none")
    for failure in failures:
        whose = "the candidate's own, scored as an empty answer" if failure.is_own else "the server's, not scored"
        _print(f"{failure.n:,} {failure.kind} ({whose})")
        for reason in failure.reasons:
            _print_below(f"{reason.candidate}: {reason.n:,} × {reason.message or 'no message'}")
        if n_more := failure.n_reasons - len(failure.reasons):
            _print_below(f"and {counted(n_more, 'other reason')}")
        if failure.example is not None:
            _print_below(f"for example {_where(failure.example, repeats)}")


def _where(example: "FailureExample", repeats: int) -> str:
    repeat = f", repeat {example.repeat + 1} of {repeats}" if repeats > 1 else ""
    return f"case {example.case_id}{repeat}, {example.candidate}, {counted(example.n_attempts, 'request')}"


def _print(text: str) -> None:
    result().print(wrapped(one_line(text), width=screen_width()))


def _print_below(text: str) -> None:
    """Print one line, indented."""
    result().print(wrapped(f"    {one_line(text)}", width=screen_width(), hang=2))
