import asyncio
from collections.abc import Awaitable, Callable

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
        cached = CachedValue(source.read, first=0, max_age_s=1e-9)
        await cached.get()
        reading = asyncio.Event()
        source.gate = reading.wait
        old = await cached.get()
        reading.set()
        await cached.renew()
        return old, cached.value

    assert (1, 2) == asyncio.run(story())


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
