"""`benchwright selection import·imports·forget`: results from elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_results, open_stored

if TYPE_CHECKING:
    from evaluation.records import ScoreboardRecord


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
    from deployments.cli.terminal.output import print_json, print_status
    from deployments.cli.terminal.tables import print_line
    from evaluation.formatting import counted
    from selection.importing import import_scoreboard

    with open_results(db) as store:
        made = import_scoreboard(store, file, name=name, ignore=ignore_field or ())
    for note in made.notes:
        print_status(f"note: {note}")
    found = made.record
    if as_json:
        print_json(import_as_json(found) | {"is_new": made.is_new, "notes": list(made.notes)})
    else:
        n_candidates, n_cases = counted(len(found.candidates), "candidate"), counted(found.n_cases, "case")
        print_line(
            f"{found.name}: {counted(found.n_rows, 'row')} of {n_candidates} on {n_cases} ({', '.join(found.tasks)})"
        )


def list_all(db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """List the imported results."""
    from deployments.cli.terminal.output import print_json, print_status
    from deployments.cli.terminal.tables import moment, print_table
    from evaluation.store.scoreboard_imports import list_imports

    with open_stored(db) as store:
        found = list_imports(store)
    if as_json:
        print_json([import_as_json(one) for one in found])
    elif found:
        print_table(
            ("import", "id", "candidates", "tasks", "cases", "rows", "imported"),
            [
                (
                    one.name,
                    one.import_id[:8],
                    len(one.candidates),
                    one.tasks,
                    one.n_cases,
                    one.n_rows,
                    moment(one.imported_at),
                )
                for one in found
            ],
        )
    else:
        print_status("nothing was imported; `benchwright selection import FILE` takes results from elsewhere")


def forget(
    name: Annotated[str, typer.Argument(metavar="IMPORT", help="Its name, its id or the beginning of one.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete imported results, after confirmation; recommendations rest on the others from then on."""
    from deployments.cli.terminal.confirmation import confirm
    from deployments.cli.terminal.output import print_json, print_status
    from deployments.cli.terminal.tables import print_line
    from evaluation.store.scoreboard_imports import find_import, remove_import

    with open_stored(db) as store:
        found = find_import(store, name)
        is_wanted = yes or confirm(f"Forget {found.name!r} with {found.n_rows:,} rows?")
        if is_wanted:
            remove_import(store, found.import_id)
    if as_json:
        print_json(import_as_json(found) | {"forgotten": is_wanted})
    elif is_wanted:
        print_line(f"{found.name}: forgotten, with {found.n_rows:,} rows")
    else:
        print_status(f"{found.name} was kept")


def import_as_json(found: "ScoreboardRecord") -> dict[str, Any]:
    """An import, for programs."""
    return {
        "id": found.import_id,
        "name": found.name,
        "source": found.source,
        "tasks": list(found.tasks),
        "candidates": list(found.candidates),
        "n_cases": found.n_cases,
        "n_rows": found.n_rows,
        "imported_at": found.imported_at.isoformat(),
    }
