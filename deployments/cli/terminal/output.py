"""Output of the commands: results on stdout, progress and messages on stderr, one JSON value with `--json`."""

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from deployments.cli.callers import current_caller
from deployments.cli.next_steps import with_typed_options
from evaluation.errors import BenchwrightError, StoreError

if TYPE_CHECKING:
    from rich.console import Console

EXIT_DONE = 0
EXIT_CHECK_FAILED = 1
EXIT_MENDABLE = 2
EXIT_RUN_FAILED = 3
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


@cache
def result() -> "Console":
    """Return the console for results on stdout. It prints text literally, without markup."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False, soft_wrap=True)


@cache
def progress_console() -> "Console":
    """Return the console for progress, warnings and errors: stderr."""
    from rich.console import Console

    return Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)


def print_status(text: str) -> None:
    """Print a status message on stderr, or send it to the calling program."""
    from deployments.cli.terminal.split_table import screen_width
    from deployments.cli.terminal.text_block import wrapped
    from evaluation.escaping import for_terminal

    caller = current_caller()
    if caller is None:
        progress_console().print(wrapped(for_terminal(with_typed_options(text)), width=screen_width(of_messages=True)))
    else:
        caller.tell(text)


def print_json(value: Any) -> None:
    """Print the JSON value of a command with `--json`."""
    from evaluation.escaping import as_json

    sys.stdout.write(as_json(value) + "\n")
    sys.stdout.flush()


def error_as_json(error: BenchwrightError) -> dict[str, str | None]:
    """Return the error as `--json` shows it, with the next step for this command line."""
    return {"message": error.message, "next": error.next_step and with_typed_options(error.next_step)}


def report_error(error: BenchwrightError, *, as_json: bool, code: int = EXIT_MENDABLE) -> int:
    """Print an error with its next step, and return the exit code."""
    from evaluation.escaping import for_terminal

    problem = error_as_json(error)
    if as_json and code == EXIT_MENDABLE:
        print_json({"status": "error", "error": problem})
    _complain(f"error: {for_terminal(error.message)}")
    if problem["next"]:
        _complain(f"  next: {for_terminal(problem['next'])}")
    return code


def _complain(line: str) -> None:
    """Write a line of an error on stderr, regardless of the terminal's width."""
    caller = current_caller()
    if caller is None:
        sys.stderr.write(f"{line}\n")
    else:
        caller.tell(line)


def report_lost_results(error: StoreError, invocation_id: str | None = None, *, as_json: bool) -> int:
    """Report an error that leaves no result to show: the database is lost, or cannot be read."""
    if as_json:
        print_json({"status": "failed", "invocation_id": invocation_id, "runs": [], "error": error_as_json(error)})
    return report_error(error, as_json=False, code=EXIT_RUN_FAILED)
