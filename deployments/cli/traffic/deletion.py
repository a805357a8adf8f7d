"""The `benchwright traffic forget` command: deletes recorded calls after confirmation."""

from typing import Annotated

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_stored
from deployments.cli.terminal.confirmation import confirm
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_line
from evaluation.formatting import counted


def forget(
    task: Annotated[str | None, typer.Option("--task", metavar="TASK", help="Calls for this task.")] = None,
    candidate: Annotated[
        str | None, typer.Option("--candidate", metavar="NAME", help="Calls that this candidate answered.")
    ] = None,
    imported: Annotated[
        str | None, typer.Option("--import", metavar="ID|FILE", help="Calls that came with this import.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete the recorded calls that match all given options, after confirmation.

    To delete by age, use `benchwright db prune`. A file whose calls are all deleted can be imported again.
    """
    from evaluation.store.traffic import Forgettable, count_forgettable, find_import_id, forget_traffic

    with open_stored(db) as store:
        import_id = None if imported is None else find_import_id(store, imported)
        which = Forgettable(task=task, candidate=candidate, import_id=import_id)
        n = count_forgettable(store, which)
        goes = yes or n == 0 or confirm(f"Forget {counted(n, 'call')}?")
        n_gone = forget_traffic(store, which) if goes else 0
    if as_json:
        print_json({"n_calls": n, "n_forgotten": n_gone})
    elif not goes:
        print_status("nothing was deleted")
    elif n == 0:
        print_status("no matching calls")
    else:
        print_line(f"{counted(n_gone, 'call')} forgotten")
