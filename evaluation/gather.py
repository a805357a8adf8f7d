"""Concurrent coroutines, of which the first error cancels the others and is raised unchanged."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def gather_or_cancel(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Return all results in order.

    An error is raised by itself, not in a group: Prefect pickles it, and callers catch it by type.
    """
    try:
        async with asyncio.TaskGroup() as group:
            begun = [group.create_task(work) for work in works]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    return [work.result() for work in begun]
