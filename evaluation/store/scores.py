"""What do the metrics say of stored generations, and what do many say together?"""

from collections.abc import Iterator, Sequence
from evaluation.store.records import EstimateRow, MetricUse, ScoreRow, StoredScore
from evaluation.store.session import Store


def save_scores(store: Store, rows: Sequence[ScoreRow]) -> None:
    """Stores scores in one transaction; a score of the same generation and signature is replaced."""
    raise NotImplementedError


def iterate_scores(store: Store, run_candidate_id: int, signature: str, *, batch: int = 2000) -> Iterator[StoredScore]:
    """A candidate's scores on one metric, by generation id."""
    raise NotImplementedError


def scored_metrics(store: Store, run_candidate_id: int) -> tuple[tuple[MetricUse, int], ...]:
    """Metrics on which a candidate has scores, each with how many, by name."""
    raise NotImplementedError


def save_estimates(store: Store, rows: Sequence[EstimateRow]) -> None:
    """Stores estimates in one transaction; one of the same candidate, signature and quantity is replaced."""
    raise NotImplementedError


def load_estimates(store: Store, run_id: str) -> tuple[EstimateRow, ...]:
    """All estimates of a run."""
    raise NotImplementedError
