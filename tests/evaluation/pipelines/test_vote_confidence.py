"""The chance that one more sample agrees with the winner of a vote: by its formula, its bounds, and by simulation."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from evaluation.pipelines import vote_confidence
from evaluation.pipelines.vote_confidence import chance_of_agreement


@pytest.mark.parametrize("counts", [(1,), (3,), (2, 1), (1, 1, 1), (3, 1, 1), (4, 4, 2)])
def test_it_is_the_mean_of_the_predictive_rule_over_the_grid_by_likelihood(counts: tuple[int, ...]) -> None:
    n, d, total, weighted = sum(counts), len(counts), 0.0, 0.0
    for discount, strength in vote_confidence._GRID:
        seating = 1.0  # customers sit down one by one (Chinese restaurant process)
        seated: list[int] = []
        for table, count in enumerate(counts):
            for k in range(count):
                so_far = sum(seated) + k
                if so_far:
                    seating *= (k - discount if k else strength + table * discount) / (strength + so_far)
            seated.append(count)
        total += seating
        weighted += seating * (max(counts) - discount) / (n + strength)

    assert chance_of_agreement(counts) == pytest.approx(weighted / total, rel=1e-9)
    assert d == len(seated)


@settings(max_examples=60, deadline=None)
@drawn(counts=st.lists(st.integers(1, 20), min_size=1, max_size=8))
def test_it_is_below_the_share_and_the_order_of_the_answers_is_all_the_same(counts: list[int]) -> None:
    chance = chance_of_agreement(counts)

    assert 0 < chance < max(counts) / sum(counts)
    assert chance == chance_of_agreement(counts[::-1])


def test_more_samples_that_agree_make_it_surer() -> None:
    chances = [chance_of_agreement([n]) for n in (1, 2, 3, 5, 10, 40, 100)]

    assert sorted(chances) == chances
    assert chances[-1] > 0.99


@pytest.mark.parametrize("shares", [(0.9, 0.1), (0.6, 0.2, 0.1, 0.1), (0.5, *[0.01] * 50)])
def test_with_many_samples_it_becomes_the_share(shares: Sequence[float]) -> None:
    counts = [round(share * 2_000) for share in shares]

    assert chance_of_agreement(counts) == pytest.approx(shares[0], abs=0.02)


@pytest.mark.parametrize(("n", "least_error_of_the_share"), [(3, 0.15), (5, 0.1), (10, 0.06)])
def test_it_is_nearer_than_the_share_where_questions_are_of_all_difficulties(
    n: int, least_error_of_the_share: float
) -> None:
    generator = np.random.default_rng(7)
    chances, shares, truth = [], [], []
    for _ in range(2_000):
        answers = generator.dirichlet(np.full(int(generator.integers(2, 30)), generator.uniform(0.03, 1.0)))
        votes = generator.multinomial(n, answers)
        winner = int(votes.argmax())
        chances.append(chance_of_agreement([int(count) for count in votes if count]))
        shares.append(votes[winner] / n)
        truth.append(answers[winner])

    error_of_the_share = np.mean(shares) - np.mean(truth)
    assert error_of_the_share > least_error_of_the_share
    assert abs(np.mean(chances) - np.mean(truth)) < error_of_the_share / 2
