"""`benchwright experiments`: named questions, the runs that answer them, and what people noted."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_results, open_stored

if TYPE_CHECKING:
    from evaluation.store.experiment_deletion import Doomed
    from evaluation.store.records import ExperimentRecord
    from evaluation.store.session import Store

experiments = typer.Typer(
    no_args_is_help=True, help="Experiments: a question, its runs, notes; compare, clone, share, archive, delete."
)

NameArgument = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="Its name, its id or the beginning of one.")]
RunsArgument = Annotated[list[str], typer.Argument(metavar="RUN…", help="Runs: ids, beginnings of ids, or `last`.")]
QuestionOption = Annotated[str | None, typer.Option("--question", metavar="TEXT", help="What it is to find out.")]
DescriptionOption = Annotated[str | None, typer.Option("--description", metavar="TEXT", help="Why, and how.")]
TemplateOption = Annotated[
    Path | None, typer.Option("--template", metavar="FILE.yaml", help="Options of its evaluations, as `evaluate -f`.")
]
TagsOption = Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="A tag; may be repeated.")]


@experiments.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    question: QuestionOption = None,
    description: DescriptionOption = None,
    template: TemplateOption = None,
    like_run: Annotated[
        str | None, typer.Option("--like-run", metavar="RUN", help="A template from what that run was asked for.")
    ] = None,
    tag: TagsOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Begin an experiment. `evaluate --experiment NAME` adds runs to it, with its template for what is not said."""
    from evaluation.errors import ConfigurationError
    from evaluation.store.experiments import create_experiment
    from evaluation.templates import read_template, template_of_run

    if template is not None and like_run is not None:
        raise ConfigurationError("--template and --like-run both give a template", "Leave one of them out.")
    with open_results(db) as store:
        options = read_template(template) if template else None
        options = template_of_run(store, like_run) if like_run else options
        made = create_experiment(
            store,
            name=name,
            question=question or "",
            description=description or "",
            template=options,
            tags=_checked_tags(tag),
        )
    _say(made, f"{made.name}: created; `benchwright evaluate --experiment {made.name!r} …` adds runs", as_json=as_json)


