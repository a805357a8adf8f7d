"""Do so many cases of each group show the difference, as `compare --unpaired` says of groups that cannot be told apart?

`.venv/bin/python tests/benchmarks/unpaired_power.py [--simulations N]` prints a row for each pair of populations: the
sizes that were there, the number that is said, and with so many more cases how often the difference is a verdict, or of
a margin, how often two equal groups are called equivalent and two that differ by the margin are told apart. The last
column is the smallest difference that the sizes themselves show, and how often they do.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.unpaired import (
    likeliest_shares,
    unpaired_means,
    unpaired_means_within,
    unpaired_shares,
    unpaired_shares_within,
)
from evaluation.stats.unpaired_power import means_needed, more_for_means, more_for_shares, shares_needed

ALPHA = 0.05
SEED = 2026
Drawn = NDArray[np.float64]
SHARES: Sequence[tuple[float, float, int, int]] = (
    (0.5, 0.4, 20, 20),
    (0.8, 0.7, 50, 50),
    (0.95, 0.9, 40, 40),
    (1.0, 0.97, 20, 20),
    (0.9, 0.5, 6, 6),
    (0.6, 0.2, 8, 8),
    (0.7, 0.5, 6, 600),
    (0.7, 0.6, 300, 20),
)
"""The shares of two groups, and their sizes."""
DEVIATIONS: Sequence[tuple[float, float, float, int, int]] = (
    (0.5, 1.0, 1.0, 20, 20),
    (0.3, 1.0, 2.0, 30, 30),
    (1.0, 1.0, 1.0, 6, 6),
    (2.0, 1.0, 1.0, 3, 3),
    (0.5, 1.0, 3.0, 200, 10),
    (0.5, 3.0, 1.0, 200, 10),
    (0.5, 0.0, 1.0, 20, 20),
    (0.4, 1.0, 1.0, 5, 5000),
)
"""The difference of two normal populations, their standard deviations, and the sizes of the groups."""
SHAPES: Mapping[str, Callable[[np.random.Generator, tuple[int, int]], Drawn]] = {
    "Beta(.5, .5)": lambda rng, shape: rng.beta(0.5, 0.5, shape),
    "exponential": lambda rng, shape: rng.exponential(1.0, shape),
    "60 % zeros": lambda rng, shape: np.where(rng.random(shape) < 0.6, 0.0, rng.random(shape)),
}
"""Scores that are not normal; one group is shifted by half a standard deviation."""


@cache
def is_apart(right_a: int, n_a: int, right_b: int, n_b: int) -> bool:
    """Return whether the test of two shares rejects."""
    return unpaired_shares(right_a, n_a, right_b, n_b).p_value < ALPHA


@cache
def are_equal(right_a: int, n_a: int, right_b: int, n_b: int, margin: float) -> bool:
    """Return whether two shares are shown as equivalent."""
    return unpaired_shares_within(right_a, n_a, right_b, n_b, margin=margin).p_equivalence < ALPHA


def share_power(
    rng: np.random.Generator, shares: tuple[float, float], sizes: tuple[int, int], n: int, margin: float | None = None
) -> float:
    """Return how often two groups are told apart, or with a margin called equivalent."""
    drawn = zip(
        rng.binomial(sizes[0], shares[0], n).tolist(), rng.binomial(sizes[1], shares[1], n).tolist(), strict=True
    )
    if margin is None:
        return float(np.mean([is_apart(a, sizes[0], b, sizes[1]) for a, b in drawn]))
    return float(np.mean([are_equal(a, sizes[0], b, sizes[1], margin) for a, b in drawn]))


def mean_power(a: Drawn, b: Drawn, margin: float | None = None) -> float:
    """Return how often the groups, a simulation in each row, are told apart, or with a margin called equivalent."""
    pairs = zip(a, b, strict=True)
    if margin is None:
        return float(np.mean([unpaired_means(of_a.tolist(), of_b.tolist()).p_value < ALPHA for of_a, of_b in pairs]))
    within = [unpaired_means_within(of_a, of_b, margin=margin) for of_a, of_b in pairs]
    return float(np.mean([test is not None and test.p_equivalence < ALPHA for test in within]))


def normal_groups(
    rng: np.random.Generator, difference: float, deviations: tuple[float, float], sizes: tuple[int, int], n: int
) -> tuple[Drawn, Drawn]:
    """Return so many simulations of two normal groups, a row each."""
    a = rng.normal(difference, deviations[0], (n, sizes[0]))
    return a, rng.normal(0.0, deviations[1], (n, sizes[1]))


def sample_with(deviation: float, n: int, mean: float) -> Drawn:
    """Return values with that mean and that standard deviation."""
    values = np.linspace(-1.0, 1.0, n)
    return mean + values * (deviation / values.std(ddof=1))


def difference_rows(rng: np.random.Generator, n: int) -> None:
    """Print what is said of a difference, and how often it is seen."""
    print("| groups | sizes | more of each | seen | smallest shown | seen |")
    print("| --- | --- | --- | --- | --- | --- |")
    for a, b, n_a, n_b in SHARES:
        more = more_for_shares(a, b, n_a, n_b)
        needed = shares_needed(round(a * n_a), n_a, round(b * n_b), n_b, margin=None)
        assert more is not None
        seen = share_power(rng, (a, b), (n_a + more, n_b + more), n)
        mde, shown = needed.mde if needed else None, "–"
        if mde is not None:
            shares = likeliest_shares(round(a * n_a) / n_a, round(b * n_b) / n_b, n_b / n_a, mde)
            shown = f"{share_power(rng, shares, (n_a, n_b), n):.3f}"
        print_row(f"right {a}, {b}", n_a, n_b, more, seen, mde, shown)
    for difference, deviation_a, deviation_b, n_a, n_b in DEVIATIONS:
        deviations = deviation_a, deviation_b
        needed = means_needed(
            sample_with(deviation_a, n_a, difference), sample_with(deviation_b, n_b, 0.0), margin=None
        )
        assert needed is not None
        assert needed.n_more is not None
        assert needed.mde is not None
        more = needed.n_more
        seen = mean_power(*normal_groups(rng, difference, deviations, (n_a + more, n_b + more), n))
        shown = f"{mean_power(*normal_groups(rng, needed.mde, deviations, (n_a, n_b), n)):.3f}"
        name = f"normal, {difference} apart, sd {deviation_a}, {deviation_b}"
        print_row(name, n_a, n_b, more, seen, needed.mde, shown)
    for name, draw in SHAPES.items():
        deviation = float(draw(rng, (1, 1_000_000)).std())
        more = more_for_means(deviation / 2, (deviation, deviation), 20, 20)
        assert more is not None
        seen = mean_power(draw(rng, (n, 20 + more)) + deviation / 2, draw(rng, (n, 20 + more)))
        print_row(f"{name}, half a sd apart", 20, 20, more, seen, None, "–")


def print_row(name: str, n_a: int, n_b: int, more: int, seen: float, mde: float | None, shown: str) -> None:
    """Print a row of the first table."""
    smallest = "–" if mde is None else f"{mde:.3f}"
    print(f"| {name} | {n_a:,} and {n_b:,} | {more:,} | {seen:.3f} | {smallest} | {shown} |", flush=True)


def margin_rows(rng: np.random.Generator, n: int) -> None:
    """Print what is said of a margin, and how often equal groups are shown as equivalent, and others told apart."""
    print("\n| groups, margin | sizes | more of each | equal: equivalent | a margin apart: told apart |")
    print("| --- | --- | --- | --- | --- |")
    for equal, margin, n_a, n_b in (
        (0.5, 0.1, 20, 20), (0.8, 0.05, 50, 50), (0.95, 0.03, 40, 40), (1.0, 0.02, 20, 20), (0.8, 0.2, 10, 10),
        (0.7, 0.1, 10, 600),
    ):  # fmt: skip
        needed = shares_needed(round(equal * n_a), n_a, round(equal * n_b), n_b, margin=margin)
        assert needed is not None
        assert needed.n_more is not None
        sizes = n_a + needed.n_more, n_b + needed.n_more
        within = share_power(rng, (equal, equal), sizes, n, margin)
        apart = share_power(rng, likeliest_shares(equal, equal, n_b / n_a, margin), sizes, n)
        name = f"right {equal}, {margin}"
        print(f"| {name} | {n_a:,} and {n_b:,} | {needed.n_more:,} | {within:.3f} | {apart:.3f} |", flush=True)
    for margin, deviations, n_a, n_b in (
        (0.5, (1.0, 1.0), 20, 20), (0.3, (1.0, 2.0), 30, 30), (1.0, (1.0, 1.0), 6, 6), (0.5, (1.0, 1.0), 6, 600)
    ):  # fmt: skip
        more = more_for_means(margin, deviations, n_a, n_b, is_margin=True)
        assert more is not None
        sizes = n_a + more, n_b + more
        within = mean_power(*normal_groups(rng, 0.0, deviations, sizes, n), margin)
        apart = mean_power(*normal_groups(rng, margin, deviations, sizes, n))
        name = f"normal, sd {deviations[0]}, {deviations[1]}, {margin}"
        print(f"| {name} | {n_a:,} and {n_b:,} | {more:,} | {within:.3f} | {apart:.3f} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=4000)
    options = parser.parse_args()
    difference_rows(np.random.default_rng(SEED), options.simulations)
    margin_rows(np.random.default_rng(SEED), options.simulations)
