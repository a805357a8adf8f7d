"""Both sides hold the same lists, whoever changes them, and let go of those that one side lost."""

from typing import Any

import pytest

from evaluation.sandbox.inside.shared import GarbageError, Shared, contents, replace
from evaluation.sandbox.inside.values import Decoder, Encoder, PlainOnly


def _sent(value: Any, sender: Shared, receiver: Shared) -> Any:
    """What arrives, with all changes and losses, as a line sends it."""
    changed, lost = sender.settle()
    data = Encoder(PlainOnly(), sender).encoded((sender.rows(changed), lost, value))
    sender.settle()
    sender.forget(lost)
    changes, lost, found = Decoder(PlainOnly(), data, receiver).decoded()
    receiver.change(changes)
    receiver.forget(lost)
    receiver.settle()
    return found


def test_a_list_that_was_sent_comes_back_as_itself_with_what_was_changed() -> None:
    here, there = Shared(0), Shared(1)
    mine = [1, [2]]
    yours = _sent(mine, here, there)
    yours[1].append(3)
    assert _sent(yours, there, here) is mine
    assert [1, [2, 3]] == mine
    mine.append(mine)
    assert _sent(mine, here, there) is yours
    assert yours[2] is yours


def test_what_one_side_holds_no_more_is_forgotten_by_both() -> None:
    here, there = Shared(0), Shared(1)
    kept, lost = [[1]], [[2]]
    loop: list[Any] = []
    loop.append(loop)
    yours = _sent((kept, lost, loop), here, there)
    assert 5 == len(here.numbers) == len(there.numbers)
    del lost, loop
    _sent(None, here, there)
    assert 2 == len(here.numbers) == len(there.numbers)
    del yours
    _sent(None, there, here)
    assert frozenset() == here.numbers == there.numbers
    assert [[1]] == kept


@pytest.mark.parametrize("number", [0, 1, 2, -1, "1", None, True])
def test_a_number_that_is_not_the_other_sides_and_new_is_refused(number: Any) -> None:
    shared = Shared(0)
    shared.accept(1, [])
    with pytest.raises(GarbageError):
        shared.accept(number, [])
    with pytest.raises(GarbageError):
        shared.value_of(5)


@pytest.mark.parametrize("value", [[1], {1: 2}, {1}, bytearray(b"a")])
def test_contents_make_an_equal_value(value: Any) -> None:
    other = type(value)()
    replace(other, contents(value))
    assert value == other
