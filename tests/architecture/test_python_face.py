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
RENAMED: Mapping[str, Mapping[str, str]] = {
    "runs": {"everything": "all"},
    "list_experiments": {"everything": "all"},
    "load_alerts": {"all_": "all"},
    "export": {"form": "format"},
    "diff_runs": {"what": "runs"},
    "load_review": {"name": "review"},
}
"""Parameters of a command under the names that its options have: `--all`, `--format`; and its arguments."""
LEFT_OUT: Mapping[str, set[str]] = {"load_benchmark": {"cases"}}
"""Options about how much is printed."""
OTHER_DEFAULTS: Mapping[str, tuple[str, ...]] = {"export": ("what", "out"), "acknowledge_alert": ("alert",)}
"""Arguments that may be left out in Python, or must be given there."""
ELSEWHERE = {"compare": {"history", "unpaired"}, "sweep": {"show"}}
"""Options that are functions of their own: `compare_unpaired`, `compare_history`, `load_sweep`."""


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
    ("function", "command"),
    [
        ("evaluation:monitor", "monitor.command:monitor"),
        ("evaluation:monitor_async", "monitor.command:monitor"),
        ("evaluation:runs", "runs:list_runs"),
        ("evaluation:tag_run", "runs:tag"),
        ("evaluation:list_experiments", "experiments.command:list_all"),
        ("evaluation:load_experiment", "experiments.command:show"),
        ("evaluation:create_experiment", "experiments.command:create"),
        ("evaluation:add_to_experiment", "experiments.runs:add"),
        ("evaluation:diff_runs", "experiments.runs:diff"),
        ("evaluation:annotate", "experiments.annotations:annotate"),
        ("evaluation:list_models", "models.listing:list_models"),
        ("evaluation:agree", "models.agree:agree"),
        ("evaluation:list_endpoints", "endpoints.command:list_endpoints"),
        ("evaluation:list_benchmarks", "benchmarks:list_benchmarks"),
        ("evaluation:load_benchmark", "benchmarks:show"),
        ("evaluation:add_benchmark", "benchmarks:add"),
        ("evaluation:write_benchmark", "benchmarks:write"),
        ("evaluation:write_benchmark_async", "benchmarks:write"),
        ("evaluation:list_metrics", "metrics:list_metrics"),
        ("evaluation:load_metric", "metrics:show"),
        ("evaluation:list_pipelines", "pipelines:list_pipelines"),
        ("evaluation:load_pipeline", "pipelines:show"),
        ("evaluation:list_profiles", "profiles:list_profiles"),
        ("evaluation:list_reviews", "review.command:list_all"),
        ("evaluation:load_review", "review.command:show"),
        ("evaluation:load_alerts", "alerts:list_all"),
        ("evaluation:acknowledge_alert", "alerts:acknowledge"),
        ("evaluation:export", "export:export"),
        ("selection:retrain", "retrain.command:retrain"),
    ],
)
def test_other_functions_have_the_options_of_their_commands(function: str, command: str) -> None:
    package, _, name = function.partition(":")
    module, _, of = command.partition(":")
    renamed, left_out = RENAMED.get(name, {}), OF_THE_TERMINAL | {"as_json"} | LEFT_OUT.get(name, set())
    of_command = own_parameters(getattr(import_module(f"deployments.cli.{module}"), of))
    of_function = own_parameters(getattr(import_module(package), name))

    options = {renamed.get(key, key): _default(value) for key, value in of_command.items() if key not in left_out}
    taken = {key: _default(value) for key, value in of_function.items() if key not in OF_PYTHON}
    assert options.keys() == taken.keys()
    assert {key: value for key, value in options.items() if key not in OTHER_DEFAULTS.get(name, ())} == {
        key: value for key, value in taken.items() if key not in OTHER_DEFAULTS.get(name, ())
    }


def _default(value: object) -> object:
    """Return a default as both have it: nothing typed is None on the command line, and () for several texts."""
    return None if value == () else value


@pytest.mark.parametrize(
    ("function", "of"),
    [
        ("forecast", "evaluate"),
        ("forecast_compare", "compare"),
        ("forecast_race", "race"),
        ("forecast_sweep", "sweep"),
    ],
)
def test_a_forecast_takes_the_options_of_what_it_forecasts(function: str, of: str) -> None:
    assert own_parameters(getattr(evaluation, of)) == own_parameters(getattr(evaluation, function))


@pytest.mark.parametrize(
    "name",
    [
        "evaluate",
        "compare",
        "race",
        "sweep",
        "compare_unpaired",
        "score",
        "write_benchmark",
        "forecast_race",
        "forecast_sweep",
        "forecast_compare",
        "monitor",
        "export",
        "annotate",
        "agree",
        "list_models",
        "create_experiment",
    ],
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
