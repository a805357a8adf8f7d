"""Evaluations that want the same GPU, and the server of its limits."""

from collections.abc import Callable
from typing import Any

import pytest
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
