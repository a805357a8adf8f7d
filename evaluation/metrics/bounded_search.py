"""Regular expression search with a time limit, since a careless pattern may never finish on text from a model."""

import re
from functools import lru_cache
from typing import Any

from evaluation.formatting import excerpt

TIMEOUT_S = 2.0
"""Seconds for one search; all but careless patterns take milliseconds."""

# What the `regex` package reads otherwise than Python's `re`: fuzzy counts and named sets.
_READ_OTHERWISE = re.compile(r"\{[^\d,}]|\[\[?[.:=]")


class PatternTimeoutError(Exception):
    """Raised when the search exceeds its time limit; the result is unknown."""


def is_found(pattern: str, text: str, *, ignore_case: bool = False, whole: bool = False) -> bool:
    """Check whether the pattern, in the syntax of Python's `re`, matches anywhere in `text`, or all of it.

    Raises:
        re.error: a pattern that does not compile.
        PatternTimeoutError: it took longer than `TIMEOUT_S`.
    """
    compiled, limits = _compiled(pattern, ignore_case)
    try:
        return bool(compiled.fullmatch(text, **limits()) if whole else compiled.search(text, **limits()))
    except TimeoutError as error:
        raise PatternTimeoutError(
            f"the pattern {excerpt(pattern, 200)!r} took longer than {TIMEOUT_S:g} s "
            f"on a text of {len(text):,} characters"
        ) from error


def checked_pattern(pattern: str, *, ignore_case: bool = False) -> None:
    """Check that the pattern compiles.

    Raises:
        re.error, OverflowError, RecursionError: it does not.
    """
    _compiled(pattern, ignore_case)


def _with_timeout() -> dict[str, Any]:
    return {"timeout": TIMEOUT_S}


def _without_timeout() -> dict[str, Any]:
    return {}


@lru_cache(maxsize=1024)
def _compiled(pattern: str, ignore_case: bool) -> tuple[Any, Any]:
    """Return the compiled pattern, and the limits of a search with it."""
    by_python = re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    if _READ_OTHERWISE.search(pattern):
        return by_python, _without_timeout
    import regex  # type: ignore[import-untyped]

    try:
        return regex.compile(pattern, regex.IGNORECASE if ignore_case else 0), _with_timeout
    except regex.error:
        return by_python, _without_timeout
