"""What do the tests hold of an object that stays in the program? A stand-in that asks, and never lets it judge.

The program may say what its object holds, gives and is called, for it does not know what the tests expect of that. It
may not say whether the object equals, is less than or begins with something, for then it would pass its own tests.
"""

from __future__ import annotations

from evaluation.sandbox.inside.line import NotCheckableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from evaluation.sandbox.inside.line import Line

_PLAIN_TYPES = (str, bytes, int, float, complex, list, tuple, dict, set, frozenset)
_VERDICTS = frozenset(
    name
    for kind in _PLAIN_TYPES
    for name in dir(kind)
    if name.startswith("is") or name.endswith("with") or name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__")
) | {"__ge__", "__contains__"}


class StandIn:
    """An object of the program. Equal to nothing but itself."""

    __slots__ = ("_benchwright_line", "_benchwright_number", "_benchwright_type")

    def __init__(self, line: Line, number: int, type_name: str) -> None:
        object.__setattr__(self, "_benchwright_line", line)
        object.__setattr__(self, "_benchwright_number", number)
        object.__setattr__(self, "_benchwright_type", type_name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._benchwright_line.ask("call", self, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name in _VERDICTS:
            raise _trouble(self, f"the test asks {_named(self)} itself for {name!r}")
        return self._benchwright_line.ask("getattr", self, name)

    def __hash__(self) -> int:
        return hash(("stand-in", number_of(self)))

    def __eq__(self, other: object) -> bool:
        return self is other or _refused(self)

    def __ne__(self, other: object) -> bool:
        return self is not other and _refused(self)


def number_of(stand_in: StandIn) -> int:
    """The number under which the program knows the object."""
    number: int = object.__getattribute__(stand_in, "_benchwright_number")
    return number


def _named(stand_in: StandIn) -> str:
    return f"an object of type {object.__getattribute__(stand_in, '_benchwright_type')!r}"


def _refused(stand_in: StandIn) -> bool:
    raise _trouble(stand_in, f"the test compares {_named(stand_in)}, which is no plain value")


def _trouble(stand_in: StandIn, words: str) -> BaseException:
    line: Line = object.__getattribute__(stand_in, "_benchwright_line")
    return line.troubled(NotCheckableError(words))


def _asking(operation: str) -> Callable[..., Any]:
    def ask(self: StandIn, *args: Any) -> Any:
        return self._benchwright_line.ask(operation, self, *args)

    return ask


def _calculating(operation: str) -> Callable[..., Any]:
    def calculate(self: StandIn, other: Any) -> Any:
        if not isinstance(other, StandIn):
            raise _trouble(self, f"the test calculates with {_named(self)}, which is no plain value")
        return self._benchwright_line.ask(operation, self, other)

    return calculate


def _refusing(self: StandIn, other: Any) -> bool:
    return _refused(self)


_ASKED = (
    *("setattr", "delattr", "getitem", "setitem", "delitem", "len", "iter", "next"),
    *("str", "repr", "bool", "int", "float", "index", "enter", "exit", "neg", "abs"),
)
CALCULATED = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor", "matmul")
"""Operators, under the names of `operator`, that two objects of the program may settle among themselves."""
for _operation in _ASKED:
    setattr(StandIn, f"__{_operation}__", _asking(_operation))
for _operation in CALCULATED:
    setattr(StandIn, f"__{_operation}__", _calculating(_operation))
    setattr(StandIn, f"__r{_operation}__", _calculating(_operation))  # reached with a plain value only
for _operation in ("lt", "le", "gt", "ge"):
    setattr(StandIn, f"__{_operation}__", _refusing)
