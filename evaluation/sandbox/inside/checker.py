"""The checker process, which runs the benchmark's tests against a program in another process.

It reports which of the tests passed.
"""

from __future__ import annotations

import builtins
import os
import select
import sys
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType

from evaluation.sandbox.inside.channel import Channel, GoneError, NotCheckableError, UnreadableError, write_frame
from evaluation.sandbox.inside.errors import message_of
from evaluation.sandbox.inside.exchanges import PROGRAM, CheckerExchange, setup_classes
from evaluation.sandbox.inside.limits import apply_limits, close_input, read_to_end
from evaluation.sandbox.inside.shared import Shared
from evaluation.sandbox.inside.stand_ins import mark_as_class
from evaluation.sandbox.inside.values import Decoder, Encoder, PlainOnly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_MAX_MESSAGE = 300
_TESTS = "<tests>"


class Checker:
    """Runs the tests over a channel to the program."""

    def __init__(self, job: dict[str, Any], line: Channel, namespace: dict[str, Any], verdicts: int) -> None:
        self._tests: Sequence[str] = job["tests"]
        self._setup: str = job["setup"]
        self._entry_point: str | None = job["entry_point"]
        self._line, self._namespace, self._verdicts = line, namespace, verdicts

    def check(self) -> None:
        """Report `loaded`, then for each test whether it passed, then `end`; or how the program failed."""
        status, error = self._line.ask("load")
        if status != "loaded":
            names, _, words = error
            words = " ".join(words.split())
            self._say(
                "failed",
                "syntax" if status == "syntax" else names[0],
                _cut(f"{names[0]}: {words}" if words else names[0]),
            )
            return
        setup_failure = self._failure(self._setup, "<setup>")
        self._bring_names()
        if setup_failure:  # it may build on what only the program defines
            setup_failure = self._failure(self._setup, "<setup>")
        self._line.setup_methods = _methods(self._namespace)
        if self._entry_point:
            self._namespace.pop(self._entry_point, None)  # a setup may hold its head
            self._bring(self._entry_point)
        for test in self._tests:
            failure = setup_failure or self._failure(test, _TESTS)
            self._say("test", failure is None, *(failure or ("", "")))
            if isinstance(self._line.trouble, GoneError | UnreadableError):
                break
        self._say("end")

    def _bring_names(self) -> None:
        """Give the tests the names that they need from the program and that the setup does not define."""
        codes = [code for text in (self._setup, *self._tests) if (code := _compiled(text)) is not None]
        names = {name for code in codes for name in _names(code)}
        for name in sorted(names - set(vars(builtins)) - set(self._namespace)):
            self._bring(name, modules_only=self._entry_point not in (None, name))

    def _bring(self, name: str, *, modules_only: bool = False) -> None:
        status, value = self._line.ask("name", name)
        if status == "module" and value == name and name in sys.stdlib_module_names:
            # The checker's own: a program's `math` might not be what it is called.
            self._namespace[name] = __import__(name)
        elif modules_only:
            return
        elif library := self._library_meant(name):  # what the program calls so would judge its own answers
            self._namespace[name] = library
        elif status == "error":
            self._namespace[name] = self._error_class(name, value)
        elif status == "value":
            self._namespace[name] = value
            if name.lstrip("_")[:1].isupper():
                mark_as_class(value)

    def _library_meant(self, name: str) -> ModuleType | None:
        """Return the standard library module of that name, if setup and tests use only attributes that it has."""
        if name not in sys.stdlib_module_names:
            return None
        try:
            module = __import__(name)
        except ImportError:  # of another system
            return None
        taken = [each for text in (self._setup, *self._tests) for each in taken_from(name, text)]
        return module if taken and all(each is not None and hasattr(module, each) for each in taken) else None

    def _error_class(self, name: str, names: Sequence[str]) -> type[BaseException]:
        builtin_objects = (vars(builtins).get(each) for each in names)
        base = next(kind for kind in builtin_objects if isinstance(kind, type) and issubclass(kind, BaseException))
        kind = type(name, (base,), {"__module__": PROGRAM})
        self._line.error_classes[name] = kind
        return kind

    def _failure(self, text: str, file_name: str) -> tuple[str, str] | None:
        """Return how a statement failed, as a word and a line; None where it ran to its end."""
        self._line.trouble = failure = None
        try:
            exec(compile(text, file_name, "exec", dont_inherit=True), self._namespace)  # noqa: S102
        except BaseException as error:
            failure = error
        failure = self._line.trouble or failure
        return None if failure is None else (_kind(failure), _in_a_line(failure, _where(failure, text)))

    def _say(self, *words: Any) -> None:
        _say(self._verdicts, *words)


