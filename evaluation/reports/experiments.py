"""An experiment as plain values: its question, what its runs found, its comparisons, what people noted."""

from collections.abc import Mapping
from typing import Any

from evaluation.reports.labels import unique_labels
from evaluation.reports.notes import annotation_facts
from evaluation.reports.results import run_result
from evaluation.reports.tables import ranked
from evaluation.store.annotations import annotations
from evaluation.store.experiments import comparisons_of_experiment, find_experiment
from evaluation.store.records import ExperimentRecord
from evaluation.store.runs import find_run
from evaluation.store.session import Store


def experiment_facts(found: ExperimentRecord) -> dict[str, Any]:
    """What an experiment is, without what its runs found."""
    return {
        "experiment": found.name,
        "experiment_id": found.experiment_id,
        "question": found.question,
        "description": found.description,
        "template": dict(found.template) if found.template is not None else None,
        "tags": list(found.tags),
        "favourite": found.favourite,
        "archived": found.archived_at is not None,
        "created_at": found.created_at.isoformat(),
        "run_ids": list(found.run_ids),
    }


def experiment_result(store: Store, wanted: str) -> dict[str, Any]:
    """An experiment in full.

    Raises:
        UnknownNameError: no such experiment.
    """
    found = find_experiment(store, wanted)
    compared = comparisons_of_experiment(store, found.experiment_id)
    notes = annotations(
        store,
        experiment_id=found.experiment_id,
        run_ids=found.run_ids,
        comparison_ids=[one["comparison_id"] for one in compared],
    )
    return {
        **experiment_facts(found),
        "runs": [_run(store, run_id) for run_id in found.run_ids],
        "comparisons": compared,
        "annotations": [annotation_facts(note) for note in notes],
    }


def _run(store: Store, run_id: str) -> dict[str, Any]:
    """A run's line: the candidate with the highest value is named as such, which is no verdict."""
    record = find_run(store, run_id)
    result = run_result(store, run_id)
    best: Mapping[str, Any] | None = next(
        (found for found in ranked(result) if "value" in found["metrics"].get(result["headline"], {})), None
    )
    numbers = best["metrics"][result["headline"]] if best else {}
    return {
        "run_id": run_id,
        "status": result["status"],
        "benchmark": result["benchmark"],
        "benchmark_version": result["benchmark_version"],
        "started_at": result["started_at"],
        "n_cases": result["n_cases"],
        "repeats": result["repeats"],
        "candidates": list(unique_labels(record).values()),
        "headline": result["headline"],
        "highest": {"candidate": best["candidate"], **{key: numbers.get(key) for key in ("value", "low", "high")}}
        if best
        else None,
    }
