"""The source of an export, resolved by name: a run, the runs of an experiment, or a comparison."""

from dataclasses import dataclass, field
from enum import StrEnum

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.experiments import ExperimentRecord
from evaluation.records.runs import RunRecord
from evaluation.store.comparisons import find_comparison
from evaluation.store.experiments import experiment_named, find_experiment
from evaluation.store.runs import find_run
from evaluation.store.session import Store

_NEWEST = "last"


class Kind(StrEnum):
    """What one row represents."""

    ANSWERS = "answers"
    SCORES = "scores"
    STAGES = "stages"
    RESULTS = "results"
    PAIRS = "pairs"


@dataclass(frozen=True, kw_only=True)
class Source:
    """What is exported: runs, or a comparison."""

    name: str
    run_ids: tuple[str, ...] = ()
    comparison_id: str | None = None
    experiment_id: str | None = field(default=None, compare=False)
    """The experiment that the runs are of; None: they are of none, or not all of them."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The available kinds of rows, the usual one first."""
        return (Kind.PAIRS,) if self.comparison_id else (Kind.ANSWERS, Kind.SCORES, Kind.STAGES, Kind.RESULTS)


def find_source(store: Store, name: str) -> Source:
    """Return the experiment of that name, else the run, experiment or comparison whose id begins like this.

    `last` is the newest run.

    Raises:
        UnknownNameError: none of them.
        ConfigurationError: several, or an experiment without runs.
    """
    if name == _NEWEST:
        return run_source(store, name)
    if (named := experiment_named(store, name)) is not None:
        return _of_experiment(named)
    sources: list[Source] = []
    known_names: list[str] = []
    for look in (run_source, experiment_source, comparison_source):
        try:
            sources.append(look(store, name))
        except UnknownNameError as error:
            known_names += error.known
    if not sources:
        raise UnknownNameError(
            "run, experiment or comparison",
            name,
            known_names,
            "See `benchwright runs list` and `benchwright experiments list`",
        )
    if len(sources) > 1:
        raise ConfigurationError(
            f"{name!r} begins the ids of {' and '.join(source.name for source in sources)}", "Give more of the id"
        )
    return sources[0]


def run_source(store: Store, name: str) -> Source:
    """Return a run: `last`, an id, or the beginning of one.

    Raises:
        UnknownNameError: there is none.
    """
    return source_of(find_run(store, name))


def source_of(run: RunRecord) -> Source:
    """Return a run that was read before."""
    return Source(name=f"run {run.plan.run_id}", run_ids=(run.plan.run_id,))


def experiment_source(store: Store, name: str) -> Source:
    """Return the runs of an experiment, by its name, its id or the beginning of one.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: it has no runs.
    """
    return _of_experiment(find_experiment(store, name))


def _of_experiment(experiment: ExperimentRecord) -> Source:
    if not experiment.run_ids:
        raise ConfigurationError(f"experiment {experiment.name!r} has no run to export", "Add one: `experiments add`")
    return Source(
        name=f"experiment {experiment.name}",
        run_ids=tuple(experiment.run_ids),
        experiment_id=experiment.experiment_id,
    )


def comparison_source(store: Store, name: str) -> Source:
    """Return a comparison, by its id or the beginning of one.

    Raises:
        UnknownNameError: there is none.
    """
    comparison_id = find_comparison(store, name).comparison_id
    return Source(name=f"comparison {comparison_id}", comparison_id=comparison_id)
