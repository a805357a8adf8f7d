"""How sure is a vote of n samples: the chance that one more sample would give the answer that won.

The share of the winner, c / n, is too high: the answer that wins is also the luckiest. The chance is the posterior mean
(c - σ) / (n + θ) of the two-parameter Poisson-Dirichlet process, which leaves room for answers not seen yet, and needs
no number of possible ones. σ and θ are unknown: every pair of a grid counts by its likelihood, with σ and 1 / (1 + θ),
the chance that two samples agree at σ = 0, uniform from 0 to 1 beforehand. With many samples it becomes the share.

Source: Pitman and Yor 1997, doi:10.1214/aop/1024404422; predictive rule: Pitman 1995, doi:10.1007/BF01213386.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import exp, log

_STEPS_OF_DISCOUNT = 16
_STEPS_OF_AGREEMENT = 32
_GRID = tuple(
    ((i + 0.5) / _STEPS_OF_DISCOUNT, _STEPS_OF_AGREEMENT / (j + 0.5) - 1)
    for i in range(_STEPS_OF_DISCOUNT)
    for j in range(_STEPS_OF_AGREEMENT)
)
"""Pairs of σ, from 0 to 1, and θ, above 0."""


def chance_of_agreement(counts: Sequence[int]) -> float:
    """Return the chance that one more sample gives the most frequent answer.

    It is the chance that this answer is right only where the model is right as often as it says so.

    Args:
        counts: Samples with each answer that was given, in any order; at least one.
    """
    return _posterior_mean(tuple(sorted(counts)))


@lru_cache(maxsize=4096)
def _posterior_mean(counts: tuple[int, ...]) -> float:
    n, most = sum(counts), counts[-1]
    logs = [_log_likelihood(counts, n, discount, strength) for discount, strength in _GRID]
    largest = max(logs)
    weights = [exp(value - largest) for value in logs]
    chances = ((most - discount) / (n + strength) for discount, strength in _GRID)
    return sum(weight * chance for weight, chance in zip(weights, chances, strict=True)) / sum(weights)


def _log_likelihood(counts: Sequence[int], n: int, discount: float, strength: float) -> float:
    """Return the logarithm of the chance of samples that agree as these do (Pitman 1995, proposition 9)."""
    new_answers = sum(log(strength + i * discount) for i in range(1, len(counts)))
    repeated = sum(log(k - discount) for count in counts for k in range(1, count))
    return new_answers + repeated - sum(log(strength + k) for k in range(1, n))
