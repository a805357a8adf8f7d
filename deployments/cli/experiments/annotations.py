"""The `benchwright experiments annotate` command: notes on an experiment, a run, a case or a comparison."""

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_stored
from deployments.cli.terminal.output import print_json
from deployments.cli.terminal.tables import print_line
from evaluation.errors import ConfigurationError

if TYPE_CHECKING:
    from evaluation.store.session import Store


def annotate(
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="The note.")] = None,
    experiment: Annotated[
        str | None, typer.Option("--experiment", metavar="NAME", help="The experiment to annotate.")
    ] = None,
    run: Annotated[str | None, typer.Option("--run", metavar="RUN", help="The run to annotate.")] = None,
    case: Annotated[str | None, typer.Option("--case", metavar="ID", help="The case of that run to annotate.")] = None,
    comparison: Annotated[
        str | None, typer.Option("--comparison", metavar="ID", help="The comparison to annotate.")
    ] = None,
    author: Annotated[
        str | None, typer.Option("--author", metavar="NAME", help="The author; default: your login name.")
    ] = None,
    remove: Annotated[int | None, typer.Option("--remove", metavar="N", help="Remove note N.")] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a note to an experiment, a run, a case or a comparison."""
    with open_stored(db) as store:
        number = change_notes(
            store,
            text,
            experiment=experiment,
            run=run,
            case=case,
            comparison=comparison,
            author=author,
            remove=remove,
        )
    if as_json:
        print_json({"annotation_id": number})
    else:
        print_line(f"note {number} {'added' if remove is None else 'removed'}")


def change_notes(
    store: "Store",
    text: str | None,
    *,
    experiment: str | None,
    run: str | None,
    case: str | None,
    comparison: str | None,
    author: str | None,
    remove: int | None,
    fingerprint: str | None = None,
) -> int:
    """Add a note, or remove the one of this number; return its number.

    Raises:
        BenchwrightError: no text, no target or several, or there is none of that name.
    """
    from evaluation.store.annotations import annotate as note
    from evaluation.store.annotations import remove_annotation
    from evaluation.store.experiments import find_experiment

    if remove is not None:
        if any(value is not None for value in (text, experiment, run, case, comparison)):
            raise ConfigurationError("--remove takes only the number of a note", "Leave out the text and the rest.")
        remove_annotation(store, remove)
        return remove
    run_id = _noted_run(store, run, case, fingerprint)
    return note(
        store,
        text=text or "",
        author=author or getpass.getuser(),
        experiment_id=find_experiment(store, experiment).experiment_id if experiment is not None else None,
        run_id=run_id,
        case_id=case,
        fingerprint=fingerprint,
        comparison_id=comparison,
    )


def _noted_run(store: "Store", run: str | None, case: str | None, fingerprint: str | None) -> str | None:
    """Return the id of the run that a note is about, which has that case, and a candidate of that fingerprint."""
    from evaluation.run_results.answer_notes import answer_place
    from evaluation.store.runs import find_run

    if run is None:
        return None
    return find_run(store, run).plan.run_id if case is None else answer_place(store, run, case, fingerprint)
