"""Progress of a model pull: one bar for each layer that the server fetches."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deployments.cli.servers import Answer, connected
from deployments.cli.terminal.output import print_status, progress_console
from evaluation.errors import ConfigurationError, ProviderError
from evaluation.escaping import for_terminal
from evaluation.providers.model_names import is_remote, remote_refused
from evaluation.providers.provider import PullProgress
from evaluation.records.candidates import EndpointRecord

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


def pull_model(endpoint: EndpointRecord, name: str, *, allow_remote: bool) -> Answer:
    """Pull a model, and return the server's answer with that one model.

    Raises:
        ConfigurationError: no server, or a model that runs elsewhere without permission.
        ProviderError: the server refuses, or the pull broke.
    """
    if is_remote(name) and not (allow_remote or endpoint.allow_remote):
        refused = remote_refused(name)
        raise ConfigurationError(refused.message, refused.next_step)
    try:
        return asyncio.run(_interruptible(_pulled(endpoint, name)))
    except KeyboardInterrupt:
        print_status("interrupted; what was downloaded is kept, and the same command resumes from there")
        raise


async def _interruptible(pulling: Coroutine[Any, Any, Answer]) -> Answer:
    """Return the result of the pull.

    A pull that breaks because of Ctrl-C was interrupted, whatever error it raises.
    """
    try:
        return await pulling
    except ProviderError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from None
        raise


async def _pulled(endpoint: EndpointRecord, name: str) -> Answer:
    async with await connected(endpoint) as provider:
        version = await provider.version()
        with _bars() as progress:
            bars = _Bars(progress)
            async for step in provider.pull(name):
                bars.show(step)
        shown = await provider.show(name)
        return Answer(
            endpoint=replace(endpoint, provider=provider.name), version=version, models=(shown,), limits=provider.limits
        )


def _bars() -> "Progress":
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=progress_console(),
    )


class _Bars:
    """Progress display with a bar for each layer, and a line for each step without layers."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._said: str | None = None

    def show(self, step: PullProgress) -> None:
        if step.digest and step.total_bytes:
            self._move(step.digest, step.status, step.total_bytes, step.completed_bytes or 0)
        elif step.status and step.status != self._said:
            self._said = step.status
            self._progress.console.print(_line(step.status))

    def _move(self, digest: str, status: str, total_bytes: int, completed_bytes: int) -> None:
        if digest not in self._tasks:
            self._tasks[digest] = self._progress.add_task(_line(status), total=total_bytes)
        self._progress.update(
            self._tasks[digest], description=_line(status), total=total_bytes, completed=completed_bytes
        )


def _line(text: str) -> str:
    """Return a server's text as one line that is safe for a terminal."""
    return " ".join(for_terminal(text).split())
