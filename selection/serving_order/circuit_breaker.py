"""Whether a server, or a model of it, that failed is asked again: not for a while, then by one request, then by all."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

N_FAILURES = 3
"""Failures in a row after which a server is left alone."""
FIRST_PAUSE_S = 2.0
LONGEST_PAUSE_S = 60.0
N_MODELS = 2
"""Models whose silence in a row is the server's."""
MOST_MODELS = 256
"""Failing models of one server that are kept in mind: clients may name what they like."""
Blame: TypeAlias = Literal["server", "model", "silence", "request", "nobody"]
"""Whose failure it was.

`server`: nobody answers there. `model`: the server answers, and says that the model failed. `silence`: no answer in
time, or one that broke off, which shows nothing of the server. `request`: the server answers, and refuses what it was
asked. `nobody`: nothing is known, for example since the client left.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreaker:
    """State of one server or model. Every change is a new value; times are of one clock, in seconds."""

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


_CLOSED = CircuitBreaker()


class Tested(NamedTuple):
    """Which open breakers a request tests."""

    server: bool
    model: bool


class Breakers:
    """Breakers of one server: its own, and one for each of its models.

    A server that answers "the model crashed" is there, and its other models may be well. One that says nothing may be
    gone, or only its model may hang: it is left alone as a whole once several models are silent in a row.
    """

    def __init__(self) -> None:
        self._server = CircuitBreaker()
        self._models: OrderedDict[str, CircuitBreaker] = OrderedDict()
        self._silent: set[str] = set()
        """Models that gave no answer in time since the server answered last, `N_MODELS` of them at most."""

    def allows(self, model: str, now: float) -> bool:
        """Check whether a request for the model may be sent."""
        return self._server.allows(now) and self._of(model).allows(now)

    def is_closed(self, model: str) -> bool:
        """Check whether nothing is known against the server and the model: both are asked as usual."""
        return self._server.open_until is None and self._of(model).open_until is None

    def wait_s(self, model: str, now: float) -> float:
        """Return the seconds until the model may be tested; 0 if it may be asked."""
        return max(self._server.wait_s(now), self._of(model).wait_s(now))

    def started(self, model: str) -> "Tested":
        """Note that an allowed request is on its way, and return what it tests."""
        tested = Tested(server=self._server.open_until is not None, model=self._of(model).open_until is not None)
        self._server = self._server.started()
        self._keep(model, self._of(model).started())
        return tested

    def succeeded(self, model: str) -> None:
        """Note an answer."""
        self._answers()
        self._keep(model, _CLOSED)

    def failed(self, model: str, now: float, blame: Blame, tested: "Tested") -> None:
        """Note how a request ended that got no answer.

        Args:
            model: The model that was asked.
            now: The time.
            blame: Whose failure it was. A server that tells of its model's failure, or refuses a request, answers.
            tested: What `started` returned for the request.
        """
        if blame == "server":
            self._server = self._server.failed(now, was_test=tested.server)
        elif blame == "silence":
            self._hung(model, now, tested)
        elif blame == "nobody":
            self._server = self._server.abandoned(was_test=tested.server)
        else:
            self._answers()
        before = self._of(model)
        is_its_own = blame in ("model", "silence")
        after = before.failed(now, was_test=tested.model) if is_its_own else before.abandoned(was_test=tested.model)
        self._keep(model, after)

    def _answers(self) -> None:
        self._server = self._server.succeeded()
        self._silent.clear()

    def _hung(self, model: str, now: float, tested: "Tested") -> None:
        """Note silence, which counts against the server once two models of it were silent with no answer between."""
        if len(self._silent) < N_MODELS:
            self._silent.add(model)
        if len(self._silent) >= N_MODELS:
            self._server = self._server.failed(now, was_test=tested.server)
        else:
            self._server = self._server.abandoned(was_test=tested.server)

    def _of(self, model: str) -> CircuitBreaker:
        return self._models.get(model, _CLOSED)

    def _keep(self, model: str, breaker: CircuitBreaker) -> None:
        self._models.pop(model, None)
        if breaker != _CLOSED:
            self._models[model] = breaker
            if len(self._models) > MOST_MODELS:
                self._models.popitem(last=False)
