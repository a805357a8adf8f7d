"""The `benchwright experiments add|remove|diff` commands: the runs of an experiment, and how two runs differ."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_stored
from deployments.cli.experiments.arguments import NameArgument, RunsArgument, answer
from deployments.cli.experiments.page import print_diff
from deployments.cli.terminal.output import print_json
from evaluation.errors import ConfigurationError
from evaluation.formatting import counted

if TYPE_CHECKING:
    from evaluation.records.experiments import ExperimentRecord
    from evaluation.results.experiments import RunDiff
    from evaluation.store.session import Store


def add(name: NameArgument, runs: RunsArgument, db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Add stored runs to an experiment."""
    from evaluation.store.experiments import add_runs

    _change(name, runs, db, by=add_runs, words=("added", "in all"), in_json=as_json)


def remove(name: NameArgument, runs: RunsArgument, db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Remove runs from an experiment; they stay in the store."""
    from evaluation.store.experiments import remove_runs

    _change(name, runs, db, by=remove_runs, words=("removed", "left"), in_json=as_json)


def _change(
    name: str,
    runs: list[str],
    db: str | None,
    *,
    by: "Callable[[Store, str, list[str]], int]",
    words: tuple[str, str],
    in_json: bool,
) -> None:
    """Change which runs belong to the experiment, and show it.

    Args:
        name: Name of the experiment.
        runs: Runs as typed.
        db: Results database.
        by: Makes the change, and returns the number of runs changed.
        words: Texts for these runs, and for those that belong to it afterwards.
        in_json: Print JSON.
    """
    with open_stored(db) as store:
        after, n_changed = change_runs(store, name, runs, by=by)
    changed, standing = words
    n_now = counted(len(after.run_ids), "run")
    answer(after, f"{after.name}: {counted(n_changed, 'run')} {changed}, {n_now} {standing}", in_json=in_json)


def change_runs(
    store: "Store", name: str, runs: Sequence[str], *, by: "Callable[[Store, str, list[str]], int]"
) -> "tuple[ExperimentRecord, int]":
    """Change which runs belong to an experiment; return it, and the number of runs changed.

    Raises:
        UnknownNameError: no such experiment or run.
    """
    from evaluation.store.experiments import find_experiment

    experiment_id = find_experiment(store, name).experiment_id
    n_changed = by(store, experiment_id, [_run_id(store, run) for run in runs])
    return find_experiment(store, experiment_id), n_changed


def diff(
    what: Annotated[list[str], typer.Argument(metavar="RUN RUN|EXPERIMENT", help="Two runs, or an experiment.")],
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how two runs differ: parameters, numbers, cases. For an experiment: its last two runs of one benchmark."""
    with open_stored(db) as store:
        difference = difference_of(store, what)
    if as_json:
        print_json(difference)
    else:
        print_diff(difference)


def difference_of(store: "Store", what: Sequence[str]) -> "RunDiff":
    """Return how two runs differ, or the last two of an experiment that have the same benchmark.

    Raises:
        BenchwrightError: there are no such runs, or not two.
    """
    from evaluation.run_results.run_diff import run_diff

    first, second = _two_runs(store, what)
    return run_diff(store, first, second)


def _two_runs(store: "Store", what: Sequence[str]) -> tuple[str, str]:
    from evaluation.store.experiments import find_experiment
    from evaluation.store.runs import load_runs

    if len(what) == 2:
        return what[0], what[1]
    if len(what) != 1:
        raise ConfigurationError(
            (f"{len(what)} names given; diff takes two runs or one experiment"), "Give two runs, or one experiment."
        )
    experiment = find_experiment(store, what[0])
    runs = load_runs(store, experiment.run_ids)
    for later in reversed(runs):
        earlier = [run for run in runs if run.plan.benchmark_name == later.plan.benchmark_name and run is not later]
        if earlier:
            return earlier[-1].plan.run_id, later.plan.run_id
    raise ConfigurationError(
        (f"experiment {experiment.name!r} does not have two runs of one benchmark"),
        "Give two runs: `experiments diff RUN RUN`.",
    )


def _run_id(store: "Store", run: str) -> str:
    from evaluation.store.runs import find_run

    return find_run(store, run).plan.run_id
