"""Which server is needed for a group's work, and when nobody is left for it."""

import asyncio
from typing import cast

import pytest

from evaluation.candidate import PLAIN_PROFILE
from evaluation.planning.plan import Group, Lane, PlannedCandidate
from evaluation.providers.provider import Provider
from tasks.generation.give_up_rules import EndpointWatch
from tasks.generation.group_work import GroupWork
from tasks.generation.pool import Station


def a_lane(name: str, slots: int = 2) -> Lane:
    return Lane(
        endpoint_name=name,
        url=f"http://{name}",
        provider="ollama",
        key_variable=None,
        slots=slots,
        allow_remote=False,
        gpu_tag=f"gpu-{name}",
    )


def a_station(name: str) -> Station:
    return Station(lane=a_lane(name), provider=cast(Provider, None), watch=EndpointWatch(slots=2))


def some_work(*endpoints: str, n_cases: int = 10) -> GroupWork:
    planned = PlannedCandidate(
        run_id="run",
        run_candidate_id=1,
        benchmark_version="v",
        benchmark_name="numbers",
        label="good",
        model="good",
        options={},
        load_options={},
        think=None,
        profile=PLAIN_PROFILE,
        seed=0,
        n_cases=n_cases,
        n_repeats=1,
        failure_budget=0,
        endpoints=endpoints,
    )
    return GroupWork(Group(model="good", load_options={}, planned=(planned,)))


def test_the_first_server_is_needed_for_whatever_there_is() -> None:
    work = some_work("one", "two", n_cases=1)

    assert work.needs(a_lane("one", slots=8))
    assert not work.needs(a_lane("elsewhere"))


@pytest.mark.parametrize(("n_left", "is_needed"), [(4, False), (5, True)])
def test_another_one_is_needed_where_enough_is_left_for_each_of_its_slots(n_left: int, is_needed: bool) -> None:
    work = some_work("one", "two", n_cases=n_left)
    work.at_it.add("one")

    assert is_needed is work.needs(a_lane("two", slots=2))


def test_a_server_has_nothing_to_do_where_all_is_handed_out_and_another_has_the_model_loaded() -> None:
    async def work() -> list[bool]:
        shared = some_work("one", "two")
        one, two = a_station("one"), a_station("two")
        shared.at_it |= {"one", "two"}
        shared.pool.join(one)
        shared.left[1] = 0
        while_two_loads = shared.is_idle_for(one)
        shared.pool.join(two)
        when_two_serves = shared.is_idle_for(one)
        shared.pool.part(one)
        of_two_alone = shared.is_idle_for(two)
        return [while_two_loads, when_two_serves, of_two_alone]

    assert [False, True, False] == asyncio.run(work())


@pytest.mark.parametrize(
    ("n_open", "n_asking", "n_pausing", "is_idle"),
    [(1, 1, 0, True), (5, 1, 4, True), (1, 0, 0, False), (3, 2, 0, False), (6, 1, 5, False)],
)
def test_a_server_stays_for_cases_whose_shard_just_began_and_for_many_that_pause(
    n_open: int, n_asking: int, n_pausing: int, is_idle: bool
) -> None:
    async def work() -> bool:
        shared = some_work("one", "two")
        one, two = a_station("one"), a_station("two")
        shared.pool.join(one)
        shared.pool.join(two)
        shared.left[1] = 0
        shared.pool.open_items.update((1, str(number), 0) for number in range(n_open))
        shared.pool.n_asking, shared.pool.n_pausing = n_asking, n_pausing
        return shared.is_idle_for(one)

    assert is_idle is asyncio.run(work())


def test_a_server_has_something_to_do_while_cases_are_left() -> None:
    async def work() -> bool:
        shared = some_work("one", "two", n_cases=1)
        one, two = a_station("one"), a_station("two")
        shared.pool.join(one)
        shared.pool.join(two)
        return shared.is_idle_for(one)

    assert not asyncio.run(work())


def test_work_that_the_last_server_refused_is_given_up_with_all_their_reasons() -> None:
    work = some_work("one", "two")

    work.refuse("one", "out of memory")
    assert (None, True, False) == (work.why_given_up, work.is_open_to("two"), work.is_open_to("one"))
    assert not work.pool.opened.is_set()

    work.refuse("two", "not pulled")
    assert "out of memory; not pulled" == work.why_given_up
    assert work.pool.opened.is_set()


def test_one_reason_of_several_servers_is_said_once() -> None:
    work = some_work("one", "two")
    for name in ("one", "two"):
        work.refuse(name, "out of memory")

    assert "out of memory" == work.why_given_up


def test_work_that_has_ended_needs_nobody() -> None:
    work = some_work("one")
    work.ended.set()

    assert not work.is_open_to("one")
    assert not work.needs(a_lane("one"))