def _methods(namespace: dict[str, Any]) -> frozenset[str]:
    """Return the names of the methods that classes of the setup define themselves."""
    classes = [namespace[name] for name in setup_classes(namespace)]
    return frozenset(name for kind in classes for name, value in vars(kind).items() if isinstance(value, FunctionType))


def _kind(error: BaseException) -> str:
    match error:
        case GoneError():
            return "gone"
        case UnreadableError():
            return "unreadable"
        case NotCheckableError():
            return "not checkable"
        case MemoryError():
            return "memory"
    return "failed"


def _in_a_line(error: BaseException, where: str) -> str:
    """Return the error in one line; for a failed assertion, the assertion too."""
    words = " ".join(message_of(error).split())
    if isinstance(error, AssertionError):
        words = ": ".join(each for each in (where, words) if each)
    if not isinstance(error, GoneError | UnreadableError | NotCheckableError):
        words = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return _cut(words)


def _cut(words: str) -> str:
    return words if len(words) <= _MAX_MESSAGE else words[: _MAX_MESSAGE - 1] + "…"


def _where(error: BaseException, text: str) -> str:
    """Return the line of the test in which it failed."""
    line_number, place = None, error.__traceback__
    while place is not None:
        if place.tb_frame.f_code.co_filename == _TESTS:
            line_number = place.tb_lineno
        place = place.tb_next
    lines = text.splitlines()
    return lines[line_number - 1].strip() if line_number is not None and 0 < line_number <= len(lines) else ""


def _compiled(text: str) -> CodeType | None:
    try:
        return compile(text, _TESTS, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def taken_from(name: str, text: str) -> tuple[str | None, ...]:
    """Return, for each use of a name in a text, the attribute that is read from it; None where it is used by itself."""
    import ast  # seldom needed, and slow to import

    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return ()
    of_attributes = {id(each.value): each.attr for each in nodes if isinstance(each, ast.Attribute)}
    return tuple(of_attributes.get(id(each)) for each in nodes if isinstance(each, ast.Name) and each.id == name)


def _names(code: CodeType) -> set[str]:
    inner = (each for each in code.co_consts if isinstance(each, CodeType))
    return set(code.co_names).union(*map(_names, inner))


def called(operation: str, *args: Any, **kwargs: Any) -> Any:
    """Call a function of the tests that the program was handed; refuse any other request."""
    target, *rest = args or (None,)
    if operation != "call" or not isinstance(target, FunctionType | MethodType | BuiltinFunctionType):
        raise TypeError("a function of the tests can be called and nothing else")
    return target(*rest, **kwargs)


def main() -> None:
    """Wait for the program, check it, and exit."""
    _, reads, writes, verdicts = sys.argv[:4]
    job = Decoder(PlainOnly(), read_to_end(0)).decoded()
    apply_limits(job["limits"])
    close_input()
    module = ModuleType(PROGRAM)
    sys.modules[PROGRAM] = module
    exchange = CheckerExchange(vars(module))

    is_ready = False

    def perform(operation: str, *args: Any, **kwargs: Any) -> Any:
        nonlocal is_ready
        if is_ready and operation == "ready":
            raise line.unreadable("it says again that it is ready")
        if is_ready:
            return called(operation, *args, **kwargs)
        if operation != "ready":
            raise line.unreadable("something else before it is ready")
        is_ready = True
        return None

    line = Channel(int(reads), int(writes), exchange, perform, shared=Shared(0))
    exchange.line = line
    try:
        line.serve_once()
        # The clock runs from here: before anything of the program's is run, and only once.
        _say(int(verdicts), "ready")
        Checker(job, line, vars(module), int(verdicts)).check()
    except BaseException as error:
        trouble = error if line.trouble is None else line.trouble
        kind = "unreadable" if line.trouble is None else _kind(trouble)
        _say(int(verdicts), "failed", kind, _in_a_line(trouble, ""))
    _wait_until_unheard(int(verdicts))
    os._exit(0)


def _wait_until_unheard(verdicts: int) -> None:
    """Keep the connection to the program open until nobody listens: it is to be killed before it can exit by itself."""
    waiting = select.poll()
    waiting.register(verdicts, 0)
    waiting.poll()


def _say(verdicts: int, *words: Any) -> None:
    write_frame(verdicts, Encoder(PlainOnly()).encoded(words))
