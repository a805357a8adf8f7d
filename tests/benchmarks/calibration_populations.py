"""Populations of which the truth is known, from which `calibration.py` draws scores of two candidates.

Each is a few lines: what a case is, what the two candidates have in common there, and what a true difference does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from evaluation.stats.verdicts import Kind

Array = NDArray[np.float64]
Rng = np.random.Generator

N_REPEATS = 3
CASES_A_CLUSTER = 5
"""On average; the sizes differ much."""
SEEN_IN_STANDARD_ERRORS = 2.8
"""A true difference of so many standard errors is seen by a z-test with a power of .8."""
_KNOWS = 0.6
_N_TO_MEASURE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The scores of many comparisons at once."""

    a: Array
    """Shape (n_comparisons, n_cases), or (n_comparisons, n_cases, n_repeats)."""
    b: Array
    clusters: NDArray[np.intp] | None = None
    """Numbers from 0, shape (n_comparisons, n_cases)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """What cases are like, and how two candidates answer them."""

    name: str
    text: str
    draw: Callable[[Rng, int, int, float], Drawn]
    """(rng, n_comparisons, n_cases, strength), where a strength of 0 leaves the two alike."""
    kind: Kind | None = None
    """As a caller would tell it; None where the scores do."""
    slope: float = 1.0
    """The true difference of means that a strength of 1 makes."""
    strongest: float = float("inf")
    truth: Callable[[float], float] | None = None
    """The true value of what is estimated, where it is not `slope` times the strength."""
    most_covered: float = 0.97
    """The largest coverage that is promised; few clusters of right and wrong answers, and ratings, have more."""
    is_promised: bool = True
    """Whether the bounds hold for it; else it shows where they end."""

    def estimand(self, strength: float) -> float:
        """What the interval should cover."""
        return self.slope * strength if self.truth is None else self.truth(strength)

    def strength(self, n: int) -> float:
        """One that so many cases show with a power around .8, or the strongest that there is."""
        drawn = self.draw(np.random.default_rng(1), 50, _N_TO_MEASURE, 0.0)
        units = unit_differences(drawn, as_logarithms=self.kind is Kind.RATIO)
        n_units = n if drawn.clusters is None else n // CASES_A_CLUSTER
        wanted = SEEN_IN_STANDARD_ERRORS * float(units.std()) / sqrt(n_units) / self.slope
        return min(self.strongest, float(np.round(wanted, 3)))


def unit_differences(drawn: Drawn, *, as_logarithms: bool = False) -> Array:
    """A less B of what was sampled: cases, repeats averaged, or the means of clusters."""
    a, b = (np.log(drawn.a), np.log(drawn.b)) if as_logarithms else (drawn.a, drawn.b)
    differences: Array = a - b
    if differences.ndim == 3:
        differences = differences.mean(axis=2)
    if drawn.clusters is None:
        return differences
    n_clusters = int(drawn.clusters.max()) + 1
    places = drawn.clusters + n_clusters * np.arange(len(differences))[:, None]
    n_places = n_clusters * len(differences)
    sums = np.bincount(places.ravel(), weights=differences.ravel(), minlength=n_places)
    counts = np.bincount(places.ravel(), minlength=n_places)
    means: Array = (sums / counts).reshape(len(differences), n_clusters)
    return means


def right_or_wrong(shape: float, *, n_repeats: int | None = None) -> Callable[[Rng, int, int, float], Drawn]:
    """Cases whose chance of a right answer is Beta(shape, shape); A gets a share of what it would have missed."""

    def draw(rng: Rng, n_comparisons: int, n: int, strength: float) -> Drawn:
        chance = rng.beta(shape, shape, (n_comparisons, n))
        size = chance.shape if n_repeats is None else (*chance.shape, n_repeats)
        wide = chance if n_repeats is None else chance[..., None]
        answered = [rng.random(size) < p for p in (wide + strength * (1 - wide), wide)]
        return Drawn(a=answered[0].astype(np.float64), b=answered[1].astype(np.float64))

    return draw


def _normal(rng: Rng, n_comparisons: int, n: int, strength: float) -> Drawn:
    common = rng.normal(size=(n_comparisons, n))
    return Drawn(
        a=common + 0.5 * rng.normal(size=common.shape) + strength, b=common + 0.5 * rng.normal(size=common.shape)
    )


def _log_normal(rng: Rng, n_comparisons: int, n: int, strength: float) -> Drawn:
    a, b = rng.lognormal(sigma=1.0, size=(2, n_comparisons, n))
    return Drawn(a=a + strength, b=b)


def _latencies(rng: Rng, n_comparisons: int, n: int, strength: float) -> Drawn:
    length = rng.lognormal(sigma=1.0, size=(n_comparisons, n))
    noise_a, noise_b = rng.lognormal(sigma=0.3, size=(2, n_comparisons, n))
    return Drawn(a=length * noise_a * np.exp(strength), b=length * noise_b)


def _ratings(rng: Rng, n_comparisons: int, n: int, strength: float) -> Drawn:
    chance = rng.beta(2, 2, (n_comparisons, n))
    a, b = rng.binomial(4, chance + strength * (1 - chance)), rng.binomial(4, chance)
    return Drawn(a=1 + a.astype(np.float64), b=1 + b.astype(np.float64))


def _rated_higher(strength: float) -> float:
    """P(A > B) - P(A < B) of `_ratings`, by integration over the cases."""
    from scipy.stats import binom

    points, weights = np.polynomial.legendre.leggauss(200)
    chance = (points + 1) / 2
    density = 6 * chance * (1 - chance) * weights / 2
    ratings = np.arange(5)[:, None]
    a, b = binom.pmf(ratings, 4, chance + strength * (1 - chance)), binom.pmf(ratings, 4, chance)
    signs = np.sign(ratings - ratings.T)
    return float(np.einsum("ac,bc,ab,c->", a, b, signs, density))


def _clusters(rng: Rng, n_comparisons: int, n: int) -> NDArray[np.intp]:
    """Clusters of very different sizes, each with a case at least."""
    n_clusters = n // CASES_A_CLUSTER
    shares = rng.exponential(size=(n_comparisons, n_clusters)).cumsum(axis=1)
    shares /= shares[:, -1:]
    drawn = rng.random((n_comparisons, n - n_clusters))
    rest = np.array([np.searchsorted(row, u) for row, u in zip(shares, drawn, strict=True)], dtype=np.intp)
    return np.concatenate([np.broadcast_to(np.arange(n_clusters), (n_comparisons, n_clusters)), rest], axis=1)


def _clustered_scores(rng: Rng, n_comparisons: int, n: int, strength: float) -> Drawn:
    """Half of the variance of a difference is its cluster's."""
    clusters = _clusters(rng, n_comparisons, n)
    of_cluster = rng.normal(size=(n_comparisons, n // CASES_A_CLUSTER))
    a = np.take_along_axis(of_cluster, clusters, axis=1) + rng.normal(size=clusters.shape) + strength
    return Drawn(a=a, b=np.zeros(clusters.shape), clusters=clusters)


def _clustered_answers(rng: Rng, n_comparisons: int, n: int, strength: float) -> Drawn:
    """Each candidate knows half of the topics, and there gets a share of what it would have missed."""
    clusters = _clusters(rng, n_comparisons, n)
    chance = rng.beta(2, 2, clusters.shape)
    sides = []
    for bonus in (strength, 0.0):
        knows = _KNOWS * (rng.random((n_comparisons, n // CASES_A_CLUSTER)) < 0.5)
        p = chance + np.take_along_axis(knows, clusters, axis=1) * (1 - chance)
        sides.append((rng.random(clusters.shape) < p + bonus * (1 - p)).astype(np.float64))
    return Drawn(a=sides[0], b=sides[1], clusters=clusters)


def _lopsided(rng: Rng, n_comparisons: int, n: int, strength: float) -> Drawn:
    a = rng.lognormal(sigma=1.0, size=(n_comparisons, n))
    return Drawn(a=a + strength, b=np.full(a.shape, np.exp(0.5)))


_MISSED = 0.5
"""The mean chance of a wrong answer, of which a strength is a share."""

POPULATIONS = (
    Population(
        name="binary, Beta(.5,.5)",
        text="right or wrong; most cases are easy or hard for both: the chance of a right answer is Beta(.5, .5)",
        draw=right_or_wrong(0.5),
        slope=_MISSED,
        strongest=0.95,
    ),
    Population(
        name="binary, Beta(2,2)",
        text="right or wrong; most cases are middling for both: Beta(2, 2)",
        draw=right_or_wrong(2.0),
        slope=_MISSED,
        strongest=0.95,
    ),
    Population(name="normal", text="a score with normal differences", draw=_normal),
    Population(
        name="log-normal", text="two independent log-normal scores, σ = 1, and A's is shifted", draw=_log_normal
    ),
    Population(
        name="3 repeats, Beta(.5,.5)",
        text="right or wrong, each case asked three times of both, chances Beta(.5, .5)",
        draw=right_or_wrong(0.5, n_repeats=N_REPEATS),
        kind=Kind.CONTINUOUS,
        slope=_MISSED,
        strongest=0.95,
    ),
    Population(
        name="3 repeats, Beta(2,2)",
        text="the same, chances Beta(2, 2)",
        draw=right_or_wrong(2.0, n_repeats=N_REPEATS),
        kind=Kind.CONTINUOUS,
        slope=_MISSED,
        strongest=0.95,
    ),
    Population(
        name="clusters, normal",
        most_covered=1.0,
        text="clusters of 5 cases on average and very different sizes; half of the variance is the cluster's",
        draw=_clustered_scores,
    ),
    Population(
        name="clusters, binary",
        most_covered=1.0,
        text="the same clusters, right or wrong; each candidate knows half of the topics",
        draw=_clustered_answers,
        slope=_MISSED * (1 - _KNOWS / 2),
        strongest=0.95,
    ),
    Population(
        name="ratings 1-5",
        most_covered=1.0,
        text="1 + Binomial(4, p), p Beta(2, 2) shared by both",
        draw=_ratings,
        kind=Kind.ORDINAL,
        slope=4 * _MISSED,
        strongest=0.95,
        truth=_rated_higher,
    ),
    Population(
        name="latencies",
        most_covered=1.0,
        text="log-normal lengths shared by both (σ = 1), each with its own noise (σ = .3); the ratio counts",
        draw=_latencies,
        kind=Kind.RATIO,
        truth=lambda strength: float(np.exp(strength)),
    ),
    Population(
        name="lopsided",
        text="A log-normal (σ = 1), B always its mean: equal means, and differences that are not symmetric",
        draw=_lopsided,
        is_promised=False,
    ),
)
