"""What is a p-value worth among many? Adjusted p-values, to be held against the level one would use for a single test.

Holm for claims: with all null hypotheses true, any of them is rejected with at most the chance of the level.
Benjamini and Hochberg for screening: of those rejected, at most that share is wrong on average. The others are for who
has to match figures from elsewhere: Bonferroni is never better than Holm; Hommel is never worse, but wants tests that
are independent or positively dependent; Benjamini and Yekutieli screen whatever depends on what.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import ConfigurationError
from evaluation.stats.numbers import Vector

Places = NDArray[np.intp]


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values in the order given, whatever depends on what (Holm 1979, Scand J Statist 6:65)."""
    p, order = _sorted(p_values)
    stepped = np.minimum(1.0, np.maximum.accumulate(p * np.arange(p.size, 0, -1)))
    return _in_given_order(stepped, order)


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values in the order given, for independent or positively dependent tests.

    Source: Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    p, order = _sorted(p_values)
    stepped = np.minimum.accumulate((p * p.size / np.arange(1, p.size + 1))[::-1])[::-1]
    return _in_given_order(stepped, order)


def bonferroni(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values in the order given: each times their number."""
    p, order = _sorted(p_values)
    return _in_given_order(np.minimum(1.0, p * p.size), order)


def hommel(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values in the order given, for independent or positively dependent tests.

    The closed test by Simes' p of the m largest together, min(m p_(i) / i), for every m (Hommel 1988, Biometrika
    75:383; steps of Wright 1992, Biometrics 48:1005). Takes time in proportion to the square of their number.
    """
    p, order = _sorted(p_values)
    adjusted = p.copy()
    for m in range(p.size, 1, -1):
        simes = float((m * p[-m:] / np.arange(1, m + 1)).min())
        adjusted[-m:] = np.maximum(adjusted[-m:], simes)
        adjusted[:-m] = np.maximum(adjusted[:-m], np.minimum(simes, m * p[:-m]))
    return _in_given_order(adjusted, order)


def benjamini_yekutieli(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values in the order given, for screening whatever depends on what.

    Benjamini and Hochberg's, times 1 + 1/2 + … + 1/n (Benjamini and Yekutieli 2001, doi:10.1214/aos/1013699998).
    """
    p, order = _sorted(p_values)
    ranks = np.arange(1, p.size + 1)
    stepped = np.minimum.accumulate((p * p.size * (1 / ranks).sum() / ranks)[::-1])[::-1]
    return _in_given_order(np.minimum(1.0, stepped), order)


ADJUSTMENTS: Mapping[str, Callable[[Sequence[float]], tuple[float, ...]]] = MappingProxyType(
    {
        "holm": holm,
        "bh": benjamini_hochberg,
        "bonferroni": bonferroni,
        "hommel": hommel,
        "by": benjamini_yekutieli,
    }
)
"""The adjustments that a comparison may name."""


def _sorted(p_values: Sequence[float]) -> tuple[Vector, Places]:
    """Return the p-values from the smallest on, and where each was."""
    p = np.asarray(p_values, dtype=np.float64)
    outside = ~((p >= 0) & (p <= 1))
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        raise ConfigurationError(
            f"p_values[{first}] is {p[first]}, which is not a p-value",
            "give values from 0 to 1, and leave out what is missing",
        )
    order = np.argsort(p, kind="stable")
    return p[order], order


def _in_given_order(stepped: Vector, order: Places) -> tuple[float, ...]:
    adjusted = np.empty_like(stepped)
    adjusted[order] = stepped
    return tuple(adjusted.tolist())
