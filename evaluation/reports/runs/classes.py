"""How well each candidate of a run tells the classes apart: a table of classes and a confusion matrix."""

from evaluation.formatting import score
from evaluation.metrics.class_table import ClassTable, classification_report
from evaluation.metrics.labelled_metric import LabelledMetric
from evaluation.metrics.parsing import metric_of
from evaluation.records.labels import unique_labels
from evaluation.store.runs import find_run
from evaluation.store.scores import iterate_scores
from evaluation.store.session import Store


def class_tables(store: Store, run_id: str) -> dict[str, ClassTable]:
    """The table of classes of each candidate, by its label; empty where no metric notes the classes."""
    run = find_run(store, run_id)
    labelled = (use for use in run.plan.metrics if isinstance(metric_of(use.name, use.signature), LabelledMetric))
    signature = next((use.signature for use in labelled), None)
    if signature is None:
        return {}
    labels = unique_labels(run)
    tables = {
        labels[found.run_candidate_id]: classification_report(
            [score.measurement for score in iterate_scores(store, found.run_candidate_id, signature)]
        )
        for found in run.candidates
    }
    return {label: table for label, table in tables.items() if table.n_rows}


def class_rows(table: ClassTable) -> list[dict[str, str]]:
    """One row a class: precision, recall, F1 and how often it was expected."""
    return [
        {
            "class": row.label,
            "precision": score(row.precision),
            "recall": score(row.recall),
            "F1": score(row.f1),
            "expected": f"{row.support:,}",
            "given": f"{row.n_predicted:,}",
        }
        for row in table.classes
    ]


def confusion_rows(table: ClassTable) -> list[dict[str, str]]:
    """One row a class that was expected: how often each class was given."""
    return [
        {
            "expected": row.label,
            **{name or "no class": f"{n:,}" for name, n in zip(table.predicted, counts, strict=True)},
        }
        for row, counts in zip(table.classes, table.confusion, strict=True)
    ]
