"""Whether the parts that answer and work are there, each with the time that it took to say so."""

import os
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx

from deployments.api import flow_runs
from deployments.api.problems import ProblemError
from deployments.cli.arguments import open_stored
from evaluation.errors import BenchwrightError
from evaluation.formatting import excerpt
from evaluation.providers.addresses import default_url
from evaluation.store.registry import list_endpoints
from evaluation.store.summaries import list_runs

WITHIN_S = 3.0
LEAST_FREE_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A part that was checked."""

    name: str
    ok: bool
    seconds: float
    detail: str
    needed: bool = True
    """Whether requests cannot be answered without it."""


def check(name: str, look: Callable[[], str], *, needed: bool = True) -> Check:
    """Return what a look at a part found; an error is its detail."""
    began = time.perf_counter()
    try:
        detail, ok = look(), True
    except (BenchwrightError, httpx.HTTPError, OSError, ValueError) as error:
        detail, ok = excerpt(_message(error), 500), False
    return Check(name=name, ok=ok, seconds=round(time.perf_counter() - began, 6), detail=detail, needed=needed)


def _message(error: Exception) -> str:
    if isinstance(error, BenchwrightError):
        return error.message
    return str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"


def ready() -> tuple[Check, ...]:
    """Return the checks without which no request can be answered."""
    return (check("database", _database),)


def deep(*, embedded_url: str | None = None) -> tuple[Check, ...]:
    """Return the checks of all parts, made side by side: database, Prefect, its workers, endpoints, disk, clock.

    Args:
        embedded_url: Address of a running embedded server, which is checked too.
    """
    looks: list[tuple[str, Callable[[], str], bool]] = [
        ("database", _database, True),
        ("prefect", _prefect, False),
        ("worker", _workers, False),
        ("disk", _disk, True),
        ("clock", _clock, False),
    ]
    for name, url in _endpoints(embedded_url).items():
        looks.append((f"endpoint {name}", partial(answering, url), False))
    with ThreadPoolExecutor(max_workers=len(looks)) as pool:
        begun = [
            pool.submit(copy_context().run, partial(check, name, look, needed=needed)) for name, look, needed in looks
        ]
        return tuple(each.result() for each in begun)


def _endpoints(embedded_url: str | None) -> dict[str, str]:
    """Return the addresses of the model servers that evaluations and the gateway ask, by name."""
    try:
        with open_stored(None) as store:
            stored = {endpoint.name: endpoint.url for endpoint in list_endpoints(store)}
    except BenchwrightError:
        stored = {}
    default = default_url(os.environ)
    return (stored or {default: default}) | ({} if embedded_url is None else {"embedded": embedded_url})


def _database() -> str:
    with open_stored(None) as store:
        store.check()
        return store.shown_url


def _prefect() -> str:
    from prefect.settings import get_current_settings

    api = get_current_settings().api
    if not api.url:
        raise ValueError("no Prefect server is named (PREFECT_API_URL)")
    return answering(f"{api.url.rstrip('/')}/health")


def _workers() -> str:
    try:
        return flow_runs.workers()
    except ProblemError as error:
        raise ValueError(f"{error.detail}; next: {error.next_step}" if error.next_step else error.detail) from None


def answering(url: str) -> str:
    """Return the address of a server that answers.

    Raises:
        ValueError: it answers with a failure of its own.
        httpx.HTTPError: it does not answer.
    """
    response = httpx.get(url, timeout=WITHIN_S, trust_env=False)
    if response.status_code >= 500:
        raise ValueError(f"{url} answered {response.status_code}")
    return url


def _disk() -> str:
    with open_stored(None) as store:
        folder = Path(store.path).parent if store.dialect == "sqlite" else Path.cwd()
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise ValueError(f"{free // 1024**2} MB are free in {folder}")
    return f"{free // 1024**2} MB free"


def _clock() -> str:
    """Check that the clock is not before the newest stored run, which would order results wrongly."""
    with open_stored(None) as store:
        newest = list_runs(store, limit=1, include_archived=True)
    now = datetime.now(UTC)
    if newest and newest[0].created_at > now:
        raise ValueError(
            f"the clock says {now.isoformat()}, and the newest run is of {newest[0].created_at.isoformat()}"
        )
    return now.isoformat()
