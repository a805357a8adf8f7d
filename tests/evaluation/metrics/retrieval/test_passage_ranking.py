"""Measures of rankings beside scikit-learn's and TREC's definitions, computed another way."""

import random

import numpy as np
import pytest
from sklearn.metrics import label_ranking_average_precision_score, ndcg_score

from evaluation.metrics.retrieval.passage_ranking import (
    hit_rate_at,
    ndcg_at,
    precision_at,
    recall_at,
    reciprocal_rank,
)

GRADES = {"a": 3.0, "b": 1.0, "c": 0.0}


def random_rankings(n: int) -> list[tuple[list[str], dict[str, float], int]]:
    """Return rankings of all items with grades of which many are equal, and a k for each."""
    draw = random.Random(17)
    rankings = []
    while len(rankings) < n:
        items = [f"d{i}" for i in range(draw.randint(2, 30))]
        grades = {item: float(draw.choice([0, 0, 0, 1, 1, 2])) for item in items}
        if any(grades.values()):
            rankings.append((draw.sample(items, len(items)), grades, draw.randint(1, 35)))
    return rankings


def test_ndcg_equals_scikit_learn_on_1000_rankings() -> None:
    for ranking, grades, k in random_rankings(1_000):
        truth = np.array([[grades[item] for item in ranking]])
        places = np.array([[float(len(ranking) - i) for i in range(len(ranking))]])
        assert ndcg_at(ranking, grades, k) == pytest.approx(ndcg_score(truth, places, k=k), abs=1e-12)


def test_reciprocal_rank_equals_scikit_learn_where_one_item_is_relevant() -> None:
    for ranking, _, _ in random_rankings(1_000):
        relevant = sorted(ranking)[0]
        truth = np.array([[item == relevant for item in ranking]])
        places = np.array([[float(len(ranking) - i) for i in range(len(ranking))]])
        expected = label_ranking_average_precision_score(truth, places)
        assert reciprocal_rank(ranking, {relevant: 1.0}) == pytest.approx(expected, abs=1e-12)


def test_shares_at_k_equal_counts_by_matrix_on_1000_rankings() -> None:
    for ranking, grades, k in random_rankings(1_000):
        relevant = np.array([grades[item] > 0 for item in ranking])
        n_hits = int(np.cumsum(relevant)[min(k, len(ranking)) - 1])
        assert recall_at(ranking, grades, k) == n_hits / relevant.sum()
        assert precision_at(ranking, grades, k) == n_hits / k
        assert hit_rate_at(ranking, grades, k) == (n_hits > 0)
        assert reciprocal_rank(ranking, grades) == 1 / (1 + int(np.argmax(relevant)))


def test_an_item_that_comes_again_counts_once() -> None:
    assert recall_at(["a", "a", "b"], GRADES, 2) == 1.0
    assert precision_at(["a", "a"], GRADES, 2) == 0.5
    assert ndcg_at(["a", "a", "b"], GRADES, 3) == 1.0
    assert reciprocal_rank(["c", "c", "b"], GRADES) == 0.5


def test_a_ranking_without_relevant_items_scores_0() -> None:
    for measure in (recall_at, precision_at, hit_rate_at, ndcg_at):
        assert measure(["c", "x"], GRADES, 2) == 0.0
        assert measure([], GRADES, 2) == 0.0
    assert reciprocal_rank(["c", "x"], GRADES) == 0.0


@pytest.mark.parametrize("measure", [recall_at, precision_at, hit_rate_at, ndcg_at])
def test_without_relevant_items_or_places_there_is_no_measure(measure: object) -> None:
    with pytest.raises(ValueError, match="no item is relevant"):
        measure(["a"], {"a": 0.0}, 1)  # type: ignore[operator]
    with pytest.raises(ValueError, match="k=0 must be at least 1"):
        measure(["a"], GRADES, 0)  # type: ignore[operator]
