"""Are a power of .8 and an interval of 95 % what is promised? Printed beside what simpler formulas give.

`python tests/benchmarks/promise_calibration.py` takes about two minutes of one core; the tables are those of
`docs/statistics.md`.
"""

from collections.abc import Callable, Mapping
from functools import cache
from math import ceil, exp

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from evaluation.stats.estimate import mean_estimate
from evaluation.stats.mcnemar import mcnemar_p_value
from evaluation.stats.mcnemar_power import exact_mcnemar_cases, mcnemar_detectable
from evaluation.stats.power import mcnemar_cases
from evaluation.stats.roots import crossing

Shape = tuple[int, int]
Drawn = NDArray[np.float64]
ALPHA = 0.05
N_TABLES, N_SAMPLES = 4000, 2000
POPULATIONS: Mapping[str, tuple[Callable[[np.random.Generator, Shape], Drawn], float]] = {
    "log-normal": (lambda rng, shape: rng.lognormal(size=shape), exp(0.5)),
    "exponential": (lambda rng, shape: rng.exponential(size=shape), 1.0),
    "normal": (lambda rng, shape: rng.normal(size=shape), 0.0),
    "uniform": (lambda rng, shape: rng.random(shape), 0.5),
    "60 % zeros": (lambda rng, shape: np.where(rng.random(shape) < 0.6, 0.0, rng.random(shape)), 0.2),
}


@cache
def is_rejected(only_a: int, only_b: int) -> bool:
    return mcnemar_p_value(only_a, only_b)[0] < ALPHA


def power(rng: np.random.Generator, difference: float, n: int, discordant: float) -> float:
    """The share of simulated comparisons that see the difference."""
    a, b = (discordant + difference) / 2, (discordant - difference) / 2
    tables = rng.multinomial(n, (a, b, 1 - a - b), size=N_TABLES)
    return float(np.mean([is_rejected(int(i), int(j)) for i, j, _ in tables]))


def detectable_by_connor(n: int, discordant: float) -> float:
    return crossing(lambda size: mcnemar_cases(size, discordant=discordant) - n, 1e-9, 1.0)


def coverage(rng: np.random.Generator, name: str, n: int) -> tuple[float, float]:
    """How often Student's interval and ours cover the truth."""
    draw, truth = POPULATIONS[name]
    samples = draw(rng, (N_SAMPLES, n))
    low, high = stats.t.interval(0.95, n - 1, loc=samples.mean(axis=1), scale=stats.sem(samples, axis=1))
    ours = [mean_estimate(sample.tolist()) for sample in samples]
    covered = [one.low is not None and one.high is not None and one.low <= truth <= one.high for one in ours]
    return float(np.mean((low <= truth) & (truth <= high))), float(np.mean(covered))


def main() -> None:
    rng = np.random.default_rng(2026)
    print("cases, share that differ | Connor: MDE, power | exact: MDE, power")
    for n, discordant in ((20, 0.5), (50, 0.3), (100, 0.16), (300, 0.2), (1000, 0.2)):
        by_connor, exact = detectable_by_connor(n, discordant), mcnemar_detectable(n, discordant=discordant)
        assert exact is not None
        powers = [power(rng, size, n, discordant) for size in (by_connor, exact)]
        print(f"{n}, {discordant} | {by_connor:.4f}, {powers[0]:.3f} | {exact:.4f}, {powers[1]:.3f}", flush=True)
    print("difference, share that differ | Connor: cases, power | exact: cases, power")
    for difference, discordant in ((0.03, 0.05), (0.03, 0.16), (0.05, 0.2), (0.1, 0.3)):
        few = ceil(mcnemar_cases(difference, discordant=discordant))
        enough = exact_mcnemar_cases(difference, discordant=discordant)
        powers = [power(rng, difference, n, discordant) for n in (few, enough)]
        print(f"{difference}, {discordant} | {few:,}, {powers[0]:.3f} | {enough:,}, {powers[1]:.3f}", flush=True)
    print("population | Student / ours at n = 12, 50, 200")
    for name in POPULATIONS:
        cells = [coverage(rng, name, n) for n in (12, 50, 200)]
        print(f"{name} | " + " | ".join(f"{theirs:.3f} / {ours:.3f}" for theirs, ours in cells), flush=True)


if __name__ == "__main__":
    main()
