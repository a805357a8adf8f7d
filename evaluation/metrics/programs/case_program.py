"""What a case demands of a program: its tests, the name that they call, and the code that they rest on.

`fenced`: in a block between fences of backquotes or tildes (a fence that is never closed lasts to the end): the last
block that defines the wanted name, else the last block of Python, else the last. `completion`: the prompt is a program
whose last function has no body yet, and the answer, or its block, goes on from there. `text`: the lines from the first
that begins a program, without what follows it in prose. `as_it_is`: the whole answer.
"""

import ast
import builtins
import re
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from keyword import iskeyword
from typing import Any

from evaluation.case import Case
from evaluation.program import Program

FENCED, TEXT, COMPLETION, AS_IT_IS = "fenced", "text", "completion", "as_it_is"
_MAX_CUTS = 20
_FENCE = re.compile(r"[ \t]{0,3}(`{3,20}|~{3,20})[ \t]*([\w+#.-]{0,20})")
_FIRST_LINE = re.compile(r"(?:import|from|def|class|async def|@)\s?\w")
_PYTHON = ("python", "py", "python3", "")


@dataclass(frozen=True, slots=True)
class AnsweredProgram:
    """A program with the stage that found it."""

    source: str
    stage: str


@lru_cache(maxsize=128)
def answered_program(answer: str, *, names: tuple[str, ...] = (), prompt: str = "") -> AnsweredProgram:
    """Return the program in an answer; the whole answer where no program is found.

    Args:
        answer: What the model wrote. Of more than 100,000 characters, the whole.
        names: What the tests call: a program that defines none of them does not count.
        prompt: The program that the answer continues; empty where the answer is to be a whole one.
    """
    answer = answer.replace("\r\n", "\n")
    if len(answer) > MAX_CHARS:
        return AnsweredProgram(answer, AS_IT_IS)
    blocks = _blocks(answer)
    source = _chosen(blocks, names) if blocks else answer
    if prompt and not _defines(source, names):
        return AnsweredProgram(_completed(prompt, source), COMPLETION)
    if blocks:
        return AnsweredProgram(source, FENCED)
    without_prose = _without_prose(answer, names)
    return AnsweredProgram(answer, AS_IT_IS) if without_prose is None else AnsweredProgram(without_prose, TEXT)


@lru_cache(maxsize=128)
def prompt_as_program(prompt: str, entry_point: str | None) -> str:
    """Return the prompt as a runnable program, with a body added to its last function if needed.

    Empty where it is no program.
    """
    if entry_point is None or not _defines(prompt, (entry_point,)):
        return ""
    return next(filter(is_python, (prompt, prompt.rstrip() + "\n    pass\n")), "")


def _blocks(answer: str) -> list[tuple[str, str]]:
    """Return the language and text of each fenced block."""
    blocks: list[tuple[str, list[str]]] = []
    fence = ""
    for line in answer.split("\n"):
        match = _FENCE.match(line)
        if fence and match and match.group(1).startswith(fence) and not match.group(2):
            fence = ""
        elif fence:
            blocks[-1][1].append(line)
        elif match:
            fence = match.group(1)
            blocks.append((match.group(2).lower(), []))
    return [(language, "\n".join(lines)) for language, lines in blocks if any(line.strip() for line in lines)]


def _chosen(blocks: list[tuple[str, str]], names: Collection[str]) -> str:
    python = [text for language, text in blocks if language in _PYTHON]
    right = [text for text in python or [text for _, text in blocks] if _defines(text, names)]
    return (right or python or [blocks[-1][1]])[-1]


def _defines(source: str, names: Collection[str]) -> bool:
    if not names:
        return False
    some = "|".join(map(re.escape, names))
    return re.search(rf"^(?:(?:async )?def|class) +(?:{some})\b|^(?:{some}) *(?::[^=\n]+)?=", source, re.M) is not None


def _without_prose(answer: str, names: Collection[str]) -> str | None:
    """Return the lines of an answer that form the program.

    None where the whole answer is a program, or no part of it defines one of the names.
    """
    if is_python(answer):
        return None
    lines = answer.split("\n")
    first = next((number for number, line in enumerate(lines) if _FIRST_LINE.match(line)), 0)
    lines = lines[first:]
    for _ in range(_MAX_CUTS):
        text = "\n".join(lines)
        at = syntax_error_line(text)
        if at is None:
            return text if _defines(text, names) else None
        # Prose is where the parser stumbles, and begins at the margin.
        end = next((number for number in range(min(at, len(lines)) - 1, 0, -1) if lines[number][:1].strip()), 0)
        lines = lines[:end]
    return None


