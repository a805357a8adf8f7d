"""The JSON value of an answer. RFC 8259: no NaN, no comments, no trailing commas."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

WHOLE = "whole"
FENCED = "fenced"
NOT_JSON = "not_json"
MAX_DEPTH = 64
"""Nesting depth of arrays and objects; deeper values are not read, since their users would fail as well."""

_MARKS = re.compile(r'["\\\[\]{}]')
_FENCE = re.compile(r"\s{0,3}(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[\w/+.-]*)[ \t]*")
_LANGUAGES = ("", "json", "application/json")
_LONGEST_INTEGER = 1000
"""Longest integer in digits; longer ones are read as floats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonAnswer:
    """The JSON value of an answer and its location."""

    value: Any
    place: str
    """`whole` or `fenced`."""


def find_json(answer: str, *, strict: bool) -> JsonAnswer | str:
    """Return the JSON value of an answer, or one line that says why there is none.

    The whole answer, without blanks around it; unless `strict`, else the first fenced code block that is JSON and not
    marked as another language.
    """
    value = parsed_json(answer.strip())
    if not isinstance(value, NotJson):
        return JsonAnswer(value=value, place=WHOLE)
    for block in () if strict else _fenced_blocks(answer):
        in_block = parsed_json(block.strip())
        if not isinstance(in_block, NotJson):
            return JsonAnswer(value=in_block, place=FENCED)
    return value.reason


@dataclass(frozen=True, slots=True)
class NotJson:
    """The reason why a text is not readable JSON."""

    reason: str


def parsed_json(text: str) -> Any:
    """Parse a JSON text; return a `NotJson` where it is invalid, or nested deeper than 64 levels."""
    if _depth(text) > MAX_DEPTH:
        return NotJson(f"nested deeper than {MAX_DEPTH} levels")
    try:
        return json.loads(text, parse_constant=_refused, parse_int=_integer)
    except json.JSONDecodeError as error:
        return NotJson(f"line {error.lineno}, column {error.colno}: {error.msg}")
    except ValueError as error:
        return NotJson(str(error))


def _fenced_blocks(text: str) -> Iterator[str]:
    """Yield the fenced code blocks that may be JSON; an unclosed one extends to the end."""
    fence, language, lines = "", "", list[str]()
    for line in text.split("\n"):
        opening = _FENCE.fullmatch(line.rstrip()) if not fence else None
        if opening:
            fence, language, lines = opening["fence"], opening["language"].casefold(), []
        elif fence and _closes(line, fence):
            if language in _LANGUAGES:
                yield "\n".join(lines)
            fence = ""
        elif fence:
            lines.append(line)
    if fence and language in _LANGUAGES:
        yield "\n".join(lines)


def _closes(line: str, fence: str) -> bool:
    line = line.strip()
    return len(line) >= len(fence) and line == fence[0] * len(line)


def _depth(text: str) -> int:
    """Return the nesting depth of brackets outside of strings."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    deepest = depth = 0
    in_string, escaped_at = False, -1
    for match in _MARKS.finditer(text):
        mark, at = match.group(), match.start()
        if in_string:
            if mark == "\\" and at != escaped_at:
                escaped_at = at + 1
            elif mark == '"' and at != escaped_at:
                in_string = False
        elif mark == '"':
            in_string = True
        elif mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest


def _refused(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)
