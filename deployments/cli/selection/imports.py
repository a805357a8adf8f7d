"""The `benchwright selection import|imports|forget` commands: results measured elsewhere."""

from pathlib import Path
from typing import Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_results, open_stored
from deployments.cli.terminal.confirmation import confirm
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import moment, print_line, print_table
from evaluation.formatting import counted
from evaluation.records.selection import ScoreboardRecord
from selection.importing import import_scoreboard


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet.")],
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="The name of the import; default: that of the file.")
    ] = None,
    ignore_field: Annotated[
        list[str] | None, typer.Option("--ignore-field", metavar="NAME", help="A column to leave out; may be repeated.")
    ] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import results from elsewhere, which then count like Benchwright's own.

    Columns: candidate, task, case_id, prompt, quality; if known latency_s, cost_usd, energy_j, memory_gb, family.
    """
    with open_results(db) as store:
        made = import_scoreboard(store, file, name=name, ignore=ignore_field or ())
    for note in made.notes:
        print_status(f"note: {note}")
    record = made.record
    if as_json:
        print_json(import_as_json(record) | {"is_new": made.is_new, "notes": list(made.notes)})
    else:
        n_candidates, n_cases = counted(len(record.candidates), "candidate"), counted(record.n_cases, "case")
        print_line(
            f"{record.name}: {counted(record.n_rows, 'row')} of {n_candidates} on {n_cases} ({', '.join(record.tasks)})"
        )


def list_all(db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """List the imported results."""
    from evaluation.store.scoreboard_imports import list_imports

    with open_stored(db) as store:
        records = list_imports(store)
    if as_json:
        print_json([import_as_json(record) for record in records])
    elif records:
        print_table(
            ("import", "id", "candidates", "tasks", "cases", "rows", "imported"),
            [
                (
                    record.name,
                    record.import_id[:8],
                    len(record.candidates),
                    record.tasks,
                    record.n_cases,
                    record.n_rows,
                    moment(record.imported_at),
                )
                for record in records
            ],
        )
    else:
        print_status("no imports yet; `benchwright selection import FILE` imports results from elsewhere")


def forget(
    name: Annotated[str, typer.Argument(metavar="IMPORT", help="Its name, its id or the beginning of one.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete imported results, after confirmation; later recommendations rest on the remaining results."""
    from evaluation.store.scoreboard_imports import find_import, remove_import

    with open_stored(db) as store:
        record = find_import(store, name)
        is_wanted = yes or confirm(f"Forget {record.name!r} with {record.n_rows:,} rows?")
        if is_wanted:
            remove_import(store, record.import_id)
    if as_json:
        print_json(import_as_json(record) | {"forgotten": is_wanted})
    elif is_wanted:
        print_line(f"{record.name}: forgotten, with {record.n_rows:,} rows")
    else:
        print_status(f"{record.name} was not forgotten")


def import_as_json(record: ScoreboardRecord) -> dict[str, Any]:
    """Return an import as JSON."""
    return {
        "id": record.import_id,
        "name": record.name,
        "source": record.source,
        "tasks": list(record.tasks),
        "candidates": list(record.candidates),
        "n_cases": record.n_cases,
        "n_rows": record.n_rows,
        "imported_at": record.imported_at.isoformat(),
    }