@experiments.command("list")
def list_all(
    everything: Annotated[bool, typer.Option("--all", help="Archived ones too.")] = False,
    tag: TagsOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List experiments: favourites first, then the newest."""
    from deployments.cli.tables import moment, print_table
    from deployments.cli.terminal import print_json, tell
    from evaluation.store.experiments import list_experiments

    with open_stored(db) as store:
        found = [one for one in list_experiments(store, include_archived=everything) if {*(tag or ())} <= {*one.tags}]
    found.sort(key=lambda one: not one.favourite)
    if as_json:
        print_json([_as_json(one) for one in found])
    elif found:
        print_table(
            ("experiment", "id", "question", "runs", "created", "tags"),
            [
                (one.name, one.experiment_id[:8], one.question, len(one.run_ids), moment(one.created_at), _marks(one))
                for one in found
            ],
        )
    else:
        tell("no experiment is stored; `benchwright experiments create NAME --question '…'` begins one")


@experiments.command("show")
def show(name: NameArgument, db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Show an experiment: its question, its runs with their best candidates, comparisons and notes."""
    from deployments.cli.experiment_page import print_experiment
    from deployments.cli.terminal import print_json
    from evaluation.reports.experiments import experiment_result

    with open_stored(db) as store:
        found = experiment_result(store, name)
    if as_json:
        print_json(found)
    else:
        print_experiment(found)


@experiments.command("edit")
def edit(
    name: NameArgument,
    rename: Annotated[str | None, typer.Option("--rename", metavar="NAME", help="Another name.")] = None,
    question: QuestionOption = None,
    description: DescriptionOption = None,
    template: TemplateOption = None,
    tag: TagsOption = None,
    untag: Annotated[list[str] | None, typer.Option("--untag", metavar="TAG", help="A tag to take away.")] = None,
    favourite: Annotated[bool | None, typer.Option("--favourite/--no-favourite", help="Mark it, or unmark it.")] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change what is named; all else stays."""
    from evaluation.errors import ConfigurationError
    from evaluation.store.experiments import change_experiment, find_experiment
    from evaluation.templates import read_template

    with open_stored(db) as store:
        before = find_experiment(store, name)
        given: dict[str, Any] = {
            "name": rename,
            "question": question,
            "description": description,
            "template": read_template(template) if template else None,
            "favourite": favourite,
        }
        changes = {key: value for key, value in given.items() if value is not None}
        if tag or untag:
            kept = [word for word in before.tags if word not in (untag or ())]
            changes["tags"] = list(dict.fromkeys([*kept, *_checked_tags(tag)]))
        if not changes:
            raise ConfigurationError("nothing was asked to be changed", "Give --question, --tag, --favourite or more.")
        change_experiment(store, before.experiment_id, **changes)
        after = find_experiment(store, before.experiment_id)
    _say(after, f"{after.name}: {', '.join(changes)} changed", as_json=as_json)


@experiments.command("add")
def add(name: NameArgument, runs: RunsArgument, db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Add runs that are stored already."""
    from evaluation.store.experiments import add_runs, find_experiment

    with open_stored(db) as store:
        experiment_id = find_experiment(store, name).experiment_id
        n_new = add_runs(store, experiment_id, _run_ids(store, runs))
        after = find_experiment(store, experiment_id)
    _say(after, f"{after.name}: {_runs(n_new)} added, {_runs(len(after.run_ids))} in all", as_json=as_json)


@experiments.command("remove")
def remove(name: NameArgument, runs: RunsArgument, db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Take runs out of an experiment; they stay in the store."""
    from evaluation.store.experiments import find_experiment, remove_runs

    with open_stored(db) as store:
        experiment_id = find_experiment(store, name).experiment_id
        n_gone = remove_runs(store, experiment_id, _run_ids(store, runs))
        after = find_experiment(store, experiment_id)
    _say(after, f"{after.name}: {_runs(n_gone)} taken out, {_runs(len(after.run_ids))} left", as_json=as_json)


@experiments.command("diff")
def diff(
    what: Annotated[list[str], typer.Argument(metavar="RUN RUN|EXPERIMENT", help="Two runs, or an experiment.")],
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how two runs differ: parameters, numbers, cases. Of an experiment: its last two runs of one benchmark."""
    from deployments.cli.experiment_page import print_diff
    from deployments.cli.terminal import print_json
    from evaluation.reports.run_diff import run_diff

    with open_stored(db) as store:
        first, second = _two_runs(store, what)
        found = run_diff(store, first, second)
    if as_json:
        print_json(found)
    else:
        print_diff(found)


@experiments.command("annotate")
def annotate(
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="The note.")] = None,
    experiment: Annotated[
        str | None, typer.Option("--experiment", metavar="NAME", help="A note on an experiment.")
    ] = None,
    run: Annotated[str | None, typer.Option("--run", metavar="RUN", help="A note on a run.")] = None,
    case: Annotated[str | None, typer.Option("--case", metavar="ID", help="… on this case of the run.")] = None,
    comparison: Annotated[
        str | None, typer.Option("--comparison", metavar="ID", help="A note on a comparison.")
    ] = None,
    author: Annotated[
        str | None, typer.Option("--author", metavar="NAME", help="Who says so; default: the user of this machine.")
    ] = None,
    remove: Annotated[int | None, typer.Option("--remove", metavar="N", help="Take note N away again.")] = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Note something on an experiment, a run, a case or a comparison."""
    import getpass

    from deployments.cli.tables import say
    from deployments.cli.terminal import print_json
    from evaluation.errors import ConfigurationError
    from evaluation.store.annotations import annotate as note
    from evaluation.store.annotations import remove_annotation
    from evaluation.store.experiments import find_experiment

    targets = {"experiment": experiment, "run": run, "case": case, "comparison": comparison}
    if remove is not None and (text is not None or any(target is not None for target in targets.values())):
        raise ConfigurationError("--remove stands alone: a note has a number", "Leave out the text and the rest.")
    with open_stored(db) as store:
        if remove is not None:
            remove_annotation(store, remove)
            number, said = remove, "is gone"
        else:
            run_id = _noted_run(store, run, case)
            number, said = (
                note(
                    store,
                    text=text or "",
                    author=author or getpass.getuser(),
                    experiment_id=find_experiment(store, experiment).experiment_id if experiment is not None else None,
                    run_id=run_id,
                    case_id=case,
                    comparison_id=comparison,
                ),
                "is kept",
            )
    if as_json:
        print_json({"annotation_id": number})
    else:
        say(f"note {number} {said}")


def _noted_run(store: "Store", run: str | None, case: str | None) -> str | None:
    """The id of the run that a note is on, which has that case."""
    from evaluation.reports.case_results import unknown_case
    from evaluation.store.runs import find_run, has_run_case

    if run is None:
        return None
    found = find_run(store, run)
    if case is not None and not has_run_case(store, found.plan.run_id, case):
        raise unknown_case(store, found, case)
    return found.plan.run_id


@experiments.command("clone")
def clone(
    name: NameArgument,
    new_name: Annotated[str, typer.Argument(metavar="NEW_NAME", help="What the copy is called.")],
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Begin a new experiment with another one's question, template and tags, and no runs."""
    from evaluation.store.experiments import clone_experiment, find_experiment

    with open_stored(db) as store:
        made = clone_experiment(store, find_experiment(store, name).experiment_id, name=new_name)
    _say(made, f"{made.name}: created, without runs", as_json=as_json)


@experiments.command("archive")
def archive(
    name: NameArgument,
    undo: Annotated[bool, typer.Option("--undo", help="Take it back into the list.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take an experiment out of the list; nothing of it is lost."""
    from evaluation.store.experiments import archive_experiment, find_experiment

    with open_stored(db) as store:
        experiment_id = find_experiment(store, name).experiment_id
        archive_experiment(store, experiment_id, archived=not undo)
        after = find_experiment(store, experiment_id)
    said = "back in the list" if undo else "archived; `experiments list --all` shows it"
    _say(after, f"{after.name}: {said}", as_json=as_json)


@experiments.command("delete")
def delete(
    name: NameArgument,
    keep_runs: Annotated[bool, typer.Option("--keep-runs", help="Leave its runs in the store.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete an experiment with its notes, comparisons and the runs that belong to it alone, after asking."""
    from deployments.cli.agreeing_to_delete import agrees
    from deployments.cli.tables import say
    from deployments.cli.terminal import print_json, tell
    from evaluation.store.experiment_deletion import delete_experiment, what_goes
    from evaluation.store.experiments import find_experiment

    with open_stored(db) as store:
        found = find_experiment(store, name)
        goes = what_goes(store, found.experiment_id, with_runs=not keep_runs)
        hanging = _hanging(goes)
        if not yes and not agrees(f"Delete experiment {found.name!r} with {hanging}?"):
            tell(f"{found.name} was kept")
            if as_json:
                print_json({"experiment": found.name, "deleted": False, "deleted_runs": []})
            return
        gone = delete_experiment(store, found.experiment_id, with_runs=not keep_runs)
    if as_json:
        print_json({"experiment": found.name, "deleted": True, "deleted_runs": list(gone)})
    else:
        say(f"{found.name}: deleted, with {hanging}")


@experiments.command("template")
def template(
    name: NameArgument,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.yaml", help="A file that is not there yet; default: print.")
    ] = None,
    db: DatabaseOption = None,
) -> None:
    """Give an experiment's template as a file to share: `evaluate -f` runs it, `create --template` takes it."""
    import sys

    from deployments.cli.terminal import tell
    from evaluation.errors import ConfigurationError
    from evaluation.store.experiments import find_experiment
    from evaluation.templates import template_as_yaml, write_new_file

    with open_stored(db) as store:
        found = find_experiment(store, name)
    if found.template is None:
        raise ConfigurationError(
            f"experiment {found.name!r} has no template",
            "`benchwright experiments edit NAME --template FILE.yaml` gives it one.",
        )
    if out is None:
        sys.stdout.write(template_as_yaml(found))
        return
    write_new_file(out, template_as_yaml(found, folder=out.parent))
    tell(f"{out}: written")


def _two_runs(store: "Store", what: list[str]) -> tuple[str, str]:
    from evaluation.errors import ConfigurationError
    from evaluation.store.experiments import find_experiment
    from evaluation.store.runs import find_run

    if len(what) == 2:
        return find_run(store, what[0]).plan.run_id, find_run(store, what[1]).plan.run_id
    if len(what) != 1:
        raise ConfigurationError(f"{len(what)} names were given to diff", "Give two runs, or one experiment.")
    found = find_experiment(store, what[0])
    runs = [find_run(store, run_id) for run_id in found.run_ids]
    for later in reversed(runs):
        earlier = [run for run in runs if run.plan.benchmark_name == later.plan.benchmark_name and run is not later]
        if earlier:
            return earlier[-1].plan.run_id, later.plan.run_id
    raise ConfigurationError(
        f"experiment {found.name!r} has no two runs of one benchmark", "Name two runs: `experiments diff RUN RUN`."
    )


def _run_ids(store: "Store", wanted: list[str]) -> list[str]:
    from evaluation.store.runs import find_run

    return [find_run(store, run).plan.run_id for run in wanted]


def _checked_tags(tags: list[str] | None) -> list[str]:
    from evaluation.errors import ConfigurationError

    if any(not word.strip() for word in tags or ()):
        raise ConfigurationError("a tag must not be empty", "Give --tag a word.")
    return [word.strip() for word in tags or ()]


def _hanging(goes: "Doomed") -> str:
    """What goes with an experiment, in words."""
    from evaluation.reports.tables import counted

    runs = _runs(len(goes.run_ids)) + (f" ({counted(goes.n_answers, 'answer')})" if goes.run_ids else "")
    kept = (
        f"; {_runs(goes.n_runs_kept)} of it {'stays' if goes.n_runs_kept == 1 else 'stay'}" if goes.n_runs_kept else ""
    )
    return f"{counted(goes.n_notes, 'note')}, {counted(goes.n_comparisons, 'comparison')} and {runs}{kept}"


def _runs(n: int) -> str:
    return "1 run" if n == 1 else f"{n:,} runs"


def _marks(one: "ExperimentRecord") -> tuple[str, ...]:
    return (("★",) if one.favourite else ()) + one.tags + (("archived",) if one.archived_at else ())


def _as_json(one: "ExperimentRecord") -> dict[str, Any]:
    from evaluation.reports.experiments import experiment_facts

    return experiment_facts(one)


def _say(one: "ExperimentRecord", text: str, *, as_json: bool) -> None:
    from deployments.cli.tables import say
    from deployments.cli.terminal import print_json

    if as_json:
        print_json(_as_json(one))
    else:
        say(text)
