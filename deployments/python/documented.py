"""Signatures and help texts of functions whose options are declared in a typed dictionary."""

import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, get_args, get_origin

from typing_extensions import Doc

from deployments.python.checking import refuse_wrong_kind
from deployments.python.options import options_of

F = TypeVar("F", bound=Callable[..., Any])


def with_options(options: type) -> Callable[[F], F]:
    """Return a decorator that gives a function the signature and the arguments' descriptions of its options."""

    def document(function: F) -> F:
        function.__signature__ = _signature(function, options)  # type: ignore[attr-defined]
        function.__doc__ = _with_arguments(function.__doc__ or "", options)
        return function

    return document


def refuse_unknown(values: Mapping[str, object], options: type, *, function: str) -> None:
    """Check that every option that was given is one of these, as Python does for a written signature.

    Raises:
        TypeError: one is not.
        ConfigurationError: one has a value of another kind than it takes.
    """
    names = options_of(options)
    for name, value in values.items():
        if name not in names:
            close = get_close_matches(name, names, n=1)
            meant = f"; did you mean {close[0]!r}?" if close else ""
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}{meant}")
        if value is not None:
            refuse_wrong_kind(name, value, names[name], function=function)


def description_of(hint: Any) -> str:
    """Return the description of an option."""
    return next((each.documentation for each in get_args(hint) if isinstance(each, Doc)), "")


def _signature(function: Callable[..., Any], options: type) -> inspect.Signature:
    written = inspect.signature(function)
    kept = [each for each in written.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    taken = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if _plain(hint) is bool else None,
            annotation=_plain(hint),
        )
        for name, hint in options_of(options).items()
    ]
    return written.replace(parameters=[*kept, *taken])


def _plain(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _with_arguments(docstring: str, options: type) -> str:
    """Return the docstring with the options after its own arguments, before the sections that follow."""
    text = inspect.cleandoc(docstring)
    lines = [f"    {name}: {description_of(hint)}" for name, hint in options_of(options).items()]
    head, mark, rest = text.partition("\n\nArgs:\n")
    if mark:
        own, gap, rest = rest.partition("\n\n")
        return "\n".join([f"{head}{mark}{own}", *lines]) + gap + rest
    head, mark, rest = text.partition("\n\nRaises:\n")
    return "\n".join([f"{head}\n\nArgs:", *lines]) + mark + rest
