"""Mutable values (lists, dictionaries and the like) that both sides hold, kept in sync.

Only one side runs at a time, so it is enough to send the local changes whenever the other side's turn comes. A value
that one side no longer holds is no longer shared.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    Row = tuple[Any, ...]


class GarbageError(Exception):
    """Raised for bytes that do not encode a value, or for an unknown number."""


_PLAIN = (bool, int, float, complex, str, bytes, tuple, list, dict, set, frozenset)
_CHECKERS = 0
"""First object number of the tests' side."""


class Shared:
    """Values that both sides hold. One side's numbers are even, the other's odd."""

    def __init__(self, first: int = 0) -> None:
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._rows: dict[int, Row] = {}
        self._own, self._next = first, first

    def number_of(self, value: Any) -> int | None:
        """Return the number of a value; None where it is not shared."""
        return self._numbers.get(id(value))

    def value_of(self, number: Any) -> Any:
        """Return the value with that number."""
        if number not in self._objects:
            raise GarbageError("a number that no value has")
        return self._objects[number]

    def add(self, value: Any) -> int:
        """Return a new number for a value that is being sent to the other side."""
        number, self._next = self._next, self._next + 2
        self._put(number, value)
        return number

    def accept(self, number: Any, value: Any) -> None:
        """Store a value under the number that the other side gave it."""
        if type(number) is not int or number < 0 or number % 2 == self._own or number in self._objects:
            raise GarbageError("a number that is not new")
        self._put(number, value)

    def _put(self, number: int, value: Any) -> None:
        self._objects[number] = value
        self._numbers[id(value)] = number

    def settle(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Record what every value holds now; return the numbers of those that changed, and of those dropped here."""
        changed = tuple(number for number in self._objects if self._has_changed(number))
        self._rows = {number: contents(value) for number, value in self._objects.items()}
        return changed, self._lost()

    def unsettle(self, changed: Iterable[int]) -> None:
        """Mark these changes as not yet known to the other side."""
        for number in changed:
            self._rows.pop(number, None)

    def rows(self, numbers: Iterable[int]) -> tuple[tuple[int, Row], ...]:
        """Return the contents of these values, with their numbers."""
        return tuple((number, self._rows[number]) for number in numbers)

    def _has_changed(self, number: int) -> bool:
        was = self._rows.get(number)
        return was is None or _differs(was, contents(self._objects[number]))

    def change(self, changes: Iterable[tuple[int, Row]]) -> None:
        """Update the values to their contents on the other side."""
        for number, row in changes:
            self.fill(self.value_of(number), row)

    def fill(self, value: Any, row: Iterable[Any]) -> None:
        """Replace a value's contents in place; refuse contents that would run instead of the tests' own code."""
        held = tuple(row)
        if self._own == _CHECKERS and not isinstance(value, list | dict | set | bytearray) and not _is_deque(value):
            _refuse_shadows(value, held)
        replace(value, held)

    def forget(self, numbers: Iterable[int]) -> None:
        """Stop sharing these values."""
        for number in numbers:
            if number in self._objects:
                del self._numbers[id(self._objects.pop(number))]
                self._rows.pop(number, None)

    @property
    def numbers(self) -> frozenset[int]:
        """All numbers in use."""
        return frozenset(self._objects)

    def _lost(self) -> tuple[int, ...]:
        """Return the numbers of the values that nothing on this side refers to but one another and this table."""
        inner = self._inner_references()
        held = [
            number
            for number in self._objects
            # One reference is the table's, one the question's own.
            if sys.getrefcount(self._objects[number]) - inner.get(number, 0) > 2
        ]
        reached = set(held)
        while held:
            row = self._rows[held.pop()]
            inside = {self._numbers[id(each)] for each in row if id(each) in self._numbers} - reached
            reached |= inside
            held.extend(inside)
        return tuple(number for number in self._objects if number not in reached)

    def _inner_references(self) -> dict[int, int]:
        """Return how often each value is referred to by the others: once in the value, and once in its row."""
        counts: dict[int, int] = {}
        for row in self._rows.values():
            for each in row:
                number = self._numbers.get(id(each))
                if number is not None:
                    counts[number] = counts.get(number, 0) + 2
        return counts


def _refuse_shadows(value: Any, row: Row) -> None:
    """Refuse an instance of a class of the tests' setup that has methods of its own: they belong to the class."""
    half = len(row) // 2
    for name, each in zip(row[:half], row[half:], strict=False):
        of_class = getattr(type(value), str(name), None)
        is_new = each is not of_class and vars(value).get(str(name)) is not each
        if is_new and callable(each) and not (of_class is None or isinstance(of_class, _PLAIN)):
            raise GarbageError(f"an object of type {type(value).__name__!r} with a method {str(name)!r} of its own")


def contents(value: Any) -> Row:
    """Return the contents of a mutable value, as a flat row that `replace` takes."""
    kind = type(value)
    if issubclass(kind, bytearray):
        return (bytes(value),)
    if issubclass(kind, dict):
        return (*dict.keys(value), *dict.values(value))
    if issubclass(kind, list):
        return tuple(list.__iter__(value))
    if issubclass(kind, set):
        return tuple(set.__iter__(value))
    if _is_deque(value):
        return tuple(value)
    attributes = vars(value)
    return (*attributes.keys(), *attributes.values())


def replace(value: Any, row: Iterable[Any]) -> None:
    """Replace the contents of a mutable value, in place."""
    held = tuple(row)
    half = len(held) // 2
    match value:
        case bytearray():
            value[:] = held[0]
        case list():
            value[:] = held
        case set():
            value.clear()
            value.update(held)
        case dict():
            value.clear()
            for key, each in zip(held[:half], held[half:], strict=True):
                value[key] = each
        case _ if _is_deque(value):
            value.clear()
            value.extend(held)
        case _:
            vars(value).clear()
            vars(value).update(zip(map(str, held[:half]), held[half:], strict=True))


def _is_deque(value: Any) -> bool:
    kind = getattr(sys.modules.get("collections"), "deque", None)
    return kind is not None and issubclass(type(value), kind)


def _differs(was: Row, now: Row) -> bool:
    return len(was) != len(now) or not all(
        old is new or (type(old) is bytes and type(new) is bytes and old == new)
        for old, new in zip(was, now, strict=True)
    )
