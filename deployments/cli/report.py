"""The `benchwright report` command: what was found, as one file to send to somebody."""

from pathlib import Path
from typing import Annotated

import typer

from deployments.cli.arguments import DatabaseOption, open_stored
from deployments.cli.terminal.output import print_status


def report(
    what: Annotated[
        str,
        typer.Argument(
            metavar="RUN|COMPARISON|EXPERIMENT|SWEEP|RACE", help="An id, the beginning of one, a name, or `last`."
        ),
    ],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A new file: .html, .pdf, .xlsx or .md.")],
    template: Annotated[
        Path | None,
        typer.Option("--template", metavar="FILE", help="An HTML template (Jinja2) to fill in instead of ours."),
    ] = None,
    db: DatabaseOption = None,
) -> None:
    """Write what was found as a file to send: HTML, PDF, Excel or Markdown, the answer first."""
    from deployments.cli.flow_runs import TerminatedError
    from deployments.cli.long_commands import code_of_signal, handle_sigterm
    from evaluation.reports.documents.writing import write_report

    try:
        with handle_sigterm(), open_stored(db) as store:
            source = write_report(store, what, to, template=template)
    except (KeyboardInterrupt, TerminatedError) as end:
        raise typer.Exit(code_of_signal(end)) from None
    print_status(f"{to}: report on {source.name}")
