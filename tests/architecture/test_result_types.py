"""Results of runs are types: none of them holds `Any`, and nobody reads them by a text, which typing cannot check."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEFINING = (
    "alarms.py",
    "cases.py",
    "estimates.py",
    "experiments.py",
    "failures.py",
    "gpus.py",
    "races.py",
    "run_diffs.py",
    "runs.py",
    "sweeps.py",
)
READING = (
    "evaluation/run_results/case_result.py",
    "evaluation/reports/runs/classes.py",
    "evaluation/reports/runs/drift.py",
    "evaluation/run_results/experiment_result.py",
    "evaluation/run_results/failure_examples.py",
    "evaluation/reports/runs/failure_tables.py",
    "evaluation/reports/runs/gpu.py",
    "evaluation/run_results/judges/report.py",
    "evaluation/reports/runs/page.py",
    "evaluation/reports/races/page.py",
    "evaluation/reports/races/pictures.py",
    "evaluation/run_results/run_result.py",
    "evaluation/run_results/run_diff.py",
    "evaluation/reports/runs/pictures.py",
    "evaluation/reports/sweeps/findings.py",
    "evaluation/reports/sweeps/page.py",
    "evaluation/reports/sweeps/pictures.py",
    "evaluation/reports/sweeps/tables.py",
    "evaluation/reports/sweeps/words.py",
    "evaluation/reports/runs/tables.py",
    "deployments/cli/show/case_page.py",
    "deployments/cli/experiments/page.py",
    "deployments/cli/race/page.py",
    "deployments/cli/terminal/run_results.py",
    "deployments/cli/show/run_page.py",
    "deployments/cli/show/command.py",
    "deployments/cli/sweep/page.py",
    "deployments/cli/evaluate/thresholds.py",
    "tasks/publish.py",
)


def names_in(source: str) -> set[str]:
    """Every name that a module reads."""
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def read_by_text(source: str) -> list[str]:
    """Every `value["key"]` that is read, but those of types (`Sequence["RunResult"]`)."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Load)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
        and not (isinstance(node.value, ast.Name) and node.value.id[0].isupper())
        and not (isinstance(node.value, ast.Name) and node.value.id in ("list", "tuple", "dict"))
    ]


@pytest.mark.parametrize("name", DEFINING)
def test_no_type_of_a_result_holds_any(name: str) -> None:
    assert "Any" not in names_in((ROOT / "evaluation/results" / name).read_text())


@pytest.mark.parametrize("name", READING)
def test_results_of_runs_are_read_by_attribute(name: str) -> None:
    source = (ROOT / name).read_text()

    assert [] == read_by_text(source)
    assert "Any" not in names_in(source)


def test_these_checks_can_fail() -> None:
    assert "Any" in names_in("from typing import Any\nfields: dict[str, Any] = {}\n")
    assert ["run['status']"] == read_by_text('print(run["status"], Sequence["Run"], list["Run"])')
