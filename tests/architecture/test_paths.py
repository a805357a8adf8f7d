"""What is at a path is asked of `os.path`: `Path` raises where a name is too long, or a folder kept shut."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("evaluation", "selection", "tasks", "flows", "deployments")
OWN_PATHS = ("evaluation/sandbox/", "evaluation/benchmarks/suites.py")
"""Code that asks about paths of its own making alone."""
RAISING = ("exists", "is_file", "is_dir")
QUERIES = ("sa", "where", "correlate")
"""Owners of the `exists()` of a query."""


def _owner(call: ast.Attribute) -> str:
    owner = call.value.func if isinstance(call.value, ast.Call) else call.value
    return owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""


def raising_calls(source: str) -> Iterator[int]:
    """Yield the lines that ask a `Path` whether something is there."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or node.args or node.keywords or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in RAISING and _owner(node.func) not in QUERIES:
            yield node.lineno


def test_what_is_looked_for_is_recognised() -> None:
    asked = "path.exists()\nPath(name).is_file()\nsa.exists()\nquery.where(a).exists()\nos.path.exists(path)\n"

    assert [1, 2] == list(raising_calls(asked))


@pytest.mark.parametrize("package", PACKAGES)
def test_no_path_is_asked_by_a_method_that_raises(package: str) -> None:
    files = [
        path
        for path in sorted((ROOT / package).rglob("*.py"))
        if not any(each in path.as_posix() for each in OWN_PATHS)
    ]

    assert [] == [f"{path.relative_to(ROOT)}:{line}" for path in files for line in raising_calls(path.read_text())]
