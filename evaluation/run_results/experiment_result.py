"""The result of an experiment, read from the store: its question, runs, comparisons and notes."""

from evaluation.records.experiments import ExperimentRecord
from evaluation.records.labels import unique_labels
from evaluation.results.experiments import ExperimentFacts, ExperimentResult, ExperimentRun, HighestValue
from evaluation.results.runs import RunResult
from evaluation.run_results.ranking import ranked
from evaluation.run_results.run_result import run_result
from evaluation.store.annotations import annotations
from evaluation.store.experiments import comparisons_of_experiment, find_experiment
from evaluation.store.runs import find_run
from evaluation.store.session import Store


def experiment_facts(record: ExperimentRecord) -> ExperimentFacts:
    """Return the description of an experiment, without the results of its runs."""
    return ExperimentFacts(
        name=record.name,
        experiment_id=record.experiment_id,
        question=record.question,
        description=record.description,
        template=dict(record.template) if record.template is not None else None,
        tags=tuple(record.tags),
        is_favourite=record.favourite,
        is_archived=record.archived_at is not None,
        created_at=record.created_at,
        run_ids=tuple(record.run_ids),
    )


def experiment_result(store: Store, name: str) -> ExperimentResult:
    """Return the full result of an experiment.

    Raises:
        UnknownNameError: no such experiment.
    """
    record = find_experiment(store, name)
    compared = comparisons_of_experiment(store, record.experiment_id)
    notes = annotations(
        store,
        experiment_id=record.experiment_id,
        run_ids=record.run_ids,
        comparison_ids=[each.comparison_id for each in compared],
    )
    return ExperimentResult(
        facts=experiment_facts(record),
        runs=tuple(_run(store, run_id) for run_id in record.run_ids),
        comparisons=compared,
        annotations=tuple(notes),
    )


def _run(store: Store, run_id: str) -> ExperimentRun:
    record, run = find_run(store, run_id), run_result(store, run_id)
    return ExperimentRun(
        run_id=run_id,
        status=run.status,
        benchmark=run.benchmark,
        benchmark_version=run.benchmark_version,
        started_at=run.started_at,
        n_cases=run.n_cases,
        n_repeats=run.n_repeats,
        candidates=tuple(unique_labels(record).values()),
        headline=run.headline,
        highest=_highest(run),
    )


def _highest(run: RunResult) -> HighestValue | None:
    """Return the candidate with the best headline value, without testing the difference."""
    for candidate in ranked(run):
        result = candidate.metrics.get(run.headline)
        if result is not None and result.mean is not None:
            mean = result.mean
            return HighestValue(label=candidate.label, value=mean.value, low=mean.low, high=mean.high)
    return None
