"""How well each candidate of a run tells the classes apart."""

from evaluation.metrics.class_table import ClassTable, classification_report
from evaluation.metrics.labelled_metric import LabelledMetric
from evaluation.metrics.parsing import metric_of
from evaluation.records.labels import unique_labels
from evaluation.store.runs import find_run
from evaluation.store.scores import iterate_scores
from evaluation.store.session import Store


def class_tables(store: Store, run_id: str) -> dict[str, ClassTable]:
    """Return the table of classes of each candidate, by its label; empty where no metric notes the classes."""
    run = find_run(store, run_id)
    labelled = (use for use in run.plan.metrics if isinstance(metric_of(use.name, use.signature), LabelledMetric))
    signature = next((use.signature for use in labelled), None)
    if signature is None:
        return {}
    labels = unique_labels(run)
    tables = {
        labels[candidate.run_candidate_id]: classification_report(
            [score.measurement for score in iterate_scores(store, candidate.run_candidate_id, signature)]
        )
        for candidate in run.candidates
    }
    return {label: table for label, table in tables.items() if table.n_rows}
