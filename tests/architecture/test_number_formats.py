"""Numbers are rounded for people in one module alone, so that one value reads the same everywhere."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
THE_MODULE = "evaluation/formatting.py"
ROUNDING = re.compile(r"[.][0-9]+[fFeEgG%]|[fFeEgG%]$|^,?\.[0-9]")
"""A format specification that rounds a number, or shows it as a percentage."""
P_FLOOR = re.compile(r"\bp\s*(=|<|>)\s*(\{|\.\d|0\.\d)|[<>] ?0?\.0+1\b")
"""Text that writes a p-value by itself."""

ALLOWED = {
    # Coordinates in a picture, and the ends of its axes.
    "evaluation/pictures/svg.py",
    "evaluation/pictures/courses.py",
    "evaluation/pictures/scatter.py",
    "evaluation/pictures/scales.py",
    # One figure alone, so that a blinded rater cannot tell candidates by their times.
    "evaluation/reviewing/showing.py",
    # A grouping key, not a figure: 0.7 stays 0.7.
    "evaluation/comparing/keys.py",
    # Values that are to be typed in again as a limit or a budget: rounded so that they hold.
    "selection/choosing/limits.py",
    "selection/budgets/pacing.py",
    "selection/budgets/allocation.py",
    # What a server calls a model's size.
    "deployments/embedded/smollm2.py",
}


@cache
def sources() -> tuple[tuple[str, ast.Module], ...]:
    return tuple(
        (path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for package in ("evaluation", "selection", "tasks", "flows", "deployments")
        for path in sorted((ROOT / package).rglob("*.py"))
    )


def rounding_formats(tree: ast.AST) -> Iterator[int]:
    """Lines with an f-string that rounds a number."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None and node.conversion == -1:
            spec = "".join(
                str(part.value) if isinstance(part, ast.Constant) else "0"
                for part in ast.walk(node.format_spec)
                if isinstance(part, ast.Constant)
            )
            is_date = "%" in spec and re.search(r"%[a-zA-Z]", spec)
            # `:g` writes a limit as it was typed, `.0f` whole seconds of a wait.
            if ROUNDING.search(spec) and not is_date and spec not in ("g", "+g", ".0f"):
                yield node.lineno


def p_values(tree: ast.AST) -> Iterator[int]:
    """Lines whose text writes a p-value by itself; docstrings may say how one looks."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    of_attributes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    documentation = docstrings | of_attributes
    for node in ast.walk(tree):
        if id(node) in documentation:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if P_FLOOR.search(text):
            yield node.lineno


def test_numbers_are_rounded_for_people_in_one_module() -> None:
    found = [f"{name}:{line}" for name, tree in sources() if name != THE_MODULE for line in rounding_formats(tree)]

    assert [] == [place for place in found if place.partition(":")[0] not in ALLOWED]


def test_p_values_are_written_in_one_module() -> None:
    found = [f"{name}:{line}" for name, tree in sources() if name != THE_MODULE for line in p_values(tree)]

    assert [] == found


def test_these_checks_can_fail() -> None:
    def lines(code: str) -> tuple[list[int], list[int]]:
        tree = ast.parse(code)
        return list(rounding_formats(tree)), list(p_values(tree))

    assert ([1], []) == lines('x = f"{value:.3f}"')
    assert ([1], []) == lines('x = f"{value:+.{digits}f}"')
    assert ([1], []) == lines('x = f"{share:.0%}"')
    assert ([1], [1]) == lines('x = f"(p = {value:.2g})"')
    assert ([], [1]) == lines('x = "p < .001"')
    assert ([], []) == lines('x = f"{n:,} cases at {when:%Y-%m-%d}"')


def test_every_exception_is_still_needed() -> None:
    using = {name for name, tree in sources() if any(rounding_formats(tree))}

    assert set() == ALLOWED - using
