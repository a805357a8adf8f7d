"""A ledger of the newest reported outcomes, kept current at next to no cost."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from selection.decisions.reported_outcomes import NEWEST, UseOutcome

MOST_READ = 5_000
"""Maximum number of outcomes in the first read."""
LOOK_EVERY_S = 2.0
"""Interval in seconds of checks for outcomes that other processes reported."""
_OVERLAP = timedelta(seconds=30)
"""Overlap of reads, since other machines' clocks may be behind."""
ReadOutcomes = Callable[[datetime | None, int], tuple[UseOutcome, ...]]
"""Return the outcomes reported at this moment or later, oldest first; of too many the newest."""


class OutcomeLedger:
    """The newest outcomes by task and candidate. Thread-safe.

    Args:
        read: Reads them from the store.
        clock: Clock, in seconds.
    """

    def __init__(self, read: ReadOutcomes, clock: Callable[[], float]) -> None:
        self._read, self._clock = read, clock
        self._lock = Lock()
        self._groups: dict[tuple[str | None, str], dict[str, UseOutcome]] = {}
        self._newest: datetime | None = None
        self._is_stale = True
        self._look_at = clock()

    def expect_more(self) -> None:
        """Note that this process has reported an outcome, so that the next check reads it."""
        self._is_stale = True

    @property
    def is_due(self) -> bool:
        """True if `refresh` would read."""
        return self._is_stale or self._clock() >= self._look_at

    def refresh(self) -> None:
        """Read new outcomes, if there may be any. Raises `StoreError` where the store is away."""
        is_due = self._clock() >= self._look_at
        if not (is_due or self._is_stale):
            return
        self._is_stale = False
        since = self._newest
        if since is not None and is_due:
            since -= _OVERLAP
        outcomes = self._read(since, MOST_READ)
        if is_due:
            self._look_at = self._clock() + LOOK_EVERY_S
        with self._lock:
            self._take(outcomes)

    def of(self, task: str | None, candidate_key: str) -> tuple[UseOutcome, ...]:
        """Return the outcomes of a candidate on a task, oldest first."""
        with self._lock:
            return tuple(self._groups.get((task, candidate_key), {}).values())

    def _take(self, reported: tuple[UseOutcome, ...]) -> None:
        touched: defaultdict[tuple[str | None, str], list[UseOutcome]] = defaultdict(list)
        for outcome in reported:
            touched[outcome.task, outcome.candidate_key].append(outcome)
            self._newest = outcome.reported_at if self._newest is None else max(self._newest, outcome.reported_at)
        for key, outcomes in touched.items():
            group = self._groups.setdefault(key, {})
            for outcome in outcomes:
                group.pop(outcome.recommendation_id, None)
                group[outcome.recommendation_id] = outcome
            for old in list(group)[:-NEWEST]:
                del group[old]
