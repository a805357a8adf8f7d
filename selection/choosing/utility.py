"""What is a candidate worth to the one who asks? Points of quality, and points for each halving of what it takes.

utility = 100 · w_q · quality - w_l · log2(seconds) - w_c · log2(dollars for 1,000) - w_e · log2(joules)
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from selection.choosing.expectations import Facts
from selection.preferences import Weights

_LEAST = {"latency": 1e-3, "cost": 1e-6, "energy": 1e-3}
"""Seconds, dollars for 1,000 answers, joules: to have less than this is worth no more."""


class Beside(NamedTuple):
    """What utilities have from elsewhere than the quality, by position; 0 for who is not asked about."""

    points: list[float]
    unknown: dict[str, list[int]]
    """Of which a thing that was given a weight is not known, by its name: they count as the worst of the others."""


def points_beside_quality(facts: Facts, weights: Weights, places: Sequence[int]) -> Beside:
    """Return the points that latency, cost and energy take from the candidates at `places`."""
    points, unknown = [0.0] * len(facts.quality), {}
    things = {"latency": facts.latency_s, "cost": facts.cost_per_1k, "energy": facts.energy_j}
    for thing, values in things.items():
        weight = getattr(weights, thing)
        if not weight:
            continue
        logarithms = {place: math.log2(max(values[place], _LEAST[thing])) for place in places if values[place] >= 0}
        worst = max(logarithms.values(), default=0.0)
        for place in places:
            points[place] -= weight * logarithms.get(place, worst)
        if missing := [place for place in places if place not in logarithms]:
            unknown[thing] = missing
    return Beside(points, unknown)
