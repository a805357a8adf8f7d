"""What was asked for in a recommendation or by a policy, in words: task, prompt, limits, weights, preferences."""

from collections.abc import Iterator

from evaluation.formatting import counted, listed, percent, quantity
from selection.choosing.number_words import ordinal
from selection.preferences import Constraints, OnTie, Weights

_ON_TIE = {"cheapest": "the cheapest", "fastest": "the fastest", "best": "the one with the highest estimate"}


def limit_rows(constraints: Constraints) -> list[tuple[str, str]]:
    """Return each limit with its value; empty where anything was allowed."""
    return list(_limits(constraints))


def _limits(constraints: Constraints) -> Iterator[tuple[str, str]]:
    if constraints.max_memory_gb is not None:
        yield "Memory when loaded", f"at most {quantity(constraints.max_memory_gb)} GB"
    if constraints.max_latency_s is not None:
        yield f"Latency, {ordinal(constraints.percentile)}", f"at most {quantity(constraints.max_latency_s)} s"
    if constraints.max_cost_per_1k is not None:
        yield "Cost of 1,000 answers", f"at most ${quantity(constraints.max_cost_per_1k)}"
    if constraints.max_energy_j is not None:
        yield "Energy of an answer, mean", f"at most {quantity(constraints.max_energy_j)} J"
    if constraints.min_quality is not None:
        yield "Expected quality", f"at least {percent(constraints.min_quality, digits=1)}"
    if constraints.capabilities:
        yield "Capabilities", listed(constraints.capabilities)
    if constraints.endpoints:
        yield "Servers", listed(constraints.endpoints)
    if constraints.models_only:
        yield "Programs", "left out"


def preference_rows(weights: Weights, on_tie: OnTie, tolerance: float) -> list[tuple[str, str]]:
    """Return what counted for how much, and who is preferred among those near the best."""
    beside = {"latency": weights.latency, "cost": weights.cost, "energy": weights.energy}
    halvings = [f"{quantity(points)} points for half the {name}" for name, points in beside.items() if points]
    whole = f"quality, times {quantity(weights.quality)}"
    counted_for = f"{whole}; {listed(halvings)}" if halvings else "quality alone"
    near = f"within {counted(1, 'point')}" if tolerance == 1 else f"within {quantity(tolerance)} points"
    return [("What counts", counted_for), (f"Of those {near} of the best", _ON_TIE[on_tie])]
