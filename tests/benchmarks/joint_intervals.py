"""How often are all claims about several candidates right, and how often do their intervals hold together?

`.venv/bin/python tests/benchmarks/joint_intervals.py [--simulations N]` prints a row for each population. Groups
have no common cases; sides have the same ones.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from evaluation.stats.ranking import compare_many
from evaluation.stats.unpaired_comparison import compare_groups
from evaluation.stats.verdicts import A_BETTER, B_BETTER

SEED = 2026
Pair = tuple[str, float, float | None, float | None]
"""Verdict, true difference, and the limits of the interval."""
Draw = Callable[[np.random.Generator, Sequence[float]], list[Pair]]


def groups_of_scores(rng: np.random.Generator, means: Sequence[float]) -> list[Pair]:
    """Return the pairs of groups of 40 normal scores with a standard deviation of 1, by Welch's t."""
    return _grouped({str(i): rng.normal(mean, 1, 40).tolist() for i, mean in enumerate(means)}, means)


def groups_of_shares(rng: np.random.Generator, means: Sequence[float]) -> list[Pair]:
    """Return the pairs of groups of 150 right and wrong answers, by chi-square or Fisher's test."""
    return _grouped({str(i): (rng.random(150) < mean).astype(float).tolist() for i, mean in enumerate(means)}, means)


def _grouped(groups: Mapping[str, Sequence[float]], means: Sequence[float]) -> list[Pair]:
    pairs = zip(compare_groups(groups), combinations(means, 2), strict=True)
    return [(pair.verdict, a - b, pair.test.low, pair.test.high) for pair, (a, b) in pairs]


def sides_right_or_wrong(rng: np.random.Generator, means: Sequence[float]) -> list[Pair]:
    """Return the pairs of sides with 150 common cases, right or wrong, by exact McNemar.

    Half of the cases are as hard for all sides as for each other.
    """
    shared, is_shared = rng.random(150), rng.random(150) < 0.5
    sides = {
        str(i): dict(enumerate_text((np.where(is_shared, shared, rng.random(150)) < mean).astype(float)))
        for i, mean in enumerate(means)
    }
    pairs = zip(compare_many(sides, seed=0).pairs, combinations(means, 2), strict=True)
    return [(pair.verdict, a - b, pair.low, pair.high) for (_, _, pair), (a, b) in pairs]


def enumerate_text(values: Sequence[float]) -> list[tuple[str, float]]:
    """Return each value with its place as a case id."""
    return [(str(i), float(value)) for i, value in enumerate(values)]


@dataclass(slots=True)
class Tally:
    """Datasets in which something went wrong."""

    n: int = 0
    claims: int = 0
    """A side is said to be better that is not."""
    limits: int = 0
    """A pair's interval misses the truth, apart from pairs of which the claim is wrong."""
    either: int = 0
    decided: int = 0
    """The interval of a decided pair misses the truth, wrong claims among them."""
    contradictions: int = 0
    """Pairs with an interval that contradicts the verdict."""
    shown: list[int] = field(default_factory=list)

    def add(self, pairs: Sequence[Pair]) -> None:
        """Count one dataset."""
        wrong = [verdict in _SIGNS and truth * _SIGNS[verdict] <= 0 for verdict, truth, _, _ in pairs]
        missed = [not _holds(truth, pair) for pair in pairs for truth in (pair[1],)]
        self.n += 1
        self.claims += any(wrong)
        self.limits += any(miss and not false for miss, false in zip(missed, wrong, strict=True))
        self.either += any(missed)
        self.decided += any(miss and pair[0] in _SIGNS for miss, pair in zip(missed, pairs, strict=True))
        self.contradictions += sum(_holds(0.0, pair) is (pair[0] in _SIGNS) for pair in pairs)
        self.shown.append(sum(pair[0] in _SIGNS for pair in pairs))


_SIGNS = {A_BETTER: 1, B_BETTER: -1}


def _holds(value: float, pair: Pair) -> bool:
    """Check whether the interval holds a value; an end at 0 is open where the verdict is that one is better."""
    verdict, _, low, high = pair
    if low is None or high is None:
        return True
    return low < value < high if value == 0 and verdict in _SIGNS else low <= value <= high


POPULATIONS: Mapping[str, tuple[Draw, Sequence[float]]] = {
    "3 groups, scores, all equal": (groups_of_scores, (0, 0, 0)),
    "3 groups, scores, two equal, one far": (groups_of_scores, (0, 0, 2)),
    "3 groups, scores, all far": (groups_of_scores, (0, 2, 4)),
    "3 groups, scores, 0.4, 0.6, 1 apart": (groups_of_scores, (0, 0.4, 1)),
    "4 groups, scores, two and two": (groups_of_scores, (0, 0, 2, 2)),
    "4 groups, scores, 0.5 apart each": (groups_of_scores, (0, 0.5, 1, 1.5)),
    "3 groups, right .5, .5, .5": (groups_of_shares, (0.5, 0.5, 0.5)),
    "3 groups, right .5, .5, .9": (groups_of_shares, (0.5, 0.5, 0.9)),
    "3 groups, right .4, .5, .7": (groups_of_shares, (0.4, 0.5, 0.7)),
    "3 sides, right .5, .5, .5": (sides_right_or_wrong, (0.5, 0.5, 0.5)),
    "3 sides, right .5, .5, .9": (sides_right_or_wrong, (0.5, 0.5, 0.9)),
    "3 sides, right .4, .5, .7": (sides_right_or_wrong, (0.4, 0.5, 0.7)),
}


def tally_of(draw: Draw, means: Sequence[float], n_simulations: int) -> Tally:
    """Return what went wrong in so many datasets of one population."""
    rng, tally = np.random.default_rng(SEED), Tally()
    for _ in range(n_simulations):
        tally.add(draw(rng, means))
    return tally


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=4_000)
    options = parser.parse_args()
    titles = ("population", "decided", "all claims right", "all intervals hold", "of decided", "both", "contradictions")
    print("| " + " | ".join(titles) + " |")
    print("| --- |" + " --- |" * (len(titles) - 1))
    for name, (draw, means) in POPULATIONS.items():
        tally = tally_of(draw, means, options.simulations)
        shares = [1 - n / tally.n for n in (tally.claims, tally.limits, tally.decided, tally.either)]
        decided = f"{sum(tally.shown) / tally.n:.1f} of {len(list(combinations(means, 2)))}"
        cells = [name, decided, *(f"{share:.3f}" for share in shares), str(tally.contradictions)]
        print("| " + " | ".join(cells) + " |", flush=True)
