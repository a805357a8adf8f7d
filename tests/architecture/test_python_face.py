"""The names that `evaluation` and `selection` offer: light to import, known to type checkers, alike the commands."""

import ast
import inspect
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import evaluation
import selection

ROOT = Path(__file__).parents[2]
HEAVY = ("prefect", "pandas", "numpy", "sqlalchemy", "pydantic", "httpx", "typer", "rich", "scipy", "flows", "tasks")
OF_THE_TERMINAL = {"json_", "junit", "dry_run"}
"""Options of commands about what they print, or that they print alone."""
OF_PYTHON = {"tell", "progress"}
ELSEWHERE = {"compare": {"history", "unpaired"}, "sweep": {"show"}}
"""Options that are functions of their own: `compare_unpaired`, `load_sweep`; and the history of a pair."""


def own_parameters(function: Callable[..., Any]) -> Mapping[str, Any]:
    return {name: each.default for name, each in inspect.signature(function).parameters.items()}


@pytest.mark.parametrize("name", ["evaluate", "compare", "race", "sweep", "score"])
def test_options_have_the_names_and_defaults_of_the_command(name: str) -> None:
    module = import_module(f"deployments.cli.{name}.command" if name != "score" else "deployments.cli.score")
    left_out = OF_THE_TERMINAL | ELSEWHERE.get(name, set()) | {"runs"}
    of_command = {key: value for key, value in own_parameters(getattr(module, name)).items() if key not in left_out}
    of_function = own_parameters(getattr(evaluation, name))

    assert of_command == {key: value for key, value in of_function.items() if key not in OF_PYTHON | {"runs"}}
    assert OF_PYTHON < of_function.keys()
    assert of_function == own_parameters(getattr(evaluation, f"{name}_async"))


@pytest.mark.parametrize(
    ("function", "of"), [("forecast", "evaluate"), ("forecast_race", "race"), ("forecast_sweep", "sweep")]
)
def test_a_forecast_takes_the_options_of_what_it_forecasts(function: str, of: str) -> None:
    assert own_parameters(getattr(evaluation, of)) == own_parameters(getattr(evaluation, function))


@pytest.mark.parametrize(
    "name", ["evaluate", "compare", "race", "sweep", "compare_unpaired", "score", "forecast_race", "forecast_sweep"]
)
def test_help_describes_every_option(name: str) -> None:
    function = getattr(evaluation, name)
    described = inspect.getdoc(function) or ""

    assert [] == [option for option in own_parameters(function) if f"\n    {option}: " not in described]


@pytest.mark.parametrize("package", [evaluation, selection])
def test_every_public_name_can_be_had_and_has_a_docstring(package: Any) -> None:
    assert [] == [name for name in package.__all__ if not inspect.getdoc(getattr(package, name))]
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = package.nothing


@pytest.mark.parametrize("package", [evaluation, selection])
def test_type_checkers_know_the_same_names_from_the_same_places(package: Any) -> None:
    stub = ast.parse((Path(package.__file__).with_suffix(".pyi")).read_text(encoding="utf-8"))
    imported = {
        alias.asname: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }

    assert {name: home for home, names in package.HOMES.items() for name in names} == imported
    assert set(package.__all__) == imported.keys()


@pytest.mark.parametrize(
    "statement",
    ["from evaluation import evaluate, compare, race, sweep, score, load_run, runs", "from selection import recommend"],
)
def test_an_import_loads_nothing_heavy(statement: str) -> None:
    program = f"import sys\n{statement}\nprint(*sorted(name for name in sys.modules if '.' not in name))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)

    assert [] == [name for name in done.stdout.split() if name in HEAVY]


def test_a_module_that_was_imported_hides_no_public_name() -> None:
    for package in (evaluation, selection):
        folder = Path(package.__file__).parent
        modules = {path.stem for path in folder.glob("*.py")} | {
            path.name for path in folder.iterdir() if path.is_dir()
        }
        assert set() == modules & set(package.__all__)
