"""The meaning of numbers: cases, candidates, providers, metrics, statistics, reports, the store.

    from evaluation import evaluate
    result = evaluate(benchmark="question_answering", model="baseline-lead", embedded=True, limit=12)
    print(result.run.candidates[0].metrics["token_f1"].value)

The names in `__all__` are loaded on first use, so that importing this package is fast. The implementation depends on
flows and servers, which belong to layers above this package, and is therefore looked up by its name (see
`docs/decisions.md`). `__init__.pyi` declares the names for type checkers.
"""

import time
from importlib import import_module
from typing import Any

__version__ = "0.1.0"
LOADED_AT = time.time()
"""Time at which this process began to load the package, in seconds since 1970."""
HOMES = {
    "deployments.python.analytics": ("load_breakdown", "load_correlations", "load_timeline"),
    "deployments.python.cascades": ("load_cascades",),
    "deployments.python.catalogues": (
        "list_benchmarks",
        "list_comparisons",
        "list_endpoints",
        "list_experiments",
        "list_metrics",
        "list_models",
        "list_pipelines",
        "list_profiles",
        "list_reviews",
        "load_benchmark",
        "load_experiment",
        "load_metric",
        "load_pipeline",
        "load_review",
    ),
    "deployments.python.changes": (
        "acknowledge_alert",
        "add_benchmark",
        "add_to_experiment",
        "agree",
        "annotate",
        "create_experiment",
        "diff_runs",
        "export",
        "load_candidate",
        "tag_run",
    ),
    "deployments.python.comparisons": (
        "compare",
        "compare_async",
        "compare_history",
        "compare_unpaired",
        "forecast_compare",
    ),
    "deployments.python.evaluations": ("evaluate", "evaluate_async", "forecast"),
    "deployments.python.monitoring": ("monitor", "monitor_async"),
    "deployments.python.races": ("forecast_race", "race", "race_async"),
    "deployments.python.reporting": ("report",),
    "deployments.python.scores": ("score", "score_async"),
    "deployments.python.stored": (
        "load_alerts",
        "load_case",
        "load_cases",
        "load_comparison",
        "load_race",
        "load_run",
        "load_scores",
        "load_stages",
        "load_sweep",
        "load_traffic",
        "runs",
    ),
    "deployments.python.sweeps": ("forecast_sweep", "sweep", "sweep_async"),
    "deployments.python.writing": ("write_benchmark", "write_benchmark_async"),
    "evaluation.errors": ("BenchwrightError", "CheckFailedError", "RunFailedError", "RunInterrupted"),
}
"""Modules that define the public functions and errors, and the names in each."""
_HOME_OF = {name: home for home, names in HOMES.items() for name in names}

__all__ = [*_HOME_OF]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
