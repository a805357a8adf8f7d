"""Results are types: none holds `Any`, and readers take attributes, so that strict typing guards each of them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEFINING = (
    "evaluation/results/runs.py",
    "evaluation/results/cases.py",
    "evaluation/results/catalogue_entries.py",
    "evaluation/results/estimates.py",
    "evaluation/results/experiments.py",
    "evaluation/results/monitoring.py",
    "evaluation/results/races.py",
    "evaluation/results/reviews.py",
    "evaluation/results/runs.py",
    "evaluation/results/sweeps.py",
    "evaluation/forecasts/costs.py",
    "evaluation/records/alerts.py",
    "evaluation/records/reviews.py",
    "selection/learning/model_header.py",
    "selection/pages/recommendation_result.py",
    "selection/pages/scoreboard.py",
    "selection/retraining.py",
)
READING_RUNS = (
    "evaluation/run_results/case_result.py",
    "evaluation/reports/runs/classes.py",
    "evaluation/reports/runs/drift.py",
    "evaluation/run_results/experiment_result.py",
    "evaluation/run_results/failure_examples.py",
    "evaluation/reports/runs/page.py",
    "evaluation/reports/runs/gpu.py",
    "evaluation/run_results/judges/report.py",
    "evaluation/reports/races/page.py",
    "evaluation/reports/races/page.py",
    "evaluation/run_results/run_result.py",
    "evaluation/run_results/run_diff.py",
    "evaluation/reports/runs/charts.py",
    "evaluation/reports/sweeps/findings.py",
    "evaluation/reports/sweeps/page.py",
    "evaluation/reports/sweeps/page.py",
    "evaluation/reports/sweeps/tables.py",
    "evaluation/reports/sweeps/wording.py",
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
    "evaluation/monitoring/result.py",
    "evaluation/reports/reviews/blinded.py",
    "evaluation/reports/reviews/result_page.py",
    "evaluation/reviews/result_words.py",
    "evaluation/reviews/results.py",
    "deployments/cli/review/dialogue.py",
    "deployments/cli/review/page.py",
    "selection/pages/retraining.py",
    "selection/pages/retraining_chart.py",
    "tasks/monitoring/publish.py",
    "tasks/monitoring/update_alerts.py",
    "tasks/retraining/train.py",
    "tasks/retraining/promote.py",
    "tasks/retraining/publish.py",
    "tasks/reviews/publish.py",
)
READING_COMPARISONS = (
    "evaluation/comparisons/*.py",
    "evaluation/reports/comparisons/*.py",
    "evaluation/results/*comparisons.py",
    "evaluation/results/pairs.py",
    "evaluation/results/sides.py",
    "deployments/cli/compare/page.py",
    "tasks/comparison.py",
    "flows/compare.py",
)
UNTYPED = {
    "evaluation/comparisons/comparison.py": 3,  # options as they were given to servers
    "evaluation/comparisons/sides.py": 2,  # the options and details of a candidate
    "evaluation/results/comparisons.py": 1,  # JSON without the pairs
    "evaluation/results/sides.py": 1,  # the options of a candidate
    "deployments/cli/compare/page.py": 1,  # the JSON that is printed
}
"""How many plain dictionaries of anything a file may name."""
TYPED_PACKAGES = (
    "evaluation/forecasts",
    "evaluation/monitoring",
    "evaluation/results",
    "evaluation/reviews",
    "evaluation/reports",
    "selection/analytics",
    "selection/budgets",
    "selection/choosing",
    "selection/learning",
    "selection/pages",
    "selection/recommender",
    "selection/scoreboards",
    "tasks/monitoring",
    "tasks/retraining",
    "tasks/reviews",
    "flows",
)
UNTYPED_SIGNATURES = {
    "evaluation/results/as_json.py": {"_object", "from_json", "read_object"},  # writes JSON, and reads it
    "evaluation/results/comparisons.py": {"as_json_without_pairs"},  # likewise
    # writes JSON Schemas
    "evaluation/results/json_schema.py": {"_merged", "_object", "_reference", "_resolved", "_types_of", "of"},
    "evaluation/reviews/creation.py": {"_identity", "_made"},  # a request, as its fingerprint and the store take it
    "selection/analytics/page.py": {"analytics_as_json"},  # prints JSON
    # the JSON of a stored recommendation, of which older ones lack fields
    "selection/pages/stored_recommendation.py": {
        "_beaten",
        "_cell",
        "_contrasts",
        "_gap",
        "_is_behind",
        "_number",
        "_of",
        "_share_with_interval",
        "_verdict",
    },
    "selection/recommender/store_access.py": {"_newest_outcomes"},  # rows of a table
    "tasks/monitoring/notify.py": {"_payload"},  # of an event of Prefect's
    "tasks/reviews/form.py": {"_ratings_in"},  # what a form of Prefect's holds
}
"""Functions of `TYPED_PACKAGES` that take or give a plain dictionary of anything, with the reason."""
COMPARISONS = sorted(
    path.relative_to(ROOT).as_posix() for pattern in READING_COMPARISONS for path in ROOT.glob(pattern)
)


def tree_of(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"))


def holds_any(tree: ast.Module) -> bool:
    """Return True where the module reads the name `Any`."""
    return any(isinstance(node, ast.Name) and node.id == "Any" for node in ast.walk(tree))


def subscripts(tree: ast.Module) -> Iterator[ast.Subscript]:
    """Return every `value[...]` that is read."""
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load))


def read_by_text(tree: ast.Module) -> list[str]:
    """Return every `value["key"]` that is read, but those of types (`Sequence["RunResult"]`)."""
    return [
        ast.unparse(node)
        for node in subscripts(tree)
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str) and not is_type(node.value)
    ]


def is_type(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and (node.id[0].isupper() or node.id in ("list", "tuple", "dict"))


def untyped(tree: ast.Module) -> list[str]:
    """Return every plain dictionary of anything that the module names."""
    return [text for node in subscripts(tree) if (text := ast.unparse(node)) in ("dict[str, Any]", "Mapping[str, Any]")]


def untyped_signatures(tree: ast.Module) -> set[str]:
    """Return the functions that take or give a plain dictionary of anything."""
    return {
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in (*ast.walk(function.args), *([] if function.returns is None else ast.walk(function.returns)))
        if isinstance(node, ast.Subscript) and ast.unparse(node) in ("dict[str, Any]", "Mapping[str, Any]")
    }


@pytest.mark.parametrize("package", TYPED_PACKAGES)
def test_no_plain_dictionary_crosses_a_border_but_for_a_reason(package: str) -> None:
    names = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / package).rglob("*.py")}
    untyped_functions = {name: untyped_signatures(ast.parse(path.read_text())) for name, path in names.items()}

    assert names
    assert {name: UNTYPED_SIGNATURES[name] for name in UNTYPED_SIGNATURES.keys() & names.keys()} == {
        name: functions for name, functions in untyped_functions.items() if functions
    }


@pytest.mark.parametrize("name", DEFINING)
def test_no_type_of_a_result_holds_any(name: str) -> None:
    assert not holds_any(tree_of(name))


@pytest.mark.parametrize("name", READING_RUNS)
def test_results_of_runs_are_read_by_attribute(name: str) -> None:
    assert [] == read_by_text(tree_of(name))
    assert not holds_any(tree_of(name))


@pytest.mark.parametrize("name", COMPARISONS)
def test_comparisons_are_read_by_attribute(name: str) -> None:
    tree = tree_of(name)

    assert len(untyped(tree)) <= UNTYPED.get(name, 0), untyped(tree)
    assert [] == read_by_text(tree)


def test_these_checks_can_fail() -> None:
    assert 25 < len(COMPARISONS)
    assert holds_any(ast.parse("from typing import Any\nfields: dict[str, Any] = {}\n"))
    assert {"f", "h"} == untyped_signatures(
        ast.parse("def f(a: list[dict[str, Any]]): ...\ndef g(a: int): ...\ndef h() -> Mapping[str, Any] | None: ...")
    )
    assert ["dict[str, Any]"] == untyped(ast.parse("fields: dict[str, Any] = {}\n"))
    assert ["run['status']"] == read_by_text(ast.parse('print(run["status"], Sequence["Run"], list["Run"])'))
