"""Six lines of code stand in one file alone; whoever needs them elsewhere calls them there."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parents[2]
PACKAGES = ("evaluation", "selection", "tasks", "flows", "deployments")
N_LINES = 6
MIGRATIONS = "evaluation/store/migrations/versions/"
"""What a schema was at a time; it does not change when the code does."""
ALLOWED = {
    # Keys of two results in the order of their JSON, with meanings of their own: differences of pairs and of groups.
    ("evaluation/results/pairs.py", "evaluation/results/unpaired.py"),
    # The facts of a benchmark in the order of their JSON, and the stored record of it.
    ("evaluation/records/candidates.py", "evaluation/results/catalogue_entries.py"),
    # What a test computes, and the stored record of it, whose fields have meanings of their own.
    ("evaluation/records/alerts.py", "evaluation/stats/regression_test.py"),
}

Line: TypeAlias = tuple[int, str]


def code_lines(text: str) -> list[Line]:
    """Return the lines that do something, with their numbers: no docstrings, comments, imports or lone brackets."""
    left_out: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if is_docstring(node) or isinstance(node, ast.Import | ast.ImportFrom):
            left_out.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if number not in left_out)
    return [(number, line) for number, line in lines if any(map(is_of_a_word, line)) and not line.startswith("#")]


def is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def is_of_a_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def shared_lines(files: Iterable[tuple[str, Sequence[Line]]]) -> dict[tuple[str, str], list[str]]:
    """Return where `N_LINES` lines of one file stand in another too, by pair of files."""
    places: dict[tuple[str, ...], dict[str, int]] = defaultdict(dict)
    for name, lines in files:
        for start in range(len(lines) - N_LINES + 1):
            run = lines[start : start + N_LINES]
            places[tuple(line for _, line in run)].setdefault(name, run[0][0])
    shared: dict[tuple[str, str], list[str]] = defaultdict(list)
    for lines_of_file in places.values():
        for one, other in combinations(sorted(lines_of_file), 2):
            shared[one, other].append(f"{one}:{lines_of_file[one]} ~ {other}:{lines_of_file[other]}")
    return dict(shared)


def production_files() -> Iterator[tuple[str, Sequence[Line]]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(MIGRATIONS):
                yield name, code_lines(path.read_text(encoding="utf-8"))


def test_no_six_lines_stand_in_two_files() -> None:
    files = dict(production_files())
    shared = shared_lines(files.items())

    assert 700 < len(files)
    assert {} == {pair: places for pair, places in shared.items() if pair not in ALLOWED}


def test_six_equal_lines_are_shared_and_five_are_not() -> None:
    six = [f"value_{number} = {number}" for number in range(6)]
    files = {
        "a": ["import os", *six],
        "b": ["print()", "# A comment.", "", *six[:3], "    # Another.", *six[3:]],
        "c": ["print()", *six[1:]],
    }

    shared = shared_lines((name, code_lines("\n".join(lines))) for name, lines in files.items())

    assert {("a", "b"): ["a:2 ~ b:4"]} == shared


def test_docstrings_imports_and_lone_brackets_are_no_code() -> None:
    text = """from os import (
    path,
)

def say(
    words: str,
) -> None:
    '''Say
    them.'''
    print(
        words
    )
"""

    assert [(5, "def say("), (6, "words: str,"), (7, ") -> None:"), (10, "print("), (11, "words")] == code_lines(text)
