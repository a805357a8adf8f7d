"""What a case demands of a program: its tests, the name that they call, and the code that they rest on."""

import builtins
import re
from collections.abc import Sequence
from keyword import iskeyword
from typing import Any

from evaluation.case import Case
from evaluation.metrics.programs.answered_program import AnsweredProgram, answered_program, prompt_as_program
from evaluation.program import Program

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
    """Return the program with what the case demands of it."""
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
    """Return the names that the tests call, those of built-in functions aside."""
    names = dict.fromkeys(name for test in tests for name in _CALLED.findall(test[:20_000]))
    return tuple(name for name in names if not iskeyword(name) and not hasattr(builtins, name))[:20]
