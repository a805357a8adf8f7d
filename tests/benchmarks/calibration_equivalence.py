"""Are candidates called equivalent that differ by more than the margin, and alike ones not? Two one-sided tests."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from calibration_fixed import power_ratio
from calibration_measuring import ALPHA, STANDARD_ERRORS, chunks, comparisons, generator, is_at_most, share
from calibration_populations import POPULATIONS, Array, Drawn, Population, Rng, right_or_wrong, unit_differences

MARGIN = 0.02
DIFFERENCES = (0.03, MARGIN, 0.0)
"""Beyond the margin, on it, and none."""
POWER_SHARE = 0.97
_BY_NAME = {population.name: population for population in POPULATIONS}


def _scaled(name: str, factor: float) -> Callable[[Rng, int, int, float], Drawn]:
    """Scores of another population in smaller units; the strength stays in points."""

    def draw(rng: Rng, n_comparisons: int, n: int, strength: float) -> Drawn:
        drawn = _BY_NAME[name].draw(rng, n_comparisons, n, 0.0)
        return Drawn(a=drawn.a * factor + strength, b=drawn.b * factor, clusters=drawn.clusters)

    return draw


CASES = (
    (_BY_NAME["binary, Beta(.5,.5)"], 300),
    (_BY_NAME["binary, Beta(2,2)"], 300),
    (_BY_NAME["3 repeats, Beta(.5,.5)"], 300),
    (Population(name="normal, sd .1", text="normal differences, sd .1", draw=_scaled("normal", 0.1414)), 300),
    (
        Population(
            name="clusters, small", text="the normal clusters in smaller units", draw=_scaled("clusters, normal", 0.05)
        ),
        300,
    ),
    (
        Population(
            name="binary, Beta(.05,.05)",
            text="right or wrong, nearly all cases easy or hard for both",
            draw=right_or_wrong(0.05),
            slope=0.5,
        ),
        1000,
    ),
)


def equivalence(
    *, simulations: int, seed: int, only: str | None, cases: Sequence[int] | None
) -> Iterator[dict[str, Any]]:
    """How often candidates with each true difference are called equivalent within 2 points."""
    for population, n in CASES:
        if only in (None, population.name) and (cases is None or n in cases):
            yield _cell(population, n, simulations, seed)


def _cell(population: Population, n: int, simulations: int, seed: int) -> dict[str, Any]:
    called, theirs = {}, {}
    for difference in DIFFERENCES:
        called[difference], theirs[difference] = _called(population, n, difference, simulations, seed)
    ratio, error = power_ratio(called[0.0], theirs[0.0])
    missed = [
        f"called equivalent at {difference}"
        for difference in DIFFERENCES
        if difference >= MARGIN and not is_at_most(called[difference], ALPHA)
    ]
    if is_at_most(theirs[MARGIN], ALPHA) and ratio < POWER_SHARE - STANDARD_ERRORS * error:
        missed.append("power")
    return {
        "population": population.name,
        "cases": n,
        "margin": MARGIN,
        "called": {str(difference): share(hits) for difference, hits in called.items()},
        "ttest": {str(difference): share(hits) for difference, hits in theirs.items()},
        "power_ratio": {"share": round(ratio, 4), "error": round(error, 4)},
        "missed": missed,
    }


def _called(
    population: Population, n: int, difference: float, simulations: int, seed: int
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Whether each comparison is called equivalent, and whether scipy's two one-sided t-tests would."""
    rng = generator(seed, "equivalence", population.name, n, difference)
    ours, theirs = [], []
    for drawn in chunks(population, rng, simulations=simulations, n=n, strength=difference / population.slope):
        theirs.extend((_two_t_tests(unit_differences(drawn)) < ALPHA).tolist())
        for found in comparisons(drawn, rng, kind=population.kind, margin=MARGIN):
            # The p, not the verdict: that would say "better" where a small difference is sure.
            ours.append(found.p_equivalence is not None and found.p_equivalence < ALPHA)
    return np.array(ours), np.array(theirs)


def _two_t_tests(units: Array) -> Array:
    from scipy.stats import ttest_1samp

    above = ttest_1samp(units, -MARGIN, axis=1, alternative="greater").pvalue
    below = ttest_1samp(units, MARGIN, axis=1, alternative="less").pvalue
    return np.nan_to_num(np.maximum(above, below), nan=1.0)
