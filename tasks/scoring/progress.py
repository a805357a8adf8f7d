"""Progress of a judge, an embedder or the sandbox with its requests, for all observers in this process."""

import time
from dataclasses import dataclass, field

from evaluation.formatting import duration

LEAST_S = 1.0
"""Seconds before the remaining time is estimated: the first answers are not representative."""


@dataclass(kw_only=True)
class ScoringProgress:
    """Progress of one judge, embedder or program runner."""

    who: str
    """Name to show: `judge qwen3:8b`, `embedder nomic-embed-text`, `programs`."""
    n_planned: int
    """Number of planned scores; fewer may come, where a metric has none for an answer."""
    n_ended: int = 0
    """Number of finished scores, those that failed included."""
    _began: float = field(default_factory=lambda: time.monotonic())

    @property
    def percent(self) -> float:
        """Finished share of the planned scores, in [0, 100]."""
        return min(100.0, 100.0 * self.n_ended / self.n_planned) if self.n_planned else 100.0

    @property
    def seconds_left(self) -> float | None:
        """Remaining seconds at the pace so far; None: not known yet."""
        passed = time.monotonic() - self._began
        if not self.n_ended or passed < LEAST_S:
            return None
        return max(0, self.n_planned - self.n_ended) * passed / self.n_ended

    @property
    def time_left(self) -> str:
        """Remaining time as text: `41 s left`, `3 min left`; empty where it is unknown or zero."""
        if not (seconds := self.seconds_left):
            return ""
        return f"{duration(seconds)} left"

    def __str__(self) -> str:
        counts = f"{self.who}: {self.n_ended:,} of {self.n_planned:,} scores"
        return f"{counts}, {self.time_left}" if self.time_left else counts


at_work: list[ScoringProgress] = []
"""Progress of the scoring under way; empty where there is none."""
