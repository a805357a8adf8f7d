import asyncio

import pytest

from tasks.slots import Gate


def test_nobody_enters_a_new_gate() -> None:
    gate = Gate()
    assert not gate.try_enter()
    assert gate.n_inside == 0


def test_as_many_enter_as_the_capacity_says() -> None:
    gate = Gate()
    gate.resize(2)
    assert [True, True, False] == [gate.try_enter() for _ in range(3)]
    gate.leave()
    assert gate.try_enter()
    assert gate.n_inside == 2


def test_a_smaller_gate_throws_nobody_out_and_lets_nobody_in_until_there_is_room() -> None:
    gate = Gate(3)
    for _ in range(3):
        gate.try_enter()
    gate.resize(1)
    assert gate.n_inside == 3
    gate.leave()
    gate.leave()
    assert not gate.try_enter()
    gate.leave()
    assert gate.try_enter()


def test_who_was_not_inside_cannot_leave() -> None:
    with pytest.raises(RuntimeError, match="without being entered"):
        Gate(1).leave()


def test_callbacks_hear_of_growth_and_of_those_who_leave_and_of_nothing_else() -> None:
    gate = Gate()
    heard: list[tuple[int, int]] = []
    gate.on_change(lambda: heard.append((gate.capacity, gate.n_inside)))
    gate.resize(2)
    gate.try_enter()
    gate.resize(1)
    gate.leave()
    assert [(2, 0), (1, 0)] == heard


def test_waiting_for_room_ends_when_few_enough_are_inside() -> None:
    async def scenario() -> None:
        gate = Gate(3)
        for _ in range(3):
            gate.try_enter()
        for_one, for_none = (asyncio.create_task(gate.until_at_most(n)) for n in (1, 0))
        await asyncio.sleep(0)
        gate.leave()
        await asyncio.sleep(0)
        assert not for_one.done()
        gate.leave()
        await for_one
        assert not for_none.done()
        gate.leave()
        await for_none
        await gate.until_at_most(0)

    asyncio.run(scenario())


def test_who_gives_up_waiting_for_room_is_forgotten() -> None:
    async def scenario() -> None:
        gate = Gate(1)
        gate.try_enter()
        waiting = asyncio.create_task(gate.until_at_most(0))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        gate.leave()
        assert waiting.cancelled()

    asyncio.run(scenario())
