"""Functions that write files, take notes, and change what is stored; and that test whether servers agree."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployments.cli.callers import quietly
from deployments.python.calling import call
from deployments.python.catalogues import fields_of_file
from deployments.python.checking import plainly, refuse_no_run
from deployments.python.evaluations import as_lists
from deployments.python.stored import filters_of, opened, several
from evaluation.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployments.python.options import File, Settings, Texts
    from evaluation.candidate_files.reading import LoadedCandidate
    from evaluation.records.alerts import AlertRecord
    from evaluation.results.catalogue_entries import BenchmarkFacts, TaggedRun
    from evaluation.results.comparisons import ComparisonResult
    from evaluation.results.experiments import ExperimentFacts, RunDiff
    from evaluation.results.runs import InvocationResult, RunResult
    from evaluation.servers.agreement import Agreement
    from evaluation.store.session import Store
    from selection.answers import Recommendation


@plainly
def export(
    what: "str | RunResult | InvocationResult | ComparisonResult | Recommendation" = "last",
    *,
    out: "File",
    format: str | None = None,
    table: str | None = None,
    candidate: "Texts" = (),
    metric: "Texts" = (),
    case: "Texts" = (),
    failed: bool | None = None,
    winner: bool = False,
    db: str | None = None,
) -> Path:
    """Write results as a table to a new file, as `benchwright export` does, and return its path.

    With `winner`, the winning candidate of the run is written instead, or that of `candidate`; of a recommendation
    always the recommended candidate. `load_candidate` reads it back, and `evaluate(candidate="@FILE")` measures it.

    Args:
        what: A result; or the id of a run or a comparison, the beginning of one, `last`, or an experiment's name.
        out: The file, which must not exist.
        format: `csv`, `json` or `parquet`, and of a candidate `yaml`, `python`, `openai`, `modelfile`, `json` or
            `env`; default: by the ending of the file's name.
        table: `answers`, `scores`, `stages`, `results` or `pairs`; default: answers of runs, pairs of a
            comparison.
        candidate: Only these candidates.
        metric: Only these metrics.
        case: Only these cases.
        failed: True: only failures of the server; False: only answers.
        winner: Write the winning candidate of the run.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such run, experiment, comparison, candidate, metric or case.
        ConfigurationError: the file exists or cannot be written, the format is unknown, or nobody won.
    """
    from deployments.cli.export import export_table, export_winner
    from selection.answers import Recommendation

    filters, path = filters_of(candidate, metric, case, failed), Path(out)
    with opened(db) as store:
        if isinstance(what, Recommendation):
            _export_recommended(store, what, format, path)
            return path
        if winner:
            with quietly():
                export_winner(store, _name_of(what), form=format, table=table, filters=filters, out=path)
            return path
        export_table(store, _name_of(what), form=format, table=table, filters=filters, out=path)
    return path


def _export_recommended(store: "Store", recommendation: "Recommendation", form: str | None, path: Path) -> None:
    from deployments.cli.candidate_exports import checked_form, write_out, written_recommendation

    if recommendation.candidate is None:
        raise ConfigurationError("the recommendation names no candidate", "See its `reason`.")
    word = checked_form(form, path, option="--format")
    assert word is not None  # noqa: S101 - a file is given
    with quietly():
        write_out(path, written_recommendation(store, recommendation, recommendation.candidate, word))


@plainly
def load_candidate(file: "File") -> "LoadedCandidate":
    """Return the candidate in a file that `export` wrote, of whichever format but a Modelfile; nothing in it is run.

    Args:
        file: The file.

    Raises:
        ConfigurationError: it cannot be read, or holds no whole candidate.
    """
    from evaluation.candidate_files.reading import read_candidate

    return read_candidate(Path(file))


def _name_of(what: object) -> str:
    from evaluation.results.comparisons import ComparisonResult
    from evaluation.results.runs import InvocationResult, RunResult

    if isinstance(what, ComparisonResult):
        return what.comparison_id
    if isinstance(what, InvocationResult):
        return what.run.run_id
    if not isinstance(what, str | RunResult):
        refuse_no_run(what)
    return what if isinstance(what, str) else what.run_id


@plainly
def annotate(
    text: str | None = None,
    *,
    experiment: str | None = None,
    run: "str | RunResult | InvocationResult | None" = None,
    case: str | None = None,
    comparison: "str | ComparisonResult | None" = None,
    author: str | None = None,
    remove: int | None = None,
    db: str | None = None,
) -> int:
    """Add a note to an experiment, a run, a case or a comparison, as `benchwright experiments annotate` does.

    Returns the number of the note.

    Args:
        text: The note.
        experiment: The experiment to annotate.
        run: The run to annotate.
        case: The case of that run to annotate.
        comparison: The comparison to annotate.
        author: The author; default: your login name.
        remove: Remove the note of this number.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such experiment, run, case, comparison or note.
        ConfigurationError: no text, or nothing to annotate.
    """
    from deployments.cli.experiments.annotations import change_notes

    with opened(db) as store:
        return change_notes(
            store,
            text,
            experiment=experiment,
            run=None if run is None else _name_of(run),
            case=case,
            comparison=None if comparison is None else _name_of(comparison),
            author=author,
            remove=remove,
        )


@plainly
def diff_runs(*runs: "str | RunResult | InvocationResult", db: str | None = None) -> "RunDiff":
    """Return how two runs differ: parameters, numbers, cases; as `benchwright experiments diff` does.

    Args:
        runs: Two runs; or an experiment: its last two runs of one benchmark.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such run or experiment.
        ConfigurationError: not two runs.
    """
    from deployments.cli.experiments.runs import difference_of

    names = [_name_of(run) for run in runs]
    with opened(db) as store:
        return difference_of(store, names)


@plainly
def create_experiment(
    name: str,
    *,
    question: str | None = None,
    description: str | None = None,
    template: "File | None" = None,
    like_run: str | None = None,
    tag: "Texts" = (),
    db: str | None = None,
) -> "ExperimentFacts":
    """Create an experiment, as `benchwright experiments create` does; `evaluate(experiment=name)` adds runs to it.

    Args:
        name: The experiment's name.
        question: The question to answer.
        description: Its purpose and method.
        template: A YAML file with the options of its evaluations.
        like_run: Use the options of this run as the template.
        tag: Its tags.
        db: Results database: a path or a URL.

    Raises:
        ConfigurationError: the name is taken or none, or the template cannot be read.
    """
    from deployments.cli.experiments.command import new_experiment
    from evaluation.run_results.experiment_result import experiment_facts

    with quietly():
        made = new_experiment(
            name,
            question=question,
            description=description,
            template=None if template is None else Path(template),
            like_run=like_run,
            tags=several(tag),
            db=db,
        )
    return experiment_facts(made)


@plainly
def add_to_experiment(
    name: str, *runs: "str | RunResult | InvocationResult", db: str | None = None
) -> "ExperimentFacts":
    """Add stored runs to an experiment, as `benchwright experiments add` does, and return it.

    Args:
        name: The experiment's name, its id or the beginning of the id.
        runs: Results, ids, beginnings of ids, or `last`.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such experiment or run.
    """
    from deployments.cli.experiments.runs import change_runs
    from evaluation.run_results.experiment_result import experiment_facts
    from evaluation.store.experiments import add_runs

    names = [_name_of(run) for run in runs]
    with opened(db) as store:
        changed, _ = change_runs(store, name, names, by=add_runs)
    return experiment_facts(changed)


@plainly
def tag_run(
    run: "str | RunResult | InvocationResult",
    *,
    add: "Texts" = (),
    remove: "Texts" = (),
    favourite: bool | None = None,
    db: str | None = None,
) -> "TaggedRun":
    """Add and remove tags of a run, or mark it as a favourite, as `benchwright runs tag` does; return what it has.

    Args:
        run: A result, a run's id, the beginning of one, or `last`.
        add: Tags to add.
        remove: Tags to remove.
        favourite: True: mark it; False: unmark it.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such run.
        ConfigurationError: no change, or an empty tag.
    """
    from deployments.cli.runs import change_tags

    name = _name_of(run)
    with opened(db) as store:
        return change_tags(store, name, add=several(add), remove=several(remove), favourite=favourite)


@plainly
def add_benchmark(
    path: "File",
    *,
    name: str | None = None,
    field: "Settings" = (),
    ignore_field: "Texts" = (),
    db: str | None = None,
    tell: "Callable[[str], None] | None" = None,
) -> "BenchmarkFacts":
    """Store a file's cases under its name, as `benchwright benchmarks add` does: all of them, or none.

    Args:
        path: JSONL, CSV, TSV, Parquet, JSON or YAML; also as `.gz`.
        name: The name of the benchmark; default: that of the file.
        field: Columns of the file that hold a field: `prompt=question`.
        ignore_field: Fields of the file to ignore.
        db: Results database: a path or a URL.
        tell: Called with each note that the command prints beside its result: another version, a judge that it needs.

    Raises:
        BenchmarkError: the file cannot be evaluated.
        ConfigurationError: the name is that of a standard suite.
    """
    from deployments.cli.benchmarks import add_benchmark_file
    from evaluation.results.catalogue_entries import BenchmarkFacts

    with quietly(tell):
        stored = add_benchmark_file(Path(path), name=name, **fields_of_file(field, ignore_field), db=db)
    return BenchmarkFacts.of(stored)


@plainly
def acknowledge_alert(
    alert: str = "last", *, note: str | None = None, by: str | None = None, db: str | None = None
) -> "AlertRecord":
    """Acknowledge an alert, as `benchwright alerts ack` does: nobody is notified of it again; return it.

    Args:
        alert: The alert's id, the beginning of one, or `last`.
        note: A note to store with it.
        by: Your name; default: your login name.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such alert.
    """
    from deployments.cli.alerts import acknowledge_stored

    with opened(db) as store:
        return acknowledge_stored(store, alert, note=note, by=by)


@plainly
def agree(
    model: str,
    *,
    endpoint: "Texts",
    benchmark: "File" = "text_generation",
    field: "Settings" = (),
    ignore_field: "Texts" = (),
    cases: int = 20,
    option: "Settings" = (),
    seed: int = 0,
    any_digest: bool = False,
    db: str | None = None,
    tell: "Callable[[str], None] | None" = None,
) -> "Agreement":
    """Measure whether servers give the same answers, as `benchwright models agree` does; nothing is stored.

    `result.may_be_pooled` is the verdict.

    Args:
        model: A model that all of the servers have.
        endpoint: Names or addresses of the servers: two or more.
        benchmark: The benchmark whose cases are asked.
        field: Columns of a benchmark file that hold a field: `prompt=question`.
        ignore_field: Fields of a benchmark file to ignore.
        cases: How many of its cases to ask.
        option: Options for the model.
        seed: The random seed of the cases and their seeds.
        any_digest: Ask even if the servers' weights differ or are unknown.
        db: Results database: a path or a URL.
        tell: Called with each note that the command prints beside its result.

    Raises:
        ConfigurationError: fewer than two servers, one that does not answer, or different weights.
        UnknownNameError: a server lacks the model.
    """
    from deployments.cli.models.agree import measure_agreement

    options: dict[str, Any] = {"benchmark": str(benchmark), "cases": cases, "seed": seed, "any_digest": any_digest}
    measure = partial(
        measure_agreement,
        model,
        several(endpoint),
        **options,
        **fields_of_file(field, ignore_field),
        options=as_lists({"option": option})["option"],
        db=db,
    )
    return call(measure, tell=tell).agreement
