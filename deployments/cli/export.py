"""`benchwright export`: a run, an experiment or a comparison as a file for other programs."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from deployments.cli.arguments import DatabaseOption, open_results

Words = list[str] | None


def export(
    what: Annotated[
        str,
        typer.Argument(metavar="RUN|EXPERIMENT|COMPARISON", help="An id, the beginning of one, a name, or `last`."),
    ],
    form: Annotated[str, typer.Option("--format", metavar="csv|json|parquet", help="The form of the file.")] = "csv",
    table: Annotated[
        str | None,
        typer.Option(
            "--table",
            metavar="answers|scores|results|pairs",
            help="What a row is; default: answers of runs, pairs of a comparison.",
        ),
    ] = None,
    candidate: Annotated[Words, typer.Option("--candidate", metavar="LABEL", help="This candidate alone.*")] = None,
    metric: Annotated[Words, typer.Option("--metric", metavar="NAME", help="This metric alone.*")] = None,
    case: Annotated[Words, typer.Option("--case", metavar="ID", help="This case alone.*")] = None,
    failed: Annotated[
        bool | None, typer.Option("--failed/--answered", help="Failures of the server alone, or answers alone.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="A file that is not there yet; default: print.")
    ] = None,
    db: DatabaseOption = None,
) -> None:
    """Write what is shown as a table: numbers unrounded, formulas defused. Marked * may be repeated."""
    from deployments.cli.terminal import tell
    from evaluation.errors import ConfigurationError, UnknownNameError
    from evaluation.exporting.files import Format, write_file, write_rows
    from evaluation.exporting.rows import Filters, Kind, check_filters, find_source, rows

    if form not in {*Format}:
        raise UnknownNameError("format", form, list(Format))
    if table is not None and table not in {*Kind}:
        raise UnknownNameError("table", table, list(Kind))
    if form == Format.PARQUET and out is None:
        raise ConfigurationError("a Parquet file is not for a terminal", "Give --out FILE.parquet.")
    filters = Filters(
        candidates=tuple(candidate or ()), metrics=tuple(metric or ()), cases=tuple(case or ()), failed=failed
    )
    with open_results(db) as store:
        source = find_source(store, what)
        kind = Kind(table) if table else source.kinds[0]
        check_filters(store, source, kind, filters)
        columns, found = rows(store, source, kind, filters)
        values = [column for column in columns if f"{column} failure" in columns]
        if out is not None:
            n = write_file(out, columns, found, Format(form), metrics=values)
            tell(f"{out}: {n:,} {kind} of {source.name}")
        else:
            write_rows(sys.stdout.buffer, columns, found, Format(form), metrics=values)
            sys.stdout.flush()
