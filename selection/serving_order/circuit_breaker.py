"""Whether a server that failed is asked again: not for a while, then by one request, then by all."""

from dataclasses import dataclass, replace

N_FAILURES = 3
"""Failures in a row after which a server is left alone."""
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreaker:
    """State of one server. Every change is a new value; times are of one clock, in seconds."""

    n_failures: int = 0
    """Failures in a row."""
    open_until: float | None = None
    """None: closed, the server is asked as usual. Later, one request tests it."""
    n_openings: int = 0
    """Openings since the last success: each pause is twice as long as the one before."""
    is_tested: bool = False
    """Whether the request that tests the server is on its way."""

    def allows(self, now: float) -> bool:
        """Check whether a request may be sent."""
        return self.open_until is None or (now >= self.open_until and not self.is_tested)

    def wait_s(self, now: float) -> float:
        """Return the seconds until the server may be tested; 0 if it may be asked."""
        return 0.0 if self.open_until is None else max(0.0, self.open_until - now)

    def started(self) -> "CircuitBreaker":
        """Return the state once an allowed request is on its way."""
        return self if self.open_until is None else replace(self, is_tested=True)

    def succeeded(self) -> "CircuitBreaker":
        """Return the state after an answer."""
        return CircuitBreaker()

    def failed(self, now: float, *, was_test: bool) -> "CircuitBreaker":
        """Return the state after a failure of the server.

        Args:
            now: The time.
            was_test: Whether it was the request that tested an open breaker. Others that were on their way when it
                opened prolong nothing.
        """
        n_failures = self.n_failures + 1
        if self.open_until is not None and not was_test:
            return self
        if self.open_until is None and n_failures < N_FAILURES:
            return replace(self, n_failures=n_failures)
        pause_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(self.n_openings, 10))
        return CircuitBreaker(n_failures=n_failures, open_until=now + pause_s, n_openings=self.n_openings + 1)

    def abandoned(self, *, was_test: bool) -> "CircuitBreaker":
        """Return the state after a request that says nothing of the server: its client left, or it was refused."""
        return replace(self, is_tested=False) if was_test else self
