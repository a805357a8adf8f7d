"""A variable says what it holds: none is called found, wanted, said, known, asked, given or one."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("evaluation", "selection", "tasks", "flows", "deployments")
VAGUE = {"found", "wanted", "said", "known", "asked", "given", "one"}
FIELDS = {
    ("evaluation/comparisons/metric_comparison.py", "found"),
    ("evaluation/errors.py", "known"),
    ("evaluation/monitoring/dead_runs.py", "asked"),
    ("evaluation/records/reviews.py", "said"),
    ("evaluation/servers/probe_sender.py", "given"),
    ("evaluation/store/evidence_base.py", "asked"),
}
"""Fields of dataclasses and errors, which are read as attributes of something that has a name."""


def bound_names(source: str) -> Iterator[str]:
    """Every name that is assigned, looped over or taken as a parameter."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


def test_no_variable_has_a_name_that_says_nothing() -> None:
    vague = {
        (str(path.relative_to(ROOT)), name)
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        for name in VAGUE & set(bound_names(path.read_text(encoding="utf-8")))
    }

    assert FIELDS == vague


def test_assignments_loops_and_parameters_are_seen() -> None:
    source = "def f(wanted): return [one for one in wanted]\nfound = f(1)\nwith f(2) as said: pass"

    assert {"wanted", "one", "found", "said"} == set(bound_names(source)) & VAGUE
