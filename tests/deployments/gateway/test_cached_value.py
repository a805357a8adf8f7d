import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from deployments.gateway.cached_value import CachedValue
from evaluation.errors import BenchwrightError


class Source:
    """Counts its readings, and fails where it is told to."""

    def __init__(self) -> None:
        self.n_read = 0
        self.is_away = False
        self.gate: Callable[[], Awaitable[object]] = lambda: asyncio.sleep(0)

    async def read(self) -> int:
        await self.gate()
        if self.is_away:
            raise BenchwrightError("away")
        self.n_read += 1
        return self.n_read


def test_those_who_ask_at_once_wait_for_one_reading() -> None:
    async def story() -> list[int]:
        cached = CachedValue(Source().read, first=0, max_age_s=60.0)
        return list(await asyncio.gather(*(cached.get() for _ in range(5))))

    assert 5 * [1] == asyncio.run(story())


def test_an_old_value_is_served_while_it_is_read_anew() -> None:
    async def story() -> tuple[int, int]:
        source = Source()
        cached = CachedValue(source.read, first=0, max_age_s=60.0)
        await cached.get()
        reading = asyncio.Event()
        source.gate = reading.wait
        cached._read_at = time.monotonic() - 90.0
        old = await cached.get()
        reading.set()
        await cached.renew()
        return old, cached.value

    assert (1, 2) == asyncio.run(story())


def test_a_value_of_long_ago_is_waited_for() -> None:
    async def story() -> int:
        cached = CachedValue(Source().read, first=0, max_age_s=60.0)
        await cached.get()
        cached._read_at = time.monotonic() - 86400.0
        return await cached.get()

    assert 2 == asyncio.run(story())


def test_whoever_failed_is_not_waited_for_again() -> None:
    async def story() -> int:
        source = Source()
        cached = CachedValue(source.read, first=0, max_age_s=60.0)
        await cached.get()
        source.is_away = True
        await cached.renew()
        source.is_away, cached._read_at = False, time.monotonic() - 86400.0
        return await cached.get()

    assert 1 == asyncio.run(story())


def test_a_reading_that_hangs_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def wait(_tasks: object, *, timeout: float = 0.0) -> None:
        waits.append(timeout)

    async def story() -> int:
        source = Source()
        cached = CachedValue(source.read, first=0, max_age_s=60.0)
        await cached.get()
        source.gate = asyncio.Event().wait
        cached._read_at = time.monotonic() - 86400.0
        with monkeypatch.context() as patched:
            patched.setattr(asyncio, "wait", wait)
            await cached.get()
            cached._began_at -= 10.0
            value = await cached.get()
        await cached.close()
        return value

    assert 1 == asyncio.run(story())
    assert (True, 0.0) == (waits[0] > 0, waits[1])


def test_a_failed_reading_leaves_the_value_before_it_and_says_why() -> None:
    async def story() -> tuple[int, str]:
        source = Source()
        cached = CachedValue(source.read, first=0, max_age_s=0.0)
        await cached.get()
        source.is_away = True
        value = await cached.get()
        return value, str(cached.error)

    assert (1, "away") == asyncio.run(story())


def test_closing_ends_a_reading_that_hangs() -> None:
    async def story() -> int:
        source = Source()
        source.gate = asyncio.Event().wait
        cached = CachedValue(source.read, first=7, max_age_s=60.0)
        asking = asyncio.create_task(cached.get())
        await asyncio.sleep(0)
        await cached.close()
        return await asking

    assert 7 == asyncio.run(story())
