"""Who won each of a few runs that have ended: by the run's own comparison, which is computed once."""

import threading
import time
from collections.abc import Sequence
from datetime import datetime

from evaluation.comparisons.run_verdict import MOST_CANDIDATES, headline_comparison
from evaluation.errors import BenchwrightError
from evaluation.records.runs import RunSummary
from evaluation.records.status import Status
from evaluation.store.session import Store

LOOK_WITHIN_S = 0.3
"""Seconds for which comparisons are computed in one look; the others come at the next ones."""
MOST_ANSWERS = 60_000
"""Answers of a run above which its page alone says who won."""
_MOST_KEPT = 500
NO_WINNER = "no winner"


class RunVerdicts:
    """The verdicts that were computed, for one store."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._words: dict[tuple[str, datetime | None, int], str] = {}

    def of(self, store: Store, runs: Sequence[RunSummary]) -> dict[str, str]:
        """Return the winner's label or `no winner` for each run of which that is known by now, by the run's id."""
        until = time.monotonic() + LOOK_WITHIN_S
        words: dict[str, str] = {}
        for run in runs:
            n_answers = run.n_ok + run.n_own_failed
            is_small = len(run.candidates) <= MOST_CANDIDATES and n_answers <= MOST_ANSWERS
            if run.status is not Status.COMPLETED or len(run.candidates) < 2 or not is_small:
                continue
            key = run.run_id, run.finished_at, n_answers
            if key not in self._words and time.monotonic() < until:
                self._keep(key, _winner(store, run.run_id))
            if key in self._words:
                words[run.run_id] = self._words[key]
        return words

    def _keep(self, key: tuple[str, datetime | None, int], words: str) -> None:
        with self._lock:
            while len(self._words) >= _MOST_KEPT:
                del self._words[next(iter(self._words))]
            self._words[key] = words


def _winner(store: Store, run_id: str) -> str:
    try:
        comparison = headline_comparison(store, run_id)
    except BenchwrightError:
        return ""
    if comparison is None or comparison.headline is None:
        return ""
    return comparison.winner or NO_WINNER
