"""How often do unpaired comparisons raise a false alarm, and how often does their interval cover the truth?

`.venv/bin/python tests/benchmarks/unpaired_calibration.py [--simulations N]` prints a row for each population and pair
of sizes. Both groups come from one population (the normal ones differ in spread alone), so that every verdict is a
false alarm.
"""

import argparse
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.unpaired_comparison import compare_groups
from evaluation.stats.verdicts import A_BETTER, B_BETTER

SIZES = ((20, 20), (50, 50), (50, 200), (300, 300))
SEED = 2026
Draw = Callable[[np.random.Generator, int, int], tuple[NDArray[np.float64], NDArray[np.float64]]]


def right_or_wrong(share: float) -> Draw:
    """Return how two groups of right and wrong answers are drawn."""
    return lambda rng, n_a, n_b: ((rng.random(n_a) < share).astype(float), (rng.random(n_b) < share).astype(float))


POPULATIONS: Mapping[str, Draw] = {
    **{f"right or wrong, {share}": right_or_wrong(share) for share in (0.5, 0.8, 0.95)},
    "normal, sd 1 and 2": lambda rng, n_a, n_b: (rng.normal(0, 1, n_a), rng.normal(0, 2, n_b)),
    "Beta(.5, .5)": lambda rng, n_a, n_b: (rng.beta(0.5, 0.5, n_a), rng.beta(0.5, 0.5, n_b)),
}


def rates(draw: Draw, n_a: int, n_b: int, n_simulations: int) -> tuple[float, float]:
    """Return the share of false alarms, and that of intervals which cover 0."""
    rng, alarms, covered = np.random.default_rng(SEED), 0, 0
    for _ in range(n_simulations):
        a, b = draw(rng, n_a, n_b)
        (pair,) = compare_groups({"a": a.tolist(), "b": b.tolist()})
        alarms += pair.verdict in (A_BETTER, B_BETTER)
        covered += pair.test.low is not None and pair.test.high is not None and pair.test.low <= 0 <= pair.test.high
    return alarms / n_simulations, covered / n_simulations


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=10_000)
    options = parser.parse_args()
    print("| population | " + " | ".join(f"{n_a} and {n_b}" for n_a, n_b in SIZES) + " |")
    print("| --- |" + " --- |" * len(SIZES))
    for name, draw in POPULATIONS.items():
        cells = [rates(draw, n_a, n_b, options.simulations) for n_a, n_b in SIZES]
        shown = (f"{100 * alarms:.1f} %, {covered:.3f}".replace(" 0.", " .") for alarms, covered in cells)
        print(f"| {name} | " + " | ".join(shown) + " |", flush=True)
