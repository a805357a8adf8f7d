"""Transfer of exceptions between the interpreters, by class names and message, rebuilt as built-in exceptions."""

from __future__ import annotations

import builtins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_MAX_WORDS = 2_000
_PLAIN = (str, int, float, bool, bytes, type(None))


def described(error: BaseException) -> tuple[tuple[str, ...], tuple[Any, ...], str]:
    """Return the names of the exception's classes, the nearest first; its plain arguments; its message."""
    names = tuple(kind.__name__ for kind in type(error).__mro__ if issubclass(kind, BaseException))
    return names, _plain_arguments(error), message_of(error)


def message_of(error: BaseException) -> str:
    """Return the message of an exception, truncated where it is too long."""
    try:
        return str(error)[:_MAX_WORDS]
    except BaseException:
        return ""


def rebuilt(description: Any, classes: Mapping[str, type[BaseException]]) -> BaseException:
    """Rebuild the exception from its description, as the nearest class that is known here."""
    try:
        names, arguments, words = description
        kind = next(error_class for name in names if (error_class := classes.get(name) or _builtin(name)) is not None)
        arguments = arguments or ((words,) if words else ())
    except (TypeError, ValueError, StopIteration):
        return RuntimeError("an exception that cannot be read")
    try:
        return kind(*arguments)
    except Exception:
        error = kind.__new__(kind)
        error.args = arguments
        return error


def _plain_arguments(error: BaseException) -> tuple[Any, ...]:
    arguments = error.args
    if all(type(each) in _PLAIN and len(repr(each)) < _MAX_WORDS for each in arguments):
        return arguments
    return ()


def _builtin(name: Any) -> type[BaseException] | None:
    kind = getattr(builtins, name, None) if type(name) is str else None
    if not isinstance(kind, type) or not issubclass(kind, BaseException) or issubclass(kind, BaseExceptionGroup):
        return None
    return kind