def _completed(prompt: str, body: str) -> str:
    """Return the prompt and body as one program, with lost indentation of the body's first or all lines restored."""
    body = body.strip("\n")
    start = prompt if prompt.endswith("\n") else prompt + "\n"
    lines = body.split("\n")
    shapes = [lines, ["    " + line if line.strip() else line for line in lines], ["    " + lines[0], *lines[1:]]]
    for shape in shapes:
        if shape[0][:1].isspace() and is_python(start + "\n".join(shape)):
            return start + "\n".join(shape) + "\n"
    cuts = (_cut_body(start, shape) for shape in shapes if shape[0][:1].isspace())
    cut = next(filter(None, cuts), None)
    return cut or start + body + "\n"


def _cut_body(start: str, lines: list[str]) -> str | None:
    """Return the program with the body up to the first line that does not belong to it; None where it is not valid."""
    end = next((number for number, line in enumerate(lines) if number and line[:1].strip()), len(lines))
    text = start + "\n".join(lines[:end]) + "\n"
    return text if is_python(text) else None


_CALLED = re.compile(r"(?<![\w.])([A-Za-z_]\w{0,200})\s*\(")


def program_problem(case: Case) -> str | None:
    """Return why the case cannot test a program, in words to follow "case …"; None where it can."""
    tests = case.details.get("tests")
    if not _are_texts(tests) or not tests:
        return "has no tests: `details.tests` must be a list of Python statements"
    entry_point = case.details.get("entry_point")
    if entry_point is not None and not (isinstance(entry_point, str) and entry_point.isidentifier()):
        return f"names no function in `details.entry_point`: {entry_point!r}"
    for name in ("setup", "test_imports"):
        if not _are_texts(_listed(case.details.get(name))):
            return f"has no Python statements in `details.{name}`"
    return None


def find_program(case: Case, answer: str) -> AnsweredProgram:
    """Return the program that an answer to the case holds."""
    entry_point = case.details.get("entry_point")
    names = (entry_point,) if entry_point else _called(case.details.get("tests") or ())
    prompt = case.prompt if prompt_as_program(case.prompt, entry_point) else ""
    return answered_program(answer, names=names, prompt=prompt)


def program_of(case: Case, source: str, timeout_s: float) -> Program:
    """Return the program with the case's tests and limits."""
    details = case.details
    entry_point = details.get("entry_point")
    # Helpers that the prompt of a completion defines are the tests' to use, and not the model's to redefine.
    setup = [prompt_as_program(case.prompt, entry_point), *_listed(details.get("test_imports"))]
    return Program(
        source=source,
        tests=tuple(details["tests"]),
        entry_point=entry_point,
        setup="\n".join(filter(None, [*setup, *_listed(details.get("setup"))])),
        timeout_s=timeout_s,
    )


def _listed(value: Any) -> Sequence[Any]:
    return () if value is None else (value,) if isinstance(value, str) else value


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)


def _called(tests: Sequence[str]) -> tuple[str, ...]:
    """Return the names that the tests call, without built-in functions."""
    names = dict.fromkeys(name for test in tests for name in _CALLED.findall(test[:20_000]))
    return tuple(name for name in names if not iskeyword(name) and not hasattr(builtins, name))[:20]


MAX_CHARS = 100_000


def syntax_problem(source: str) -> str | None:
    """Return the syntax error of a program, in one line; None where there is none."""
    error = _error(source)
    if isinstance(error, SyntaxError):
        place = f" (line {error.lineno})" if error.lineno else ""
        return f"{type(error).__name__}: {error.msg}{place}"
    if isinstance(error, RecursionError | MemoryError):
        return "nested too deep for Python"
    return None if error is None else str(error)[:300]


def syntax_error_line(source: str) -> int | None:
    """Return the line, counted from 1, of a program's syntax error.

    1 where the parser gives no line; None for a valid program.
    """
    error = _error(source)
    return None if error is None else max(1, getattr(error, "lineno", None) or 1)


def is_python(source: str) -> bool:
    """Check whether a text is a Python program; an empty one counts."""
    return _error(source) is None


def _error(source: str) -> Exception | None:
    if len(source) > MAX_CHARS:
        return ValueError(f"{len(source)} characters, and no more than {MAX_CHARS} are read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a doubtful escape is no error
            ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return error.with_traceback(None)
    return None
