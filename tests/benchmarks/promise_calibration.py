"""Are a power of .8 and an interval of 95 % what is promised? Printed beside what simpler formulas give.

`python tests/benchmarks/promise_calibration.py` takes about two minutes of one core; the tables are those of
`docs/statistics.md`. `... promise_calibration.py margins` and `... few` give the last two alone.
"""

import sys
from collections.abc import Callable, Mapping
from functools import cache
from math import ceil, exp

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from evaluation.stats.binary_pairs import share_within
from evaluation.stats.intervals import crossing, mean_estimate
from evaluation.stats.pair_comparison import compare_pair
from evaluation.stats.paired_tests import mcnemar_p_value, mean_within
from evaluation.stats.power import (
    exact_mcnemar_cases,
    mcnemar_cases,
    mcnemar_detectable,
    mean_equivalence_cases,
    share_equivalence_cases,
)
from evaluation.stats.verdicts import Kind

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


@cache
def is_within(only_a: int, only_b: int, n: int, margin: float) -> bool:
    return share_within(only_a=only_a, only_b=only_b, n=n, margin=margin).p_equivalence < ALPHA


def binary_margin(rng: np.random.Generator, margin: float, n: int, discordant: float) -> float:
    """The share of comparisons of two equal candidates that are called equivalent."""
    half = discordant / 2
    tables = rng.multinomial(n, (half, half, 1 - discordant), size=N_TABLES)
    return float(np.mean([is_within(int(i), int(j), n, margin) for i, j, _ in tables]))


def mean_margin(rng: np.random.Generator, margin: float, n: int) -> tuple[float, float]:
    """Of differences with a standard deviation of 1: called equivalent where equal; told apart where the margin off."""
    drawn = rng.normal(size=(N_SAMPLES, n))
    within = np.mean([mean_within(sample, margin).p_equivalence < ALPHA for sample in drawn])
    apart = stats.ttest_1samp(drawn + margin, 0, axis=1).pvalue < ALPHA
    return float(within), float(np.mean(apart))


def margins(rng: np.random.Generator) -> None:
    """Does "N more cases would settle … the margin" hold, for equal candidates and for a difference of the margin?"""
    print("margin, share that differ | normal: cases, equivalent | now: cases, equivalent where equal, told where off")
    for margin, discordant in ((0.02, 0.05), (0.02, 0.2), (0.05, 0.05), (0.05, 0.2), (0.1, 0.1), (0.1, 0.3)):
        few = ceil(by_normal(margin, max(discordant, margin)))
        enough = ceil(share_equivalence_cases(margin, discordant=discordant))
        before, equal = (binary_margin(rng, margin, n, discordant) for n in (few, enough))
        told = power(rng, margin, enough, discordant)
        print(f"{margin}, {discordant} | {few:,}, {before:.3f} | {enough:,}, {equal:.3f}, {told:.3f}", flush=True)
    print("margin in deviations | normal: cases, equivalent | now: cases, equivalent where equal, told where off")
    for margin in (0.1, 0.3, 0.6, 1.0):
        few, enough = ceil(by_normal(margin, 1.0)), ceil(mean_equivalence_cases(margin))
        before, (equal, told) = mean_margin(rng, margin, few)[0], mean_margin(rng, margin, enough)
        print(f"{margin} | {few:,}, {before:.3f} | {enough:,}, {equal:.3f}, {told:.3f}", flush=True)


def by_normal(margin: float, variance: float) -> float:
    """Cases by the normal approximation with one variance."""
    return float((stats.norm.ppf(0.95) + stats.norm.ppf(0.9)) ** 2 * variance / margin**2)


def coverage(rng: np.random.Generator, name: str, n: int) -> tuple[float, float]:
    """How often Student's interval and ours cover the truth."""
    draw, truth = POPULATIONS[name]
    samples = draw(rng, (N_SAMPLES, n))
    reach = stats.t.ppf(0.975, n - 1) * stats.sem(samples, axis=1)
    low, high = samples.mean(axis=1) - reach, samples.mean(axis=1) + reach
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

    few_cases(np.random.default_rng(2026))
    margins(np.random.default_rng(2026))


def few_cases(rng: np.random.Generator) -> None:
    """Coverage where skewness cannot be seen yet, and of differences, which keep Student's interval."""
    print("population | ours at n = 6, 10 | a difference from a constant, n = 6, 12, 50, 200")
    for name in POPULATIONS:
        alone = [coverage(rng, name, n)[1] for n in (6, 10)]
        apart = [difference_coverage(rng, name, n) for n in (6, 12, 50, 200)]
        print(f"{name} | {' / '.join(f'{x:.3f}' for x in alone)} | {' / '.join(f'{x:.3f}' for x in apart)}", flush=True)


def difference_coverage(rng: np.random.Generator, name: str, n: int) -> float:
    """How often the interval of a paired difference covers the truth where one side alone has that population."""
    draw, truth = POPULATIONS[name]
    found = [
        compare_pair(
            dict(enumerate_as_ids(sample)), dict.fromkeys(map(str, range(n)), truth), kind=Kind.CONTINUOUS, rng=rng
        )
        for sample in draw(rng, (N_SAMPLES // 4, n))
    ]
    return float(np.mean([one.low is not None and one.high is not None and one.low <= 0 <= one.high for one in found]))


def enumerate_as_ids(sample: Drawn) -> list[tuple[str, float]]:
    return [(str(place), float(value)) for place, value in enumerate(sample.tolist())]


if __name__ == "__main__":
    parts = {"margins": margins, "few": few_cases}
    if sys.argv[1:] and sys.argv[1] in parts:
        parts[sys.argv[1]](np.random.default_rng(2026))
    else:
        main()
