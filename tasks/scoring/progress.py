"""Progress of a judge, an embedder or the sandbox with its requests, for all observers in this process."""

import time
from dataclasses import dataclass, field

from evaluation.formatting import duration
from tasks.generation.server_trouble import ServerTrouble

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
    trouble: ServerTrouble | None = None
    """Failures of the server that is asked; None: no server is."""
    _began: float = field(default_factory=lambda: time.monotonic())
    _waited_before_s: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        if self.trouble is not None:
            self._waited_before_s = self.trouble.waited_s

    @property
    def percent(self) -> float:
        """Finished share of the planned scores, in [0, 100]."""
        return min(100.0, 100.0 * self.n_ended / self.n_planned) if self.n_planned else 100.0

    @property
    def seconds_left(self) -> float | None:
        """Remaining seconds at the pace so far; None: not known yet. Waits for the server are no part of the pace."""
        waited_s = 0.0 if self.trouble is None else self.trouble.waited_s - self._waited_before_s
        passed = time.monotonic() - self._began - waited_s
        if not self.n_ended or passed < LEAST_S:
            return None
        return max(0, self.n_planned - self.n_ended) * passed / self.n_ended

    @property
    def time_left(self) -> str:
        """Remaining time as text: `41 s left`, `3 min left`; empty where it is unknown or zero.

        While the server is waited for, that is what it says, and there is no estimate.
        """
        if self.trouble is not None and (wait := self.trouble.wait) is not None:
            return wait.in_words()
        if not (seconds := self.seconds_left):
            return ""
        return f"{duration(seconds)} left"

    @property
    def counts(self) -> str:
        """Finished and planned scores: `judge qwen3:8b: 34 of 120 scores`."""
        return f"{self.who}: {self.n_ended:,} of {self.n_planned:,} scores"

    def __str__(self) -> str:
        time_left = self.time_left
        return f"{self.counts}, {time_left}" if time_left else self.counts


at_work: list[ScoringProgress] = []
"""Progress of the scoring under way; empty where there is none."""
