"""What keeps work from being started from here: no Prefect server, one that is away, or a model server that is away.

Pages say so before somebody fills in a form. Servers are asked in the background, and no page waits for one that is
away: it shows what the last look told.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import httpx

from deployments.api import flow_runs
from deployments.api.health import answering
from deployments.api.problems import ProblemError
from deployments.api.refreshed import Refreshed
from evaluation.errors import UnknownNameError

EVERY_S = 2.0
"""Seconds from one look at a server to the next."""
WAIT_S = 0.3
"""Seconds that a page waits for the first look, and after a minute without one."""
_OUTDATED_S = 60.0
_MOST_SERVERS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why a button cannot be used now."""

    problem: str
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefectReading:
    """What the Prefect server answered."""

    deployments: frozenset[str]
    """Ours that are there."""
    problem: ProblemError | None
    """Why it did not answer."""


class StartObstacles:
    """The servers that work is started on and answered by, for all who look at one application."""

    def __init__(self) -> None:
        self._prefect: Refreshed[PrefectReading] = Refreshed(every_s=EVERY_S, wait_s=WAIT_S, outdated_s=_OUTDATED_S)
        self._servers: dict[str, Refreshed[tuple[Obstacle, ...]]] = {}
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Look at the Prefect server in the background, which loads what speaks to it."""
        self._prefect.get(_read_prefect, wait_s=0)

    def to_start(self, deployment: str = "") -> Obstacle | None:
        """Return what keeps flow runs from being started; None: nothing.

        Args:
            deployment: The one to start; empty: any.
        """
        if (away := self.away()) is not None:
            return away
        reading = self._prefect.get(_read_prefect)
        deployments = frozenset[str]() if reading is None else reading.deployments
        if deployments and (not deployment or deployment in deployments):
            return None
        name = f"the deployment {deployment!r} is" if deployment else "the deployments of Benchwright are"
        return nothing_starts(
            f"{name} not on the Prefect server", "Run `benchwright deploy`, or start `benchwright serve`."
        )

    def away(self) -> Obstacle | None:
        """Return that no Prefect server answers; None: one does."""
        if not flow_runs.prefect_api():
            return nothing_starts("no Prefect server is named")
        reading = self._prefect.get(_read_prefect)
        if reading is None:
            return nothing_starts("the Prefect server has not answered yet", "Wait for it.")
        if reading.problem is not None:
            return nothing_starts(reading.problem.detail, "Look whether it runs; `benchwright serve` starts one.")
        return None

    def refuse_if_away(self) -> None:
        """Raise at once what a request to a Prefect server that is away would raise after a while.

        Raises:
            ProblemError: 503, no Prefect server.
        """
        reading = self._prefect.get(_read_prefect) if flow_runs.prefect_api() else None
        if reading is not None and reading.problem is not None:
            problem = reading.problem
            raise ProblemError(503, problem.detail, problem.next_step, kind=problem.kind, headers=problem.headers)

    def to_ask(self, urls: Sequence[str]) -> dict[str, Obstacle | None]:
        """Return what keeps each of these model servers from being asked, by address; None: nothing that is known."""
        with self._lock:
            for url in urls:
                self._servers.setdefault(url, Refreshed(every_s=EVERY_S, wait_s=WAIT_S, outdated_s=_OUTDATED_S))
            looks = {url: self._servers[url] for url in urls}
            while len(self._servers) > _MOST_SERVERS:
                del self._servers[next(iter(self._servers))]
        for url, look in looks.items():
            look.get(partial(_look_at, url), wait_s=0)
        deadline = time.monotonic() + WAIT_S
        readings = {
            url: look.get(partial(_look_at, url), wait_s=max(0.0, deadline - time.monotonic()))
            for url, look in looks.items()
        }
        return {url: next(iter(reading or ()), None) for url, reading in readings.items()}

    def to_ask_again(self, url: str) -> Obstacle | None:
        """Return what keeps a model server from being asked that a page has shown.

        Raises:
            UnknownNameError: no page has shown it.
        """
        with self._lock:
            look, shown_urls = self._servers.get(url), list(self._servers)
        if look is None:
            raise UnknownNameError("model server of a page", url, shown_urls)
        return next(iter(look.get(partial(_look_at, url)) or ()), None)


def nothing_starts(why: str, next_step: str | None = None) -> Obstacle:
    """Return that nothing can be started, with why."""
    return Obstacle(problem=f"Nothing can be started from here: {why}", next_step=next_step or flow_runs.NEXT_STEP)


def _read_prefect() -> PrefectReading:
    try:
        return PrefectReading(deployments=flow_runs.deployed(), problem=None)
    except ProblemError as error:
        return PrefectReading(deployments=frozenset(), problem=error)


def _look_at(url: str) -> tuple[Obstacle, ...]:
    """Return that a model server does not answer; nothing where it does."""
    try:
        answering(url)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
        problem = f"It cannot be asked again: the model server at {url} does not answer"
        step = "Start it; `benchwright serve --embedded` has the models of an embedded server."
        return (Obstacle(problem=problem, next_step=step),)
    return ()
