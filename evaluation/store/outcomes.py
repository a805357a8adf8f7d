"""Which outcomes are stored, and which are still missing?"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from evaluation.store.records import *
from evaluation.store.session import Store


class OutcomeWriter:
    """One thread that commits outcomes in groups: it waits for one, takes what else waits, commits once.

    `submit` never blocks on the database. An outcome counts as stored when its future is done.
    After a failure every waiting and every later outcome gets that StoreError.
    """

    def __init__(self, store: Store) -> None: ...
    def submit(self, row: OutcomeRow) -> "Future[None]":
        """Done when the outcome is committed; StoreError when it cannot be. (asyncio: `asyncio.wrap_future`)."""
        raise NotImplementedError

    def close(self) -> None:
        """Commits what waits and ends the thread. Idempotent."""

    def __enter__(self) -> "OutcomeWriter": ...
    def __exit__(self, *exc: object) -> None: ...


def save_outcomes(store: Store, rows: Sequence[OutcomeRow]) -> None:
    """Stores outcomes in one transaction. A failure of the server's may be replaced, an answer never."""
    raise NotImplementedError


def missing_cases(
    store: Store, run_candidate_id: int, case_ids: Sequence[str], n_repeats: int
) -> tuple[tuple[str, int], ...]:
    """(case id, repeat) without an answer or own failure, in the order of `case_ids`; repeats count from 0."""
    raise NotImplementedError


def count_outcomes(store: Store, run_id: str) -> tuple[OutcomeCounts, ...]:
    """Counts for each candidate of a run, in the order in which they were planned."""
    raise NotImplementedError


def iterate_outcomes(store: Store, run_candidate_id: int, *, batch: int = 500) -> Iterator[tuple[StoredOutcome, ...]]:
    """A candidate's outcomes in pages, by generation id; no transaction is open between pages."""
    raise NotImplementedError


def load_outcomes(store: Store, run_candidate_id: int, case_ids: Sequence[str]) -> tuple[StoredOutcome, ...]:
    """The outcomes of these cases, by case id and repeat."""
    raise NotImplementedError
