"""What to do with numbers: learn, constrain, rank, recommend, explain, remember.

    from selection import recommend
    found = recommend(task="summarization")
    print(found.candidate.label, found.reason)

The names below are loaded when they are first used, so that importing this package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selection.analytics.looking_back import Analytics, analyse
    from selection.answers import Expected, Ranked, Recommendation, Removed
    from selection.budgets.routing import BudgetRouter, Routed, Routing, cheapest_share, cost_quality, route
    from selection.recommendation import explain, flush, rank, recommend, report_outcome
    from selection.wishes import Constraints, Weights

_HOMES = {
    "selection.analytics.looking_back": ("Analytics", "analyse"),
    "selection.answers": ("Expected", "Ranked", "Recommendation", "Removed"),
    "selection.budgets.routing": ("BudgetRouter", "Routed", "Routing", "cheapest_share", "cost_quality", "route"),
    "selection.recommendation": ("explain", "flush", "rank", "recommend", "report_outcome"),
    "selection.wishes": ("Constraints", "Weights"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Analytics",
    "BudgetRouter",
    "Constraints",
    "Expected",
    "Ranked",
    "Recommendation",
    "Removed",
    "Routed",
    "Routing",
    "Weights",
    "analyse",
    "cheapest_share",
    "cost_quality",
    "explain",
    "flush",
    "rank",
    "recommend",
    "report_outcome",
    "route",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
