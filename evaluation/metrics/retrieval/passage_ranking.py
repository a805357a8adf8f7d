"""Measures of a ranking beside the items that are relevant, each from 0 to 1.

A ranking is a sequence of ids, best first; an id that comes again counts at its first place alone. Relevant items have
a grade above 0; measures without grades take every one of them as relevant.

Source: Järvelin and Kekäläinen 2002 (nDCG, with gains `grade` and discounts `log2(rank + 1)`); Voorhees 1999 (MRR).
"""

import math
from collections.abc import Mapping, Sequence


def recall_at(ranking: Sequence[str], grades: Mapping[str, float], k: int) -> float:
    """Return the share of the relevant items that stand among the first `k`.

    Raises:
        ValueError: no item is relevant, or `k` is below 1.
    """
    relevant = _relevant(grades, k)
    return len(relevant.intersection(_first(ranking, k))) / len(relevant)


def precision_at(ranking: Sequence[str], grades: Mapping[str, float], k: int) -> float:
    """Return the share of `k` places that hold a relevant item; places that the ranking leaves empty hold none.

    Raises:
        ValueError: no item is relevant, or `k` is below 1.
    """
    return len(_relevant(grades, k).intersection(_first(ranking, k))) / k


def hit_rate_at(ranking: Sequence[str], grades: Mapping[str, float], k: int) -> float:
    """Return 1 if a relevant item stands among the first `k`, else 0.

    Raises:
        ValueError: no item is relevant, or `k` is below 1.
    """
    return float(not _relevant(grades, k).isdisjoint(_first(ranking, k)))


def reciprocal_rank(ranking: Sequence[str], grades: Mapping[str, float]) -> float:
    """Return 1 / rank of the first relevant item; 0 if there is none in the ranking. Its mean is the MRR.

    Raises:
        ValueError: no item is relevant.
    """
    relevant = _relevant(grades, 1)
    ranks = (rank for rank, item in enumerate(dict.fromkeys(ranking), 1) if item in relevant)
    return 1 / rank if (rank := next(ranks, None)) is not None else 0.0


def ndcg_at(ranking: Sequence[str], grades: Mapping[str, float], k: int) -> float:
    """Return the discounted gain of the first `k` over that of the best possible ranking.

    Raises:
        ValueError: no item is relevant, or `k` is below 1.
    """
    _relevant(grades, k)
    gains = [max(0.0, grades.get(item, 0.0)) for item in _first(ranking, k)]
    best = sorted((grade for grade in grades.values() if grade > 0), reverse=True)[:k]
    return _discounted(gains) / _discounted(best)


def _first(ranking: Sequence[str], k: int) -> list[str]:
    return list(dict.fromkeys(ranking))[:k]


def _relevant(grades: Mapping[str, float], k: int) -> set[str]:
    if k < 1:
        raise ValueError(f"k={k} must be at least 1")
    relevant = {item for item, grade in grades.items() if grade > 0}
    if not relevant:
        raise ValueError("no item is relevant")
    return relevant


def _discounted(gains: Sequence[float]) -> float:
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))
