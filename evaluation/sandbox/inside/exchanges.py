"""Exchanges: which objects cross between the interpreters, and in which form.

Each side keeps its own objects, and refers to the other's by number or name.
"""

from __future__ import annotations

import builtins
import sys
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, MethodType

from evaluation.sandbox.inside.shared import GarbageError
from evaluation.sandbox.inside.stand_ins import StandIn, number_of
from evaluation.sandbox.inside.values import NotCarriedError, drained

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from evaluation.sandbox.inside.channel import Channel

PROGRAM = "program"
"""Name of the module in which the benchmark's setup and the program run, on both sides."""
_PLAIN_CLASSES = (int, float, complex, bool, str, bytes, bytearray, list, tuple, dict, set, frozenset, range, object)


class Own:
    """Objects kept on this side, by number."""

    def __init__(self) -> None:
        self._objects: list[Any] = []
        self._numbers: dict[int, int] = {}

    def number(self, value: Any) -> int:
        """Return the number of an object, and keep the object alive from then on."""
        if id(value) not in self._numbers:
            self._numbers[id(value)] = len(self._objects)
            self._objects.append(value)
        return self._numbers[id(value)]

    def __getitem__(self, number: Any) -> Any:
        if type(number) is not int or not 0 <= number < len(self._objects):
            raise GarbageError("a number that no object has")
        return self._objects[number]


class CheckerExchange:
    """Exchange of the tests' side: sends callable functions and classes of the setup; receives stand-ins."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.line: Channel | None = None
        self._namespace = namespace
        self._own = Own()
        self._stand_ins: dict[int, StandIn] = {}

    def export(self, value: Any) -> tuple[bytes, tuple[Any, ...]]:
        if isinstance(value, StandIn):
            return b"O", (number_of(value),)
        name = _library_name(value) or _setup_name(value, self._namespace)
        if name:
            return b"k", name
        if isinstance(value, FunctionType | MethodType | BuiltinFunctionType):
            return b"o", (self._own.number(value), type(value).__name__)
        if hasattr(type(value), "__next__"):
            return b"G", drained(value)
        return _instance(value, self._namespace)

    def take(self, tag: bytes, words: tuple[Any, ...]) -> Any:
        if tag == b"o":
            number, type_name = words
            if self.line is None or type(number) is not int:
                raise GarbageError("an object without a number")
            if number not in self._stand_ins:
                self._stand_ins[number] = StandIn(self.line, number, str(type_name)[:100])
            return self._stand_ins[number]
        if tag == b"O":
            return self._own[words[0]]
        kind = _class_by_name(words, self._namespace)
        return object.__new__(kind) if tag == b"p" else kind


class ProgramExchange:
    """Exchange of the program's side: objects other than plain data stay, and the tests get a number for each."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.line: Channel | None = None
        self.setup_names: frozenset[str] = frozenset()
        """Names of the setup's classes, whose instances both sides can create."""
        self._namespace = namespace
        self._own = Own()
        self._functions: dict[int, RemoteFunction] = {}

    def export(self, value: Any) -> tuple[bytes, tuple[Any, ...]]:
        kind: type = type(value)
        name = kind.__name__
        if type(value) is RemoteFunction:
            return b"O", (value.number,)
        if issubclass(kind, type) and _is_plain(value) and value.__module__ == "builtins":
            return b"k", ("builtins", value.__qualname__)
        named = _setup_name(value, self._namespace)
        if named and named[1] in self.setup_names:
            return b"k", named
        if name in self.setup_names and self._namespace.get(name) is kind:
            return _instance(value, self._namespace)
        return b"o", (self._own.number(value), name)

    def take(self, tag: bytes, words: tuple[Any, ...]) -> Any:
        if tag == b"O":
            return self._own[words[0]]
        if tag == b"o":
            return self._functions.setdefault(words[0], RemoteFunction(self, words[0]))
        if tag == b"p":
            return object.__new__(self._namespace[words[0]])
        module, path = words
        namespace = self._namespace if module == PROGRAM else vars(_module(module))
        first, *rest = path.split(".")
        value = namespace[first]
        for name in rest:
            value = getattr(value, name)
        return value


class RemoteFunction:
    """A function of the tests, which the program can only call."""

    def __init__(self, exchange: ProgramExchange, number: int) -> None:
        self._exchange, self.number = exchange, number

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        assert self._exchange.line is not None  # noqa: S101
        return self._exchange.line.ask("call", self, *args, **kwargs)


def setup_classes(namespace: dict[str, Any]) -> frozenset[str]:
    """Return the names of the classes that were defined in a namespace, not imported into it."""
    return frozenset(
        name
        for name, value in namespace.items()
        if isinstance(value, type) and value.__module__ == PROGRAM and value.__name__ == name
    )


def _instance(value: Any, namespace: dict[str, Any]) -> tuple[bytes, tuple[Any, ...]]:
    kind = type(value)
    if kind.__module__ == PROGRAM and namespace.get(kind.__name__) is kind and hasattr(value, "__dict__"):
        return b"p", (kind.__name__,)
    raise NotCarriedError(f"a value of type {kind.__name__!r}")


def _class_by_name(words: tuple[Any, ...], namespace: dict[str, Any]) -> type:
    module, name = (PROGRAM, *words) if len(words) == 1 else words
    named_class = vars(builtins).get(name) if module == "builtins" else namespace.get(name)
    if isinstance(named_class, type) and (
        named_class.__module__ == PROGRAM if module == PROGRAM else _is_plain(named_class)
    ):
        return named_class
    raise GarbageError("a class that is not known here")


def _is_plain(kind: type) -> bool:
    """Check that calling a built-in class does nothing but create a value."""
    return kind in _PLAIN_CLASSES or issubclass(kind, BaseException)


def _library_name(value: Any) -> tuple[str, str] | None:
    """Return the module and path of a standard library class or function, which the other side has as well."""
    owner = getattr(value, "__objclass__", None) if isinstance(value, MethodDescriptorType) else None
    module = getattr(owner or value, "__module__", None)
    path = getattr(value, "__qualname__", None)
    if type(module) is not str or type(path) is not str or isinstance(value, StandIn):
        return None
    if module.partition(".")[0] not in sys.stdlib_module_names or module not in sys.modules:
        return None
    library_value: Any = sys.modules[module]
    for name in path.split("."):
        library_value = getattr(library_value, name, None)
    return (module, path) if library_value is value else None


def _setup_name(value: Any, namespace: dict[str, Any]) -> tuple[str, str] | None:
    if not issubclass(type(value), type) or value.__module__ != PROGRAM:
        return None
    name = str(value.__name__)
    return (PROGRAM, name) if namespace.get(name) is value else None


def _module(name: str) -> Any:
    __import__(name)
    return sys.modules[name]
