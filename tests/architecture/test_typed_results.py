"""Results are types: no module that defines them lets a value through that nobody checks."""

import ast
from pathlib import Path

import pytest

RESULTS = Path(__file__).parents[2] / "evaluation" / "results"
WRITES_JSON = "as_json.py"
"""What makes JSON of any result takes and gives anything."""


def names_in(source: str) -> set[str]:
    """Every name that a module reads."""
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("module", sorted(path.name for path in RESULTS.glob("*.py") if path.name != WRITES_JSON))
def test_no_type_of_a_result_holds_any(module: str) -> None:
    assert "Any" not in names_in((RESULTS / module).read_text())


def test_this_check_can_fail() -> None:
    assert "Any" in names_in("from typing import Any\nfields: dict[str, Any] = {}\n")
