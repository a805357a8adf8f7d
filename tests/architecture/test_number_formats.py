"""Numbers are rounded for people in one module alone, so that one value reads the same everywhere."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
THE_MODULE = "evaluation/formatting.py"
ROUNDING = re.compile(r"[.][0-9]+[fFeEgG%]|[fFeEgG%]$|^,?\.[0-9]")
"""A format specification that rounds a number, or shows it as a percentage."""
P_FLOOR = re.compile(r"\bp\s*(=|<|>)\s*(\{|\.\d|0\.\d)|[<>] ?0?\.0+1\b")
"""Text that writes a p-value by itself."""

ALLOWED = {
    # Coordinates in a picture.
    "evaluation/charts/compact_svg.py",
    # One figure alone, so that a blinded rater cannot tell candidates by their times.
    "evaluation/reviews/blinded_cases.py",
    # A grouping key, not a figure: 0.7 stays 0.7.
    "evaluation/comparisons/sides.py",
    # Values that are to be typed in again as a limit or a budget: rounded so that they hold.
    "selection/choosing/limits.py",
    # What a server calls a model's size.
    "deployments/embedded/smollm2.py",
}


@cache
def written_lines() -> tuple[tuple[str, list[int], list[int]], ...]:
    """Of each file: its name, the lines that round a number, and those that write a p-value."""
    return tuple(
        (path.relative_to(ROOT).as_posix(), *lines_of(ast.parse(path.read_text(encoding="utf-8"))))
        for package in ("evaluation", "selection", "tasks", "flows", "deployments")
        for path in sorted((ROOT / package).rglob("*.py"))
    )


def lines_of(tree: ast.AST) -> tuple[list[int], list[int]]:
    """Lines with an f-string that rounds a number, and lines whose text writes a p-value by itself.

    Docstrings may say how a p-value looks. One walk for both: there are millions of nodes.
    """
    rounded, p_values, documentation = [], [], set()
    for node in ast.walk(tree):  # an expression's statement comes before it
        if isinstance(node, ast.Expr):
            documentation.add(id(node.value))
        elif isinstance(node, ast.FormattedValue):
            if is_rounded(node):
                rounded.append(node.lineno)
        elif (
            isinstance(node, ast.JoinedStr | ast.Constant)
            and id(node) not in documentation
            and P_FLOOR.search(text_of(node))
        ):
            p_values.append(node.lineno)
    return rounded, p_values


def is_rounded(node: ast.FormattedValue) -> bool:
    """True where the format specification rounds."""
    if node.format_spec is None or node.conversion != -1:
        return False
    spec = "".join(str(part.value) for part in ast.walk(node.format_spec) if isinstance(part, ast.Constant))
    is_date = "%" in spec and re.search(r"%[a-zA-Z]", spec)
    # `:g` writes a limit as it was typed, `.0f` whole seconds of a wait.
    return bool(ROUNDING.search(spec)) and not is_date and spec not in ("g", "+g", ".0f")


def text_of(node: ast.JoinedStr | ast.Constant) -> str:
    """The text, with {} for each value in it; empty for what is none."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node.value, str) else ""


def test_numbers_are_rounded_for_people_in_one_module() -> None:
    found = [f"{name}:{line}" for name, lines, _ in written_lines() if name != THE_MODULE for line in lines]

    assert [] == [place for place in found if place.partition(":")[0] not in ALLOWED]


def test_p_values_are_written_in_one_module() -> None:
    found = [f"{name}:{line}" for name, _, lines in written_lines() if name != THE_MODULE for line in lines]

    assert [] == found


def test_these_checks_can_fail() -> None:
    def lines(code: str) -> tuple[list[int], list[int]]:
        return lines_of(ast.parse(code))

    assert ([1], []) == lines('x = f"{value:.3f}"')
    assert ([1], []) == lines('x = f"{value:+.{digits}f}"')
    assert ([1], []) == lines('x = f"{share:.0%}"')
    assert ([1], [1]) == lines('x = f"(p = {value:.2g})"')
    assert ([], [1]) == lines('x = "p < .001"')
    assert ([], []) == lines('x = f"{n:,} cases at {when:%Y-%m-%d}"')


def test_every_exception_is_still_needed() -> None:
    using = {name for name, lines, _ in written_lines() if lines}

    assert set() == ALLOWED - using
