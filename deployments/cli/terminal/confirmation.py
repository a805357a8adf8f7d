"""Confirmation on the terminal before anything is deleted."""

import sys

from deployments.cli.terminal.output import EXIT_INTERRUPTED
from evaluation.errors import ConfigurationError


def confirm(question: str) -> bool:
    """Ask the user, and return whether the answer is yes.

    Raises:
        ConfigurationError: there is no interactive terminal.
    """
    import typer

    if not sys.stdin.isatty():
        raise ConfigurationError("deletion needs confirmation, and there is no terminal to ask on", "Give --yes.")
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        raise typer.Exit(EXIT_INTERRUPTED) from None
