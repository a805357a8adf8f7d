"""What a caller may pass, and how he hears of mistakes: wrong kinds of values are refused, and flags become names."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from numbers import Integral, Real
from os import PathLike
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NoReturn, TypeVar, Union, cast, get_args, get_origin

from evaluation.errors import BenchwrightError, ConfigurationError

F = TypeVar("F", bound=Callable[..., Any])
WORDS_OF_COMMANDS: ContextVar[bool] = ContextVar("WORDS_OF_COMMANDS", default=False)
"""Whether errors keep the words of the command line: whoever calls is no program in Python."""
_NUMBERS: Mapping[Any, tuple[type, str]] = {
    bool: (bool, "True or False"),
    int: (Integral, "a whole number"),
    float: (Real, "a number"),
}
_OTHERS: Mapping[Any, tuple[type, str]] = {
    str: (str, "a text"),
    Literal: (str, "a text"),
    Sequence: (Sequence, "several texts"),
    Mapping: (Mapping, "a mapping"),
    PathLike: (cast(type, PathLike), "a path"),
    Callable: (cast(type, Callable), "a function"),
}
_NAMED: Mapping[Any, Any] = {
    "Texts": str | Sequence,
    "Settings": str | Sequence | Mapping,
    "File": str | PathLike,
    "Callable[[str], None] | None": Callable,
}
"""Types of arguments by the words in which signatures have them."""
_QUOTED = re.compile(r"(`[^`]*`)")
_FLAG = re.compile(r"--([a-z][a-z-]*)")
_FLAG_WITH_VALUE = re.compile(r"^`--([a-z][a-z-]*)(?: ([^`]+))?`$")
_HELP = re.compile(r"`benchwright (?:[a-z]+ )*([a-z]+) --help` (?:lists the options|says how to begin one)")


def refuse_wrong_kind(name: str, value: object, hint: Any, *, function: str) -> None:
    """Check that a value is of a kind that its option takes; numbers are left to the request, which has their limits.

    Raises:
        ConfigurationError: it is not.
    """
    kinds = [(get_origin(each) or each) for each in _members(hint)]
    allowed = [_OTHERS.get(kind) or _NUMBERS.get(kind) for kind in kinds]
    if None in allowed or all(kind in _NUMBERS for kind in kinds):
        return
    types, words = zip(*(each for each in allowed if each is not None), strict=True)
    if not isinstance(value, types) or isinstance(value, bytes):
        choices = list(dict.fromkeys(words))
        raise ConfigurationError(
            f"{function}(): {name} must be {' or '.join(choices)} (got {value!r}, of type {type(value).__name__})",
            f"`help({function})` describes every option.",
        )


def _refuse_no_count(name: str, value: object, *, least: int, function: str) -> None:
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise ConfigurationError(
            f"{function}(): {name} must be a whole number of at least {least} (got {value!r})",
            f"`help({function})` describes every option.",
        )


def _refuse_no_truth(name: str, value: object, *, function: str) -> None:
    if not isinstance(value, bool):
        raise ConfigurationError(
            f"{function}(): {name} must be True or False (got {value!r})", f"`help({function})` describes every option."
        )


def refuse_no_run(value: object) -> NoReturn:
    """Refuse what names no run.

    Raises:
        ConfigurationError: always.
    """
    raise ConfigurationError(
        f"a run is named by a result, its id, the beginning of one, or `last` (got {value!r}, of type "
        f"{type(value).__name__})",
        "`runs()` lists those that are stored.",
    )


def _members(hint: Any) -> list[Any]:
    """Return the types of which a value may be, without None."""
    plain = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    parts = get_args(plain) if get_origin(plain) in (Union, UnionType) else (plain,)
    return [part for part in parts if part is not NoneType]


@contextmanager
def in_words_of_python() -> Iterator[None]:
    """Let errors of ours name options as Python has them, and not as flags of a command, unless those are wanted."""
    try:
        yield
    except BenchwrightError as error:
        if WORDS_OF_COMMANDS.get():
            raise
        error.message = _in_python(error.message)
        error.next_step = None if error.next_step is None else _in_python(error.next_step)
        raise


def _in_python(text: str) -> str:
    """Return the text with `limit` for `--limit`; what stands in quotes as a whole command stays."""
    parts = _QUOTED.split(
        _HELP.sub(r"`help(\1)` describes every option", text.replace("the command line: ", "the call: "))
    )
    return "".join(_quoted(part) if part.startswith("`") else _FLAG.sub(_name, part) for part in parts)


def _quoted(part: str) -> str:
    flag = _FLAG_WITH_VALUE.match(part)
    if flag is None:
        return part
    return f"`{_name(flag)}`" if flag[2] is None else f"`{_name(flag)}={flag[2]!r}`"


def _name(flag: re.Match[str]) -> str:
    return flag[1].replace("-", "_")


def _refuse_wrong(value: object, parameter: inspect.Parameter, *, function: str) -> None:
    """Check an argument by the annotation of its parameter; `Texts` and the like are named, to be imported late."""
    hint = parameter.annotation
    if hint in (int, int | None):
        _refuse_no_count(parameter.name, value, least=0 if parameter.default == 0 else 1, function=function)
    elif hint in (bool, bool | None):
        _refuse_no_truth(parameter.name, value, function=function)
    elif hint in (str, str | None) or hint in _NAMED:
        refuse_wrong_kind(parameter.name, value, _NAMED.get(hint, hint), function=function)


def plainly(function: F) -> F:
    """Return the function with its arguments checked, and its errors in words of Python."""
    signature = inspect.signature(function)

    @wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            parameter = signature.parameters[name]
            if value is not None or parameter.default is not None:
                _refuse_wrong(value, parameter, function=function.__name__)
        with in_words_of_python():
            return function(*args, **kwargs)

    return cast(F, checked)
