"""Pace of the work and its estimated remaining time."""

import time
from collections.abc import Sequence
from datetime import tzinfo

from evaluation.formatting import duration, per_second
from evaluation.records.outcomes import CandidateProgress
from evaluation.records.status import Status
from evaluation.results.progress import ServerWait

_LEAST_S = 1e-3
SLOW_START_S = 15.0
"""Initial silence in seconds after which the pace is measured from the first outcome: workers had to start."""


class Pace:
    """Pace of the candidates at work and their remaining time. Other candidates may be a thousand times as fast."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        """Begin to measure.

        Args:
            zone: Time zone of clock times, which is then named; None: the local one.
        """
        self._zone = zone
        self._waiting_since: float | None = None
        self._at_work: frozenset[int] = frozenset()
        self._began, self._n_before = time.monotonic(), 0
        self._has_come = False

    def in_words(self, candidates: Sequence[CandidateProgress], waits: Sequence[ServerWait] = ()) -> str:
        """Return `4.2 answers/s, 12 s left for this model, then 3 more`; empty before there is an estimate.

        Args:
            candidates: Their progress.
            waits: Servers that are waited for. There is no estimate then, and the wait is no part of later ones.
        """
        self._leave_out(is_waiting=bool(waits))
        estimate = self._estimate(candidates)
        return "; ".join(wait.in_words(self._zone) for wait in waits) or estimate

    def _leave_out(self, *, is_waiting: bool) -> None:
        """Leave the time that passes while a server is waited for out of the pace."""
        now = time.monotonic()
        if self._waiting_since is not None:
            self._began += now - self._waiting_since
        self._waiting_since = now if is_waiting else None

    def _estimate(self, candidates: Sequence[CandidateProgress]) -> str:
        running = [item for item in candidates if item.status is Status.RUNNING]
        n_ended = sum(item.n_done + item.n_failed for item in running)
        at_work = frozenset(item.run_candidate_id for item in running)
        if at_work != self._at_work:
            self._at_work, self._has_come = at_work, False
            self._begin(n_ended)
        if n_ended > self._n_before and not self._has_come:
            self._has_come = True
            if time.monotonic() - self._began > SLOW_START_S:
                self._begin(n_ended)
        rate = (n_ended - self._n_before) / max(time.monotonic() - self._began, _LEAST_S)
        n_left = sum(item.n_planned for item in running) - n_ended
        if rate <= 0 or n_left <= 0:
            return ""
        labels = {item.label for item in candidates if item.status is Status.PLANNED}
        then = f", then {len(labels)} more" if labels else ""
        return f"{per_second(rate, 'answers')}, {duration(n_left / rate)} left for this model{then}"

    def _begin(self, n_ended: int) -> None:
        self._began, self._n_before = time.monotonic(), n_ended
