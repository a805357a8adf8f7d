"""Stand-ins in the tests for objects that stay in the program; they query the object but never let it judge.

The program may report what its object contains, returns and is called, because it does not know what the tests expect.
It may not decide whether the object equals, is less than or begins with something, because then it would pass its own
tests. If a function returned the object, this also excludes methods of plain values that compare another value with
their own (`count`, `difference`), and methods of the setup's classes. It does not exclude them if a test created the
object from a class of the program, whose methods are what it tests: `Inventory().count("nails")`.
"""

from __future__ import annotations

from evaluation.sandbox.inside.channel import NotCheckableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from evaluation.sandbox.inside.channel import Channel

_PLAIN_TYPES = (str, bytes, int, float, complex, list, tuple, dict, set, frozenset)
_VERDICTS = frozenset(
    name
    for kind in _PLAIN_TYPES
    for name in dir(kind)
    if name.startswith("is") or name.endswith("with") or name in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__")
) | {"__ge__", "__contains__"}
_RELATIONS = frozenset(
    (
        *("count", "index", "rindex", "find", "rfind", "equals", "difference", "intersection", "union"),
        *("symmetric_difference", "replace", "removeprefix", "removesuffix", "partition", "rpartition"),
        *("split", "rsplit", "strip", "lstrip", "rstrip"),
    )
)
"""Methods of a plain value that take the expected value: remainder, position, count."""


class StandIn:
    """Proxy of an object of the program. Equal only to itself."""

    __slots__ = (
        *("_benchwright_line", "_benchwright_number", "_benchwright_type"),
        *("_benchwright_makes", "_benchwright_is_made", "_benchwright_relation"),
    )

    def __init__(self, line: Channel, number: int, type_name: str) -> None:
        object.__setattr__(self, "_benchwright_line", line)
        object.__setattr__(self, "_benchwright_number", number)
        object.__setattr__(self, "_benchwright_type", type_name)
        object.__setattr__(self, "_benchwright_makes", False)
        object.__setattr__(self, "_benchwright_is_made", False)
        object.__setattr__(self, "_benchwright_relation", None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        relation: tuple[StandIn, str] | None = self._benchwright_relation
        if relation is not None and not all(isinstance(each, StandIn) for each in (*args, *kwargs.values())):
            raise _trouble(relation[0], f"the test asks {_named(relation[0])} itself for {relation[1]!r} of a value")
        answer = self._benchwright_line.ask("call", self, *args, **kwargs)
        if self._benchwright_makes and isinstance(answer, StandIn):
            object.__setattr__(answer, "_benchwright_is_made", True)
        return answer

    def __getattr__(self, name: str) -> Any:
        if name in _VERDICTS:
            raise _trouble(self, f"the test asks {_named(self)} itself for {name!r}")
        line: Channel = self._benchwright_line
        answer = line.ask("getattr", self, name)
        if self._benchwright_makes:
            mark_as_class(answer)
        elif not self._benchwright_is_made and (name in _RELATIONS or name in line.setup_methods):
            if isinstance(answer, StandIn):
                object.__setattr__(answer, "_benchwright_relation", (self, name))
            elif callable(answer):
                raise _trouble(self, f"the test asks {_named(self)} itself for {name!r}")
        return answer

    def __hash__(self) -> int:
        return hash(("stand-in", number_of(self)))

    def __eq__(self, other: object) -> bool:
        return self is other or _refused(self)

    def __ne__(self, other: object) -> bool:
        return self is not other and _refused(self)


def number_of(stand_in: StandIn) -> int:
    """Return the number under which the program knows the object."""
    number: int = object.__getattribute__(stand_in, "_benchwright_number")
    return number


def mark_as_class(value: Any) -> None:
    """Mark a stand-in for an object of the program as a class to the tests: what it returns counts as their own."""
    if isinstance(value, StandIn):
        object.__setattr__(value, "_benchwright_makes", True)


def _named(stand_in: StandIn) -> str:
    return f"an object of type {object.__getattribute__(stand_in, '_benchwright_type')!r}"


def _refused(stand_in: StandIn) -> bool:
    raise _trouble(stand_in, f"the test compares {_named(stand_in)}, which is no plain value")


def _trouble(stand_in: StandIn, words: str) -> BaseException:
    line: Channel = object.__getattribute__(stand_in, "_benchwright_line")
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
"""Binary operators, by their names in `operator`, that two objects of the program may evaluate by themselves."""
for _operation in _ASKED:
    setattr(StandIn, f"__{_operation}__", _asking(_operation))
for _operation in CALCULATED:
    setattr(StandIn, f"__{_operation}__", _calculating(_operation))
    setattr(StandIn, f"__r{_operation}__", _calculating(_operation))  # reached with a plain value only
for _operation in ("lt", "le", "gt", "ge"):
    setattr(StandIn, f"__{_operation}__", _refusing)
