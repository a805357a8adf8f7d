"""Selection of candidates by measured numbers: learn, constrain, rank, recommend, explain, remember.

    from selection import recommend
    recommendation = recommend(task="summarization")
    print(recommendation.candidate.label, recommendation.reason)

The names below are loaded when they are first used, so that importing this package costs next to nothing.
`__init__.pyi` declares them for type checkers.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

HOMES = {
    "deployments.python.grading": ("grade_traffic",),
    "deployments.python.policies": (
        "create_policy",
        "edit_policy",
        "end_policy",
        "list_policies",
        "load_policy",
        "explore_policy",
        "load_trial",
        "renew_policy",
        "shadow_policy",
        "stop_trial",
    ),
    "deployments.python.selecting": (
        "load_models",
        "load_recommendations",
        "load_scoreboard",
        "promote",
        "retrain",
        "retrain_async",
        "rollback",
    ),
    "deployments.python.upgrades": (
        "accept_upgrade",
        "decline_upgrade",
        "list_upgrades",
        "load_upgrade",
        "watch_upgrades",
    ),
    "evaluation.errors": (
        "BenchwrightError",
        "ConfigurationError",
        "SelectionError",
        "StoreError",
        "UnknownNameError",
    ),
    "selection.analytics.analysis": ("Analytics", "analyse"),
    "selection.answers": (
        "Adjustments",
        "Expected",
        "MeasuredQuality",
        "Ranked",
        "Recommendation",
        "Removed",
        "Reported",
    ),
    "selection.budgets.routing": ("BudgetRouter", "Routed", "Routing", "cheapest_share", "cost_quality", "route"),
    "selection.recommendation": ("explain", "flush", "rank", "recommend", "report_outcome"),
    "selection.preferences": ("Constraints", "Weights"),
}
"""Modules that define the public names; `retrain` and the like need flows, a layer above this package."""
_HOME_OF = {name: home for home, names in HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        attribute = getattr(import_module(_HOME_OF[name]), name)
    except (ImportError, AttributeError) as error:
        raise _hidden(error) from error
    globals()[name] = attribute
    return attribute


def _hidden(error: Exception) -> Exception:
    """Return the next step where another package shadows one of ours; otherwise the error itself."""
    module = sys.modules.get("evaluation")
    ours = Path(__file__).resolve().parent.parent
    file = getattr(module, "__file__", None)
    places = [Path(file).parent] if file else [Path(place) for place in getattr(module, "__path__", ())]
    if module is None or ours / "evaluation" in [place.resolve() for place in places]:
        return error
    where = str(places[0]) if places else "somewhere else"
    return ImportError(
        f"another package named 'evaluation', at {where!r}, shadows Benchwright's on the path, which is "
        f"{str(ours / 'evaluation')!r}. Next: rename that package, or move it into one of yours "
        "(`myapp.evaluation`); or install Benchwright in an environment of its own, and call `benchwright recommend "
        "--json`."
    )


def __dir__() -> list[str]:
    return __all__
