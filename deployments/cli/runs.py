"""The `benchwright runs` commands: list, tag, archive and delete runs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployments.cli.arguments import DatabaseOption, FavouriteOption, JsonOption, open_stored
from deployments.cli.completion import run_ids
from deployments.cli.terminal.confirmation import confirm
from deployments.cli.terminal.output import print_json, print_status
from deployments.cli.terminal.tables import print_line, print_table
from evaluation.errors import ConfigurationError
from evaluation.formatting import quantity, score
from evaluation.records.runs import RunSummary
from evaluation.results.catalogue_entries import TaggedRun

if TYPE_CHECKING:
    from evaluation.store.headlines import HeadlineValue
    from evaluation.store.session import Store

runs = typer.Typer(help="Runs: list, tag, archive, delete.")

RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", autocompletion=run_ids, help="A run's id, the beginning of one, or `last`.")
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, metavar="N", help="Show the newest N runs.")]
ExperimentOption = Annotated[
    str | None, typer.Option("--experiment", metavar="NAME", help="Only runs of this experiment.")
]
_MOST_CANDIDATES = 3
AllOption = Annotated[bool, typer.Option("--all", help="Include archived runs.")]


@runs.callback(invoke_without_command=True)
def list_by_default(
    context: typer.Context,
    limit: LimitOption = 20,
    everything: AllOption = False,
    experiment: ExperimentOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List, tag, archive or delete runs. Alone, the same as `runs list`."""
    if context.invoked_subcommand is None:
        list_runs(limit=limit, everything=everything, experiment=experiment, db=db, as_json=as_json)
    elif (limit, everything, experiment, db, as_json) != (20, False, None, None, False):
        word = context.invoked_subcommand
        raise ConfigurationError(
            f"options of `benchwright runs {word}` stand before the word {word!r}",
            f"Put them after it; `benchwright runs {word} --help` describes them.",
        )


