"""Results of comparisons are read by attribute, so that strict typing guards every reader."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READERS = (
    "evaluation/comparisons/*.py",
    "evaluation/reports/comparisons/*.py",
    "evaluation/results/*comparisons.py",
    "evaluation/results/pairs.py",
    "evaluation/results/sides.py",
    "deployments/cli/compare/page.py",
    "deployments/cli/compare/output.py",
    "tasks/comparison.py",
    "flows/compare.py",
)
UNTYPED = {
    "evaluation/comparisons/comparability.py": 3,  # options as they were given to servers
    "evaluation/comparisons/members.py": 2,  # the options and details of a candidate
    "evaluation/results/comparisons.py": 1,  # JSON without the pairs
    "evaluation/results/sides.py": 1,  # the options of a candidate
    "deployments/cli/compare/output.py": 1,  # the JSON that is printed
}
FILES = sorted(path for pattern in READERS for path in ROOT.glob(pattern))


def nodes(path: Path) -> Iterator[ast.Subscript]:
    tree = ast.parse(path.read_text())
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load))


def is_untyped(node: ast.Subscript) -> bool:
    return ast.unparse(node) in ("dict[str, Any]", "Mapping[str, Any]")


def is_by_text(node: ast.Subscript) -> bool:
    """Return True for `result["sides"]`."""
    of_a_value = isinstance(node.value, ast.Name) and node.value.id.islower()
    return of_a_value and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_comparisons_are_read_by_attribute(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    untyped = [ast.unparse(node) for node in nodes(path) if is_untyped(node)]
    by_text = [ast.unparse(node) for node in nodes(path) if is_by_text(node)]

    assert len(untyped) <= UNTYPED.get(name, 0), untyped
    assert [] == by_text


def test_the_readers_of_comparisons_are_found() -> None:
    assert 25 < len(FILES)
    assert is_by_text(ast.parse('result["sides"]', mode="eval").body)
    assert is_untyped(ast.parse("dict[str, Any]", mode="eval").body)
