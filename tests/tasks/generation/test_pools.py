"""Work goes to whichever server is free, in the order in which it came; a server that leaves takes nothing along."""

import asyncio
from typing import Any, cast

import pytest

from evaluation.planning.plan import Lane
from evaluation.providers.provider import Provider
from tasks.generation.give_up_rules import EndpointWatch
from tasks.generation.pool import Pool, Station


def a_station(name: str, capacity: int) -> Station:
    lane = Lane(
        endpoint_name=name,
        url=f"http://{name}",
        provider="ollama",
        key_variable=None,
        slots=capacity,
        allow_remote=False,
        gpu_tag=f"gpu-{name}",
    )
    station = Station(lane=lane, provider=cast(Provider, None), watch=EndpointWatch(slots=capacity))
    station.gate.resize(capacity)
    return station


def a_pool(*stations: Station) -> Pool:
    pool = Pool()
    for station in stations:
        pool.join(station)
    return pool


async def names(pool: Pool, n: int) -> list[str]:
    return [station.name for _ in range(n) if (station := await pool.enter()) is not None]


def run(work: Any) -> Any:
    return asyncio.run(work)


def test_the_emptier_server_is_taken_first() -> None:
    async def work() -> list[str]:
        return await names(a_pool(a_station("small", 1), a_station("large", 3)), 4)

    assert ["small", "large", "large", "large"] == run(work())


def test_who_came_first_is_served_first_when_a_slot_becomes_free() -> None:
    async def work() -> list[int]:
        station = a_station("one", 1)
        pool = a_pool(station)
        await pool.enter()
        served: list[int] = []

        async def wait(number: int) -> None:
            await pool.enter()
            served.append(number)

        waiting = [asyncio.create_task(wait(number)) for number in range(3)]
        await asyncio.sleep(0)
        for _ in range(3):
            station.gate.leave()
            await asyncio.sleep(0.001)
        await asyncio.gather(*waiting)
        return served

    assert [0, 1, 2] == run(work())


def test_a_slot_that_was_given_to_somebody_who_went_away_is_given_on() -> None:
    async def work() -> bool:
        station = a_station("one", 1)
        pool = a_pool(station)
        await pool.enter()
        leaving, staying = (asyncio.create_task(pool.enter()) for _ in range(2))
        await asyncio.sleep(0)
        station.gate.leave()
        leaving.cancel()
        async with asyncio.timeout(5):
            return await staying is station

    assert run(work())


def test_a_server_that_joins_serves_who_waits_and_one_that_parted_gets_nothing_more() -> None:
    async def work() -> tuple[list[str], int]:
        first, second = a_station("first", 1), a_station("second", 2)
        pool = a_pool(first)
        await pool.enter()
        waiting = [asyncio.create_task(pool.enter()) for _ in range(3)]
        await asyncio.sleep(0)
        pool.part(first)
        first.gate.leave()
        pool.join(second)
        done, still = await asyncio.wait(waiting, timeout=0.05)
        for task in still:
            task.cancel()
        return [station.name for task in done if (station := task.result())], pool.capacity

    assert (["second", "second"], 2) == run(work())


def test_a_server_that_was_given_up_is_left_out_where_there_is_another() -> None:
    async def work() -> tuple[list[str], bool, bool]:
        dead, alive = a_station("dead", 2), a_station("alive", 2)
        pool = a_pool(dead, alive)
        dead.watch.given_up = "gone"
        return await names(pool, 2), pool.has_another(dead), pool.has_another(alive)

    assert (["alive", "alive"], True, False) == run(work())


def test_the_only_server_that_is_left_serves_nobody_once_it_was_given_up() -> None:
    async def work() -> tuple[bool, Station | None]:
        station = a_station("dead", 2)
        pool = a_pool(station)
        station.watch.given_up = "gone"
        waiting = asyncio.create_task(pool.enter())
        await asyncio.sleep(0)
        still_waits = not waiting.done()
        pool.close()
        return still_waits, await waiting

    assert (True, None) == run(work())


def test_a_closed_pool_serves_nobody_and_keeps_nobody_waiting() -> None:
    async def work() -> list[Station | None]:
        station = a_station("one", 1)
        pool = a_pool(station)
        await pool.enter()
        waiting = asyncio.create_task(pool.enter())
        await asyncio.sleep(0)
        pool.close()
        return [await waiting, await pool.enter()]

    assert [None, None] == run(work())


def items(n: int) -> list[tuple[int, str, int]]:
    return [(1, str(number), 0) for number in range(n)]


@pytest.mark.parametrize(
    ("n_open", "n_pausing", "hungry"), [(0, 0, True), (13, 0, True), (14, 0, False), (14, 1, True)]
)
def test_another_shard_is_wanted_while_slots_could_become_idle(n_open: int, n_pausing: int, hungry: bool) -> None:
    async def work() -> bool:
        pool = a_pool(a_station("one", 4))
        pool.open_items.update(items(n_open))
        pool.n_pausing = n_pausing
        return pool.is_hungry(5)

    assert hungry == run(work())


def test_a_case_that_asks_several_times_at_once_wants_as_many_slots() -> None:
    async def work() -> list[int]:
        pool = a_pool(a_station("here", 1))
        pool.open_items.update(items(1))
        wanted = [pool.n_wanted]
        await pool.enter()
        wanted.append(pool.n_wanted)
        others = [asyncio.ensure_future(pool.enter()) for _ in range(2)]
        await asyncio.sleep(0)
        wanted.append(pool.n_wanted)
        pool.open_items.update(items(7))
        wanted.append(pool.n_wanted)
        for other in others:
            other.cancel()
        return wanted

    assert [1, 1, 3, 7] == run(work())
