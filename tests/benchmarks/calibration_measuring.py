"""What the programs of the calibration share: comparisons of drawn scores, shares with standard errors, and bounds."""

from collections.abc import Iterator, Sequence
from functools import cache
from math import sqrt
from zlib import crc32

import numpy as np
from calibration_populations import Array, Drawn, Population
from numpy.typing import NDArray

from evaluation.stats.pair_comparison import PairComparison, compare_pair
from evaluation.stats.verdicts import Kind

ALPHA = 0.05
STANDARD_ERRORS = 2.0
"""How far beyond its bound a simulated figure may lie by chance."""
CHUNK = 500


def generator(seed: int, *words: object) -> np.random.Generator:
    """Random numbers of one cell, whichever others are computed."""
    return np.random.default_rng([seed, crc32(" ".join(map(str, words)).encode())])


def chunks(
    population: Population, rng: np.random.Generator, *, simulations: int, n: int, strength: float
) -> Iterator[Drawn]:
    """The drawn scores, some hundred comparisons at a time."""
    for first in range(0, simulations, CHUNK):
        yield population.draw(rng, min(CHUNK, simulations - first), n, strength)


def comparisons(
    drawn: Drawn, rng: np.random.Generator, *, kind: Kind | None, margin: float | None = None
) -> Iterator[PairComparison]:
    """The product's comparison of each pair of drawn candidates."""
    ids = _ids(drawn.a.shape[1])
    for i in range(len(drawn.a)):
        clusters = None if drawn.clusters is None else dict(zip(ids, map(str, drawn.clusters[i].tolist()), strict=True))
        yield compare_pair(
            _scores(ids, drawn.a[i]),
            _scores(ids, drawn.b[i]),
            rng=rng,
            kind=kind,
            clusters=clusters,
            margin=margin,
            beside=False,
        )


def _scores(ids: Sequence[str], values: Array) -> dict[str, float]:
    means = values if values.ndim == 1 else values.mean(axis=1)
    return dict(zip(ids, means.tolist(), strict=True))


@cache
def _ids(n: int) -> tuple[str, ...]:
    return tuple(f"case-{i:05}" for i in range(n))


def share(hits: NDArray[np.bool_]) -> dict[str, float]:
    """The share of hits and its standard error."""
    mean = float(hits.mean())
    return {"share": round(mean, 5), "error": round(standard_error(mean, hits.size), 5)}


def standard_error(probability: float, n: int) -> float:
    """Of a share that is so large in truth, among so many."""
    return sqrt(probability * (1 - probability) / n)


def is_at_most(hits: NDArray[np.bool_], bound: float) -> bool:
    """Whether chance explains a share of hits above the bound."""
    return bool(hits.mean() <= bound + STANDARD_ERRORS * standard_error(bound, hits.size))


def is_at_least(hits: NDArray[np.bool_], bound: float) -> bool:
    """Whether chance explains a share of hits below the bound."""
    return bool(hits.mean() >= bound - STANDARD_ERRORS * standard_error(bound, hits.size))
