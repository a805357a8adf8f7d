"""`benchwright experiments add|remove|diff`: which runs answer an experiment's question, and how do two differ?"""

from typing import TYPE_CHECKING, Annotated

import typer

from deployments.cli.arguments import DatabaseOption, JsonOption, open_stored
from deployments.cli.experiment_words import NameArgument, RunsArgument, answer

if TYPE_CHECKING:
    from evaluation.store.session import Store


def add(name: NameArgument, runs: RunsArgument, db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Add runs that are stored already."""
    from evaluation.reports.tables import counted
    from evaluation.store.experiments import add_runs, find_experiment

    with open_stored(db) as store:
        experiment_id = find_experiment(store, name).experiment_id
        n_new = add_runs(store, experiment_id, _run_ids(store, runs))
        after = find_experiment(store, experiment_id)
    answer(
        after,
        f"{after.name}: {counted(n_new, 'run')} added, {counted(len(after.run_ids), 'run')} in all",
        in_json=as_json,
    )


def remove(name: NameArgument, runs: RunsArgument, db: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Take runs out of an experiment; they stay in the store."""
    from evaluation.reports.tables import counted
    from evaluation.store.experiments import find_experiment, remove_runs

    with open_stored(db) as store:
        experiment_id = find_experiment(store, name).experiment_id
        n_gone = remove_runs(store, experiment_id, _run_ids(store, runs))
        after = find_experiment(store, experiment_id)
    answer(
        after,
        f"{after.name}: {counted(n_gone, 'run')} taken out, {counted(len(after.run_ids), 'run')} left",
        in_json=as_json,
    )


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
