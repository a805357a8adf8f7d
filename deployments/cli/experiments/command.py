"""The `benchwright experiments` commands: named questions, the runs that answer them, and people's notes."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, FavouriteOption, JsonOption, open_results, open_stored
from deployments.cli.experiments.annotations import annotate
from deployments.cli.experiments.arguments import (
    DescriptionOption,
    NameArgument,
    QuestionOption,
    TagsOption,
    TemplateOption,
    answer,
)
from deployments.cli.experiments.deletion import delete
from deployments.cli.experiments.page import print_experiment
from deployments.cli.experiments.runs import add, diff, remove
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import moment, print_table
from evaluation.errors import ConfigurationError
from evaluation.records.experiments import ExperimentRecord

if TYPE_CHECKING:
    from evaluation.results.experiments import ExperimentFacts
    from evaluation.store.session import Store

experiments = typer.Typer(
    no_args_is_help=True,
    help=("Experiments: group runs under a question, with notes; compare, clone, share, archive, delete."),
)


@experiments.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The experiment's name.")],
    question: QuestionOption = None,
    description: DescriptionOption = None,
    template: TemplateOption = None,
    like_run: Annotated[
        str | None, typer.Option("--like-run", metavar="RUN", help="Use the options of this run as the template.")
    ] = None,
    tag: TagsOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create an experiment. `evaluate --experiment NAME` adds runs to it; its template supplies omitted options."""
    made = new_experiment(
        name, question=question, description=description, template=template, like_run=like_run, tags=tag or (), db=db
    )
    answer(
        made, f"{made.name}: created; `benchwright evaluate --experiment {made.name!r} …` adds runs", in_json=as_json
    )


def new_experiment(
    name: str,
    *,
    question: str | None,
    description: str | None,
    template: Path | None,
    like_run: str | None,
    tags: Sequence[str],
    db: str | None,
) -> ExperimentRecord:
    """Create an experiment and return it.

    Raises:
        BenchwrightError: the name is taken or none, or the template cannot be read.
    """
    from evaluation.planning.templates import read_template, template_of_run
    from evaluation.store.experiments import create_experiment

    if template is not None and like_run is not None:
        raise ConfigurationError("--template and --like-run both give a template", "Leave one of them out.")
    with open_results(db) as store:
        options = read_template(template) if template else None
        options = template_of_run(store, like_run) if like_run else options
        return create_experiment(
            store,
            name=name,
            question=question or "",
            description=description or "",
            template=options,
            tags=_checked_tags(tags),
        )


