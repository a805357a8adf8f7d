"""Criteria for giving up: a candidate on which its server fails too often, a server that does not answer at all."""

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from evaluation.errors import FailureKind

ENDPOINT_GIVEN_UP_AFTER = 5
"""Consecutive cases without any answer, after all attempts, before a server is given up."""
UNREACHABLE = frozenset({FailureKind.SERVER_DOWN, FailureKind.LOADING_TIMED_OUT, FailureKind.TIMED_OUT})
GIVES_UP_AT_ONCE = frozenset(
    {
        FailureKind.MODEL_NOT_PULLED,
        FailureKind.BAD_OPTION,
        FailureKind.REFUSED_BY_POLICY,
        FailureKind.OUT_OF_MEMORY,
    }
)
"""Failures that every other case of the candidate would meet too."""
RATE_WINDOW_S = 10.0


@dataclass
class CandidateWatch:
    """Count of one candidate's server failures, which decides when it is given up."""

    budget: int
    n_failed: int = 0
    given_up: str | None = None
    n_failed_elsewhere: int = 0
    """Failures in other processes that ask the same candidate other cases of the run."""

    def saw(self, kind: FailureKind, message: str) -> None:
        """Record a failure of the server."""
        self.n_failed += 1
        if self.given_up:
            return
        if kind in GIVES_UP_AT_ONCE:
            self.given_up = f"{kind}: {message}"
        elif self.n_failed + self.n_failed_elsewhere > self.budget:
            self.given_up = (
                f"the server failed on {self.n_failed + self.n_failed_elsewhere} generations, more than the "
                f"{self.budget} allowed (--max-failures); the last: {kind}: {message}"
            )


@dataclass
class EndpointWatch:
    """Detects that a server is gone for good: many different cases fail in a row, not one."""

    slots: int
    n_in_a_row: int = 0
    given_up: str | None = None
    trouble_since: datetime | None = None
    """Time since which no attempt has reached the server or got an answer; None: the last one has."""

    def tried_again(self) -> None:
        """Record that the server answers again."""
        self.n_in_a_row, self.given_up, self.trouble_since = 0, None, None

    def saw(self, kind: FailureKind | None, message: str = "") -> None:
        """Record an outcome; None: an answer."""
        if kind not in UNREACHABLE:
            self.n_in_a_row = 0
            return
        self.n_in_a_row += 1
        if self.n_in_a_row >= max(ENDPOINT_GIVEN_UP_AFTER, self.slots):
            self.given_up = f"the server did not answer {self.n_in_a_row} cases in a row; the last: {kind}: {message}"


@dataclass
class Pace:
    """Rate of answers over the last seconds."""

    ends: deque[float] = field(default_factory=deque)
    began: float | None = None

    def begin(self) -> None:
        """Start the measurement with the first request: many answers may end at the same moment."""
        if self.began is None:
            self.began = time.monotonic()

    def one_done(self) -> None:
        """Record the end of a generation."""
        self.ends.append(time.monotonic())

    def requests_per_s(self) -> float | None:
        """Return the recent rate of answers per second; None before there are any."""
        now = time.monotonic()
        since = max(now - RATE_WINDOW_S, self.began or 0.0)
        while self.ends and self.ends[0] < since:
            self.ends.popleft()
        if len(self.ends) < 4:
            return None
        return len(self.ends) / max(now - since, 1e-3)
