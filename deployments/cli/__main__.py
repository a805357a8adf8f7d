"""The `benchwright` command."""

import contextlib
import os
import sys
from functools import cache
from itertools import takewhile
from typing import Any

from deployments.cli.next_steps import begin_command_line
from deployments.cli.packages import hidden_package
from deployments.cli.terminal.output import EXIT_INTERRUPTED, report_error, report_lost_results
from evaluation.errors import BenchwrightError, DatabaseLostError
from evaluation.files.path_text import checked_path
from evaluation.files.private_files import only_for_this_user


def main() -> None:
    """Run the command line and exit with its code, skipping the interpreter's clean-up, which takes a second."""
    only_for_this_user()
    code = run(sys.argv[1:])
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Return the exit code of `benchwright ARGUMENTS`; a user's mistake is one message, never a traceback."""
    if (hidden := hidden_package()) is not None:
        sys.stderr.write(f"error: {hidden}\n")
        return 2

    begin_command_line(_command_line)
    try:
        for argument in arguments:
            checked_path(argument, what="the argument")
        _command_line()(args=_asking_for_help(arguments), prog_name="benchwright", standalone_mode=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else (0 if end.code is None else 1)
    except DatabaseLostError as error:
        return report_lost_results(error, as_json="--json" in arguments)
    except BenchwrightError as error:
        return report_error(error, as_json="--json" in arguments)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0


def _asking_for_help(arguments: list[str]) -> list[str]:
    """Return the arguments, without options where help is asked for: one would take `--help` as its value."""
    typed = list(takewhile(lambda word: word != "--", arguments))
    if "--help" not in typed:
        return arguments
    return [*takewhile(lambda word: not word.startswith("-"), typed), "--help"]


@cache
def _command_line() -> Any:
    """Return all commands; each is created when it is called, and kept."""
    from typer.main import get_command

    from deployments.cli.app import app
    from deployments.cli.usage_errors import raise_own_errors

    command_line = get_command(app)
    raise_own_errors(command_line)
    return command_line


if __name__ == "__main__":
    main()