@runs.command("list")
def list_runs(
    limit: LimitOption = 20,
    everything: AllOption = False,
    experiment: ExperimentOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List runs, newest first."""
    from evaluation.store.experiments import find_experiment
    from evaluation.store.headlines import headline_values
    from evaluation.store.summaries import list_runs as stored_runs

    with open_stored(db) as store:
        experiment_id = find_experiment(store, experiment).experiment_id if experiment is not None else None
        summaries = stored_runs(
            store, limit=None if everything else limit, include_archived=everything, experiment_id=experiment_id
        )
        values = headline_values(store, [run.run_id for run in summaries])
    if as_json:
        print_json(
            [
                _as_json(run) | {"values": {item.candidate: item.value for item in values.get(run.run_id, ())}}
                for run in summaries
            ]
        )
    elif summaries:
        print_table(
            ("run", "status", "benchmark", "started", "answered", "headline, best first"),
            [
                _cells(run, values.get(run.run_id, ()), n_letters=_enough_letters([run.run_id for run in summaries]))
                for run in summaries
            ],
        )
    elif experiment is not None:
        print_status(
            "the experiment has no runs; `benchwright evaluate --experiment NAME` and `experiments add` add some"
        )
    else:
        print_status("no runs are stored yet; `benchwright demo` creates the first")


def _as_json(run: RunSummary) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "status": str(run.status),
        "benchmark": run.benchmark_name,
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "n_cases": run.n_cases,
        "n_ok": run.n_ok + run.n_own_failed,
        "n_failed": run.n_failed,
        "n_own_failed": run.n_own_failed,
        "n_repeats": run.n_repeats,
        "candidates": list(run.candidates),
        "headline": run.headline,
        "benchmark_version": run.benchmark_version,
        "invocation_id": run.invocation_id,
        "reason": run.reason,
        "seed": run.seed,
        "tags": list(run.tags),
        "favourite": run.favourite,
        "archived": run.archived_at is not None,
    }


def _enough_letters(run_ids: Sequence[str]) -> int:
    """Return how many letters tell the ids of these runs apart, at least 8; commands accept prefixes of an id."""
    longest = max(map(len, run_ids))
    return next((n for n in range(8, longest) if len({run_id[:n] for run_id in run_ids}) == len(run_ids)), longest)


def _cells(run: RunSummary, values: "Sequence[HeadlineValue]", *, n_letters: int) -> tuple[object, ...]:
    """Return a row that fits a terminal of 80 columns, with long cells broken into lines."""
    marks = (("★",) if run.favourite else ()) + run.tags + (("archived",) if run.archived_at else ())
    n_planned = run.n_cases * run.n_repeats * len(run.candidates)
    n_failed = run.n_failed + run.n_own_failed
    failed = f", {n_failed:,} failed" if n_failed else ""
    return (
        run.run_id[:n_letters],
        str(run.status),
        f"{run.benchmark_name} ({', '.join(marks)})" if marks else run.benchmark_name,
        run.started_at.astimezone().strftime("%m-%d %H:%M") if run.started_at else "–",
        f"{run.n_ok:,}/{n_planned:,}{failed}",
        _in_words(run, values),
    )


def _in_words(run: RunSummary, values: "Sequence[HeadlineValue]") -> str:
    """Return text such as `token_f1: large:1b 0.833, small:1b 0.500`; only labels where nothing is measured yet."""
    from evaluation.metrics.metric_facts import higher_is_better
    from evaluation.metrics.speed import SPEED_METRICS

    shown = quantity if run.headline in SPEED_METRICS else score
    rising = all(higher_is_better(run.headline, item.signature) for item in values)
    ranked = sorted(values, key=lambda item: item.value, reverse=rising)
    measured = [f"{item.candidate} {shown(item.value)}" for item in ranked]
    with_value = {item.candidate for item in values}
    words = [*measured, *(label for label in run.candidates if label not in with_value)]
    rest = [f"… {len(words)} in all"] if len(words) > _MOST_CANDIDATES else []
    text = ", ".join([*words[:_MOST_CANDIDATES], *rest])
    return f"{run.headline}: {text}" if measured else text


@runs.command("tag")
def tag(
    run: RunArgument,
    add: Annotated[
        list[str] | None, typer.Option("--add", metavar="TAG", help="A tag to add; may be repeated.")
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="TAG", help="A tag to remove; may be repeated.")
    ] = None,
    favourite: FavouriteOption = None,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add and remove tags of a run, or mark it as a favourite."""
    with open_stored(db) as store:
        tagged = change_tags(store, run, add=add or (), remove=remove or (), favourite=favourite)
    if as_json:
        print_json(tagged)
    else:
        print_line(f"{tagged.run_id}: {', '.join(tagged.tags) or 'no tags'}{' ★' if tagged.favourite else ''}")


def change_tags(
    store: "Store", run: str, *, add: Sequence[str], remove: Sequence[str], favourite: bool | None
) -> TaggedRun:
    """Add and remove tags of a run, or mark it, and return what it has now.

    Raises:
        BenchwrightError: no such run, no change, or an empty tag.
    """
    from evaluation.store.runs import find_run, tag_run

    if not add and not remove and favourite is None:
        raise ConfigurationError("no change was given", "Give --add TAG, --remove TAG or --favourite.")
    if any(not text.strip() for text in add):
        raise ConfigurationError("a tag must not be empty", "Give a tag.")
    run_id = find_run(store, run).plan.run_id
    tags = tag_run(store, run_id, add=add, remove=remove, favourite=favourite)
    return TaggedRun(run_id=run_id, tags=tuple(tags), favourite=find_run(store, run_id).favourite)


@runs.command("archive")
def archive(
    run: RunArgument,
    undo: Annotated[bool, typer.Option("--undo", help="Show it in the lists again.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hide a run from the lists; nothing of it is deleted."""
    from evaluation.store.runs import archive_run, find_run

    with open_stored(db) as store:
        run_id = find_run(store, run).plan.run_id
        archive_run(store, run_id, archived=not undo)
    if as_json:
        print_json({"run_id": run_id, "archived": not undo})
    else:
        print_line(f"{run_id}: {'back in the lists' if undo else 'archived; `runs list --all` shows it'}")


@runs.command("delete")
def delete(
    run: RunArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a run with its answers, scores and estimates. A running one is refused."""
    from evaluation.store.runs import delete_run, find_run

    with open_stored(db) as store:
        record = find_run(store, run)
        run_id = record.plan.run_id
        if not yes and not confirm(f"Delete run {run_id} ({record.plan.benchmark_name}) with all its answers?"):
            print_status(f"{run_id} was not deleted")
            if as_json:
                print_json({"run_id": run_id, "deleted": False})
            return
        delete_run(store, run_id)
    if as_json:
        print_json({"run_id": run_id, "deleted": True})
    else:
        print_line(f"{run_id}: deleted")
