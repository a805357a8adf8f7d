"""The `benchwright db` commands: the location, schema and contents of the results database; upgrade and backup."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, database_url
from deployments.cli.db.pruning import prune
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_details, print_line
from evaluation.formatting import size
from evaluation.records.candidates import DatabaseInfo

db = typer.Typer(no_args_is_help=True, help="The results database: info, upgrade, backup, prune.")
db.command("prune")(prune)


@db.command("info")
def info(db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Show where the database is, its schema, and what it holds."""
    from evaluation.store.session import info as database_info

    _print(database_info(database_url(db)), as_json=as_json)


@db.command("upgrade")
def upgrade(db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Upgrade the schema to this version's, or create the database."""
    from evaluation.store.session import upgrade as upgrade_database

    _print(upgrade_database(database_url(db)), as_json=as_json)


@db.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy to write; must not exist yet.")],
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy the database, even while runs are being written."""
    from evaluation.store.session import backup as backup_database

    n_bytes = backup_database(database_url(db), file)
    if as_json:
        print_json({"path": str(file), "size_bytes": n_bytes})
    else:
        print_line(f"{file}: {size(n_bytes)}")


def _print(details: DatabaseInfo, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(details))
        return
    print_details(
        {
            "database": details.shown_url,
            "schema": details.revision or "none yet",
            "size": size(details.size_bytes),
            "rows": {name: n for name, n in details.n_rows.items() if n},
        }
    )
    if details.revision != details.newest_revision:
        print_status(
            f"this version uses schema {details.newest_revision}: `benchwright db upgrade` upgrades an older "
            "database or says how; a newer one needs a newer Benchwright"
        )
