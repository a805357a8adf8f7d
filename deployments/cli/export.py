"""The `benchwright export` command: a run, an experiment or a comparison as a file for other programs."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.cli.arguments import DatabaseOption, OutOption, open_stored
from deployments.cli.candidate_exports import checked_form, write_out, written_winner
from deployments.cli.completion import metric_names
from deployments.cli.terminal.output import print_status
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.exports.files import write_file, write_to_pipe
from evaluation.exports.writers import Format

if TYPE_CHECKING:
    from evaluation.exports.filters import Filters
    from evaluation.exports.source import Kind
    from evaluation.store.session import Store

Words = list[str] | None
_BINARY = {Format.PARQUET: "Parquet", Format.XLSX: "an Excel file"}


def export(
    what: Annotated[
        str,
        typer.Argument(metavar="RUN|EXPERIMENT|COMPARISON", help="An id, the beginning of one, a name, or `last`."),
    ],
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="csv|json|ndjson|parquet|xlsx",
            help="Default: by --out, else csv; with --winner yaml, python, openai, modelfile, json or env.",
        ),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            "--table",
            metavar="answers|scores|stages|results|pairs",
            help="What a row holds; default: answers of runs, pairs of a comparison.",
        ),
    ] = None,
    candidate: Annotated[Words, typer.Option("--candidate", metavar="LABEL", help="Only this candidate.*")] = None,
    metric: Annotated[
        Words, typer.Option("--metric", metavar="NAME", autocompletion=metric_names, help="Only this metric.*")
    ] = None,
    case: Annotated[Words, typer.Option("--case", metavar="ID", help="Only this case.*")] = None,
    failed: Annotated[
        bool | None, typer.Option("--failed/--answered", help="Only failures of the server, or only answers.")
    ] = None,
    winner: Annotated[
        bool,
        typer.Option(
            "--winner", help="Export the run's winning candidate, or that of --candidate, instead: evaluate reads it."
        ),
    ] = False,
    out: OutOption = None,
    db: DatabaseOption = None,
) -> None:
    """Export results as a table: numbers unrounded, spreadsheet formulas escaped. Options marked * may be repeated."""
    from deployments.cli.flow_runs import TerminatedError
    from deployments.cli.long_commands import code_of_signal, handle_sigterm
    from evaluation.exports.filters import Filters

    filters = Filters(
        candidates=tuple(candidate or ()), metrics=tuple(metric or ()), cases=tuple(case or ()), failed=failed
    )
    try:
        with handle_sigterm(), open_stored(db) as store:
            if winner:
                export_winner(store, what, form=form, table=table, filters=filters, out=out)
                return
            export_table(store, what, form=form, table=table, filters=filters, out=out)
    except (KeyboardInterrupt, TerminatedError) as end:
        raise typer.Exit(code_of_signal(end)) from None


def _format(form: str | None, out: Path | None) -> Format:
    if form is not None and form not in {*Format}:
        raise UnknownNameError("format", form, [each.value for each in Format])
    ending = out.suffix.removeprefix(".").lower() if out is not None else ""
    if form is None and ending and ending not in {*Format}:
        raise ConfigurationError(
            f"--out {str(out)!r}: unknown format; allowed: {', '.join(Format)}",
            f"Give --format, or a file such as {Path(str(out)).stem}.csv.",
        )
    file_format = Format(form) if form else Format(ending) if ending else Format.CSV
    if file_format in _BINARY and out is None:
        raise ConfigurationError(
            f"{_BINARY[file_format]} cannot be printed to a terminal", f"Give --out FILE.{file_format}."
        )
    return file_format


def _kind(table: str | None) -> "Kind | None":
    from evaluation.exports.source import Kind

    if table is not None and table not in {*Kind}:
        raise UnknownNameError("table", table, [each.value for each in Kind])
    return Kind(table) if table else None


def export_table(
    store: "Store", what: str, *, form: str | None, table: str | None, filters: "Filters", out: Path | None
) -> None:
    """Write results as a table to a new file, or print them.

    Raises:
        BenchwrightError: an unknown name, format or table, or the file cannot be written.
    """
    from evaluation.exports.source import find_source
    from evaluation.exports.tables import table_of

    file_format, kind = _format(form, out), _kind(table)
    content = table_of(store, find_source(store, what), kind, filters)
    if out is not None:
        n = write_file(out, content.columns, content.rows, file_format, metrics=content.metrics)
        print_status(f"{out}: {n:,} {content.kind} of {content.source.name}")
        return
    try:
        write_to_pipe(sys.stdout.buffer, content.columns, content.rows, file_format, metrics=content.metrics)
    except BrokenPipeError:
        # Whoever read it has had enough; what is still to be flushed at the end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def export_winner(
    store: "Store", what: str, *, form: str | None, table: str | None, filters: "Filters", out: Path | None
) -> None:
    """Write the winner of a run to a new file, or print it.

    Raises:
        BenchwrightError: an unknown run, candidate or format, nobody won, or the file cannot be written.
    """
    from evaluation.planning.templates import must_be_new

    if table is not None or filters.metrics or filters.cases or filters.failed is not None:
        raise ConfigurationError(
            "--winner exports a candidate, and --table, --metric, --case, --failed and --answered are of tables",
            "Leave them out; --candidate LABEL chooses a candidate.",
        )
    if len(filters.candidates) > 1:
        raise ConfigurationError(
            f"--winner exports one candidate, and {len(filters.candidates)} were named", "Give --candidate once."
        )
    word = checked_form(form or (None if out else "yaml"), out, option="--format")
    assert word is not None  # noqa: S101 - a form or a file is given
    if out is not None:
        must_be_new(out)
    text = written_winner(store, what, word, label=next(iter(filters.candidates), None))
    if out is None:
        sys.stdout.write(text)
    else:
        write_out(out, text)
