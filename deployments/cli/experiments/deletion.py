"""The `benchwright experiments delete` command: deletes an experiment and all its data, after confirmation."""

from typing import TYPE_CHECKING, Annotated

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_stored
from deployments.cli.experiments.arguments import NameArgument
from deployments.cli.terminal.confirmation import confirm
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_line
from evaluation.formatting import counted

if TYPE_CHECKING:
    from evaluation.store.experiment_deletion import ExperimentContents


def delete(
    name: NameArgument,
    keep_runs: Annotated[bool, typer.Option("--keep-runs", help="Leave its runs in the store.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete an experiment with its notes, comparisons and the runs that belong to it alone, after confirmation."""
    from evaluation.store.experiment_deletion import contents_to_delete, delete_experiment
    from evaluation.store.experiments import find_experiment

    with open_stored(db) as store:
        experiment = find_experiment(store, name)
        goes = contents_to_delete(store, experiment.experiment_id, with_runs=not keep_runs)
        hanging = _hanging(goes)
        if not yes and not confirm(f"Delete experiment {experiment.name!r} with {hanging}?"):
            print_status(f"{experiment.name} was not deleted")
            if as_json:
                print_json({"experiment": experiment.name, "deleted": False, "deleted_runs": []})
            return
        gone = delete_experiment(store, experiment.experiment_id, with_runs=not keep_runs)
    if as_json:
        print_json({"experiment": experiment.name, "deleted": True, "deleted_runs": list(gone)})
    else:
        print_line(f"{experiment.name}: deleted, with {hanging}")


def _hanging(goes: "ExperimentContents") -> str:
    """Return what is deleted with an experiment, as text."""
    runs = counted(len(goes.run_ids), "run") + (f" ({counted(goes.n_answers, 'answer')})" if goes.run_ids else "")
    kept = (
        f"; {counted(goes.n_runs_kept, 'run')} of it {'is' if goes.n_runs_kept == 1 else 'are'} kept"
        if goes.n_runs_kept
        else ""
    )
    return f"{counted(goes.n_notes, 'note')}, {counted(goes.n_comparisons, 'comparison')} and {runs}{kept}"
