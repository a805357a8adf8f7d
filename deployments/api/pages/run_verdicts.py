"""Who is best in a run, in sentences, for its page: compared once, in a thread beside the requests."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from evaluation.comparisons.run_verdict import MOST_CANDIDATES, headline_verdict
from evaluation.errors import BenchwrightError
from evaluation.records.status import Status
from evaluation.results.runs import RunResult
from evaluation.store.session import Store

WITHIN_S = 1.0
"""Seconds for which a page waits for the verdict."""
MOST_AWAITED = 20_000
"""Answers of a run whose verdict a page waits for: of four candidates on 10,000 cases it takes longer."""
BEING_COMPARED = ("The candidates are being compared: open this page again in a few seconds to see who is best.",)
_MOST_KEPT = 500
_Key = tuple[Any, ...]
"""A run, and the values that its verdict is about: scoring a run again changes them."""


class RunVerdicts:
    """The verdicts of the runs that were looked at; one is computed at a time."""

    def __init__(self, *, within_s: float = WITHIN_S) -> None:
        self._lock, self._within_s = threading.Lock(), within_s
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="verdicts-of-runs")
        self._verdicts: dict[_Key, Future[tuple[str, ...]]] = {}

    def of(self, store: Store, run: RunResult) -> tuple[str, ...]:
        """Return who is best in a run that has ended, the first sentence first; empty where nothing was compared."""
        if run.status in (Status.PLANNED, Status.RUNNING) or not 2 <= len(run.candidates) <= MOST_CANDIDATES:
            return ()
        key = store.url, *_key(run)
        with self._lock:
            verdict = self._verdicts.get(key)
            if verdict is None:
                while len(self._verdicts) >= _MOST_KEPT:
                    del self._verdicts[next(iter(self._verdicts))]
                verdict = self._verdicts[key] = self._threads.submit(_verdict, store, run)
        is_large = run.n_cases * run.n_repeats * len(run.candidates) > MOST_AWAITED
        try:
            return verdict.result(0 if is_large else self._within_s)
        except TimeoutError:
            return BEING_COMPARED
        except BenchwrightError:
            with self._lock:
                self._verdicts.pop(key, None)  # the next look tries again
            return ()

    def wait(self) -> None:
        """Wait until nothing is computed any more."""
        with self._lock:
            pending = tuple(self._verdicts.values())
        wait(pending)


def _key(run: RunResult) -> _Key:
    values = [(each.label, each.n_ok, each.metrics.get(run.headline)) for each in run.candidates]
    return run.run_id, run.finished_at, run.headline, repr(values)


def _verdict(store: Store, run: RunResult) -> tuple[str, ...]:
    return tuple(headline_verdict(store, run))
