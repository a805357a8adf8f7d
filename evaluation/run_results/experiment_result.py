"""The result of an experiment, read from the store: its question, runs, comparisons and notes."""

from collections.abc import Mapping, Sequence

from evaluation.metrics.metric import ModelMetric
from evaluation.metrics.parsing import metric_of
from evaluation.records.candidates import MetricUse
from evaluation.records.experiments import ExperimentRecord
from evaluation.records.labels import unique_labels
from evaluation.records.metric_keys import headline_key, metric_keys
from evaluation.records.runs import RunRecord
from evaluation.records.scores import EstimateRow
from evaluation.results.experiments import ExperimentFacts, ExperimentResult, ExperimentRun, HighestValue
from evaluation.run_results.best_mean import best_of
from evaluation.run_results.run_result import measured
from evaluation.store.annotations import annotations
from evaluation.store.experiments import comparisons_of_experiment, find_experiment
from evaluation.store.headlines import failed_headlines, headline_means
from evaluation.store.runs import load_runs
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
        runs=_runs(store, record.run_ids),
        comparisons=compared,
        annotations=tuple(notes),
    )


def _runs(store: Store, run_ids: Sequence[str]) -> tuple[ExperimentRun, ...]:
    """Return the runs of an experiment, all read together."""
    runs = load_runs(store, run_ids)
    means = headline_means(store, run_ids)
    judged = [run.plan.run_id for run in runs if _is_judged(run)]
    failed = failed_headlines(store, judged) if judged else {}
    return tuple(_run(run, means.get(run.plan.run_id, ()), failed.get(run.plan.run_id, ())) for run in runs)


def _is_judged(run: RunRecord) -> bool:
    """Check whether a model gives the values of the headline, so that several models may have given them."""
    uses = (use for use in run.plan.metrics if use.name == run.plan.headline)
    return any(isinstance(metric_of(use.name, use.signature), ModelMetric) for use in uses)


def _run(run: RunRecord, means: Sequence[EstimateRow], failed: Sequence[MetricUse]) -> ExperimentRun:
    plan = run.plan
    keys = metric_keys(plan.metrics, [*(row.metric for row in means), *failed])
    headline = headline_key(run, keys)
    return ExperimentRun(
        run_id=plan.run_id,
        status=run.status,
        benchmark=plan.benchmark_name,
        benchmark_version=plan.benchmark_version,
        started_at=run.started_at,
        n_cases=plan.n_cases,
        n_repeats=plan.n_repeats,
        candidates=tuple(unique_labels(run).values()),
        headline=headline,
        highest=_highest(
            run, headline, measured(run, keys), [row for row in means if keys[row.metric.signature] == headline]
        ),
    )


def _highest(
    run: RunRecord, headline: str, signatures: Mapping[str, str], means: Sequence[EstimateRow]
) -> HighestValue | None:
    """Return the candidate with the best headline value, without testing the difference."""
    if not means:
        return None
    best = best_of(means, MetricUse(name=headline, signature=signatures.get(headline, "")))
    estimate = best.estimate
    label = unique_labels(run)[best.run_candidate_id]
    return HighestValue(label=label, value=estimate.value, low=estimate.low, high=estimate.high)
