"""The stored indexes that a run's candidates searched."""

from evaluation.records.indexes import IndexRecord
from evaluation.records.runs import INDEX, RunRecord
from evaluation.store.corpus_indexes import find_index
from evaluation.store.session import Store


def indexes_of(store: Store, run: RunRecord) -> tuple[IndexRecord, ...]:
    """Return each index once, in the order of the candidates; without those that are not built yet or were pruned."""
    identities = dict.fromkeys(record.plan.details.get(INDEX) for record in run.candidates)
    records = (find_index(store, identity) for identity in identities if identity is not None)
    return tuple(index for index in records if index is not None)
