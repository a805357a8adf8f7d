"""Who won each of a few runs that have ended: by the run's own comparison, computed once, beside the requests."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from evaluation.comparisons.run_verdict import MOST_CANDIDATES, headline_comparison, race_outcome
from evaluation.errors import BenchwrightError
from evaluation.records.runs import RunSummary
from evaluation.records.status import Status
from evaluation.store.runs import find_run
from evaluation.store.session import Store

MOST_ANSWERS = 30_000
"""Answers of a run above which its page alone says who won: to compare them takes seconds."""
_MOST_KEPT = 500
NO_WINNER = "no winner"
_Key = tuple[str, datetime | None, int]


class RunVerdicts:
    """The verdicts that were computed, for one store; one is computed at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="verdicts")
        self._words: dict[_Key, str] = {}
        self._computing: Future[None] | None = None

    def of(self, store: Store, runs: Sequence[RunSummary]) -> dict[str, str]:
        """Return the winner's label or `no winner` for each run of which that is known by now, by the run's id."""
        keys = {run.run_id: _key(run) for run in runs if _is_compared(run)}
        missing = [key for key in keys.values() if key not in self._words]
        with self._lock:
            if missing and (self._computing is None or self._computing.done()):
                self._computing = self._threads.submit(self._compute, store, missing)
        return {run_id: self._words[key] for run_id, key in keys.items() if key in self._words}

    def _compute(self, store: Store, keys: Sequence[_Key]) -> None:
        for key in keys:
            words = _winner(store, key[0])
            with self._lock:
                while len(self._words) >= _MOST_KEPT:
                    del self._words[next(iter(self._words))]
                self._words[key] = words


def _is_compared(run: RunSummary) -> bool:
    is_small = len(run.candidates) <= MOST_CANDIDATES and run.n_ok + run.n_own_failed <= MOST_ANSWERS
    return run.status is Status.COMPLETED and len(run.candidates) > 1 and is_small


def _key(run: RunSummary) -> _Key:
    return run.run_id, run.finished_at, run.n_ok + run.n_own_failed


def _winner(store: Store, run_id: str) -> str:
    try:
        race = race_outcome(store, find_run(store, run_id).plan.invocation_id)
        if race is not None:
            return race.winner or NO_WINNER
        comparison = headline_comparison(store, run_id)
    except BenchwrightError:
        return ""
    if comparison is None or comparison.headline is None:
        return ""
    return comparison.winner or NO_WINNER