@experiments.command("list")
def list_all(
    everything: Annotated[bool, typer.Option("--all", help="Include archived ones.")] = False,
    tag: TagsOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List experiments: favourites first, then the newest."""
    with open_stored(db) as store:
        experiments_that_fit = stored_experiments(store, everything=everything, tags=tag or ())
    if as_json:
        print_json(experiments_that_fit)
    elif experiments_that_fit:
        print_table(
            ("experiment", "id", "question", "runs", "created", "tags"),
            [
                (
                    experiment.name,
                    experiment.experiment_id[:8],
                    experiment.question,
                    len(experiment.run_ids),
                    moment(experiment.created_at),
                    _marks(experiment),
                )
                for experiment in experiments_that_fit
            ],
        )
    else:
        print_status("no experiments are stored; `benchwright experiments create NAME --question '…'` creates one")


def stored_experiments(store: "Store", *, everything: bool, tags: Sequence[str]) -> "list[ExperimentFacts]":
    """Return the experiments with all of these tags: favourites first, then the newest."""
    from evaluation.run_results.experiment_result import experiment_facts
    from evaluation.store.experiments import list_experiments

    records = [record for record in list_experiments(store, include_archived=everything) if {*tags} <= {*record.tags}]
    return [experiment_facts(record) for record in sorted(records, key=lambda record: not record.favourite)]


@experiments.command("show")
def show(name: NameArgument, db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Show an experiment: its question, its runs with their best candidates, comparisons and notes."""
    from evaluation.run_results.experiment_result import experiment_result

    with open_stored(db) as store:
        result = experiment_result(store, name)
    if as_json:
        print_json(result)
    else:
        print_experiment(result)


@experiments.command("edit")
def edit(
    name: NameArgument,
    rename: Annotated[str | None, typer.Option("--rename", metavar="NAME", help="The new name.")] = None,
    question: QuestionOption = None,
    description: DescriptionOption = None,
    template: TemplateOption = None,
    tag: TagsOption = None,
    untag: Annotated[list[str] | None, typer.Option("--untag", metavar="TAG", help="A tag to remove.")] = None,
    favourite: FavouriteOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change the given fields of an experiment; the others stay."""
    from evaluation.planning.templates import read_template
    from evaluation.store.experiments import change_experiment, find_experiment

    with open_stored(db) as store:
        before = find_experiment(store, name)
        fields: dict[str, Any] = {
            "name": rename,
            "question": question,
            "description": description,
            "template": read_template(template) if template else None,
            "favourite": favourite,
        }
        changes = {key: value for key, value in fields.items() if value is not None}
        if tag or untag:
            kept = [word for word in before.tags if word not in (untag or ())]
            changes["tags"] = list(dict.fromkeys([*kept, *_checked_tags(tag)]))
        if not changes:
            raise ConfigurationError("no change was given", "Give --question, --tag, --favourite or more.")
        change_experiment(store, before.experiment_id, **changes)
        after = find_experiment(store, before.experiment_id)
    answer(after, f"{after.name}: {', '.join(changes)} changed", in_json=as_json)


experiments.command("add")(add)
experiments.command("remove")(remove)
experiments.command("diff")(diff)
experiments.command("annotate")(annotate)


@experiments.command("clone")
def clone(
    name: NameArgument,
    new_name: Annotated[str, typer.Argument(metavar="NEW_NAME", help="The name of the copy.")],
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create an experiment with another one's question, template and tags, without its runs."""
    from evaluation.store.experiments import clone_experiment, find_experiment

    with open_stored(db) as store:
        made = clone_experiment(store, find_experiment(store, name).experiment_id, name=new_name)
    answer(made, f"{made.name}: created, without runs", in_json=as_json)


@experiments.command("archive")
def archive(
    name: NameArgument,
    undo: Annotated[bool, typer.Option("--undo", help="Show it in the list again.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hide an experiment from the list; nothing of it is deleted."""
    from evaluation.store.experiments import archive_experiment, find_experiment

    with open_stored(db) as store:
        experiment_id = find_experiment(store, name).experiment_id
        archive_experiment(store, experiment_id, archived=not undo)
        after = find_experiment(store, experiment_id)
    state = "back in the list" if undo else "archived; `experiments list --all` shows it"
    answer(after, f"{after.name}: {state}", in_json=as_json)


experiments.command("delete")(delete)


@experiments.command("template")
def template(
    name: NameArgument,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.yaml", help="A new file to write; default: print.")
    ] = None,
    db: DatabaseOption = None,
) -> None:
    """Write an experiment's template as a file to share: `evaluate -f` runs it, `create --template` reads it."""
    from evaluation.planning.templates import template_as_yaml, write_new_file
    from evaluation.store.experiments import find_experiment

    with open_stored(db) as store:
        experiment = find_experiment(store, name)
    if experiment.template is None:
        raise ConfigurationError(
            f"experiment {experiment.name!r} has no template",
            "`benchwright experiments edit NAME --template FILE.yaml` adds one.",
        )
    if out is None:
        sys.stdout.write(template_as_yaml(experiment))
        return
    write_new_file(out, template_as_yaml(experiment, folder=out.parent))
    print_status(f"{out}: written")


def _checked_tags(tags: Sequence[str] | None) -> list[str]:
    if any(not word.strip() for word in tags or ()):
        raise ConfigurationError("a tag must not be empty", "Give a tag.")
    return [word.strip() for word in tags or ()]


def _marks(experiment: "ExperimentFacts") -> tuple[str, ...]:
    return (
        (("★",) if experiment.is_favourite else ())
        + experiment.tags
        + (("archived",) if experiment.is_archived else ())
    )
