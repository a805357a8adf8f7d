"""Evaluations that want the same GPU, and the server of its limits."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from logical_time import LogicalLoop, logical_time
from slot_workers import FakeLimits, Worker


@pytest.fixture
def limits() -> FakeLimits:
    return FakeLimits()


@pytest.fixture
def worker(limits: FakeLimits) -> Callable[..., Worker]:
    """Makes evaluations that want the same GPU."""

    def make(model: str = "small", **options: Any) -> Worker:
        return Worker(options.pop("open_limits", limits.open), model, **options)

    return make


@pytest.fixture
def in_logical_time() -> Iterator[None]:
    """Seconds pass at once, where everything is in this process."""
    modules = [
        f"tasks.slots.{name}"
        for name in ("allotment", "lease_renewal", "leases", "queue_order", "turns", "handover", "haste")
    ]
    with logical_time(*modules, make_loop=partial(LogicalLoop, quiet_s=0.0)):
        yield
