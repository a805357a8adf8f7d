"""How likely is it that more cases give another verdict?"""

from math import comb, lgamma

import numpy as np
import pytest

from evaluation.stats.ranking import ManyComparison, compare_many
from evaluation.stats.verdict_forecast import UNLIKELY, chance_of_other_verdict
from evaluation.stats.verdicts import A_BETTER, B_BETTER

Sides = dict[str, dict[str, float]]


def sides_of(*columns: list[float]) -> Sides:
    return {
        f"s{place}": {str(case): value for case, value in enumerate(column)} for place, column in enumerate(columns)
    }


def chance(sides: Sides, n_after: int, *, n_seen: int | None = None, seed: int = 1) -> float | None:
    compared = compare_many(sides, seed=seed)
    seen = max(map(len, sides.values())) if n_seen is None else n_seen
    return chance_of_other_verdict(sides, compared, n_seen=seen, n_after=n_after, seed=seed, value_range=(0.0, 1.0))


def predicted(k: int, n: int, alpha: float, beta: float) -> float:
    """The chance of k of n under the Beta-binomial distribution."""

    def log_beta(a: float, b: float) -> float:
        return lgamma(a) + lgamma(b) - lgamma(a + b)

    return comb(n, k) * float(np.exp(log_beta(k + alpha, n - k + beta) - log_beta(alpha, beta)))


def test_one_more_case_changes_a_verdict_as_often_as_the_prior_by_hand_says() -> None:
    """5 to 0 is p = .0625. Only a sixth case for A (2 / 64 = .031) shows it: (5 + ½) of (20 + 1½)."""
    sides = sides_of([1.0] * 20, [0.0] * 5 + [1.0] * 15)
    assert 5.5 / 21.5 == pytest.approx(chance(sides, 21), abs=0.012)


def test_several_more_cases_agree_with_the_exact_predictive_distribution() -> None:
    """Of 5 to 0 and no case for B to come but by the prior: sums over all outcomes of three further cases."""
    sides = sides_of([1.0] * 20, [0.0] * 5 + [1.0] * 15)
    n_more, shown = 3, 0.0
    for n_discordant in range(n_more + 1):
        of_discordant = predicted(n_discordant, n_more, 6.0, 15.5)
        for only_a in range(n_discordant + 1):
            a, b = 5 + only_a, n_discordant - only_a
            p = min(1.0, 2 * sum(comb(a + b, k) for k in range(min(a, b) + 1)) / 2 ** (a + b))
            shown += of_discordant * predicted(only_a, n_discordant, 5.5, 0.5) * (p < 0.05)
    assert shown == pytest.approx(chance(sides, 23), abs=0.012)


def test_where_no_case_is_left_nothing_can_change() -> None:
    sides = sides_of([1.0] * 20, [0.0] * 5 + [1.0] * 15)
    assert 0.0 == chance(sides, 20)


def test_answers_that_were_all_equal_may_still_differ_but_seldom_enough_to_show_it() -> None:
    ties = sides_of([1.0] * 50, [1.0] * 50)
    few, many = chance(ties, 55), chance(ties, 5_000)
    assert few is not None
    assert many is not None
    assert few == 0.0  # five cases for one side alone are p = .0625
    assert UNLIKELY < many < 1


def test_a_clear_difference_is_unlikely_to_change_and_an_open_one_is_not() -> None:
    clear = chance(sides_of([1.0] * 50, [0.0] * 40 + [1.0] * 10), 200)
    unclear = chance(sides_of([1.0] * 50, [0.0] * 5 + [1.0] * 45), 200)
    assert clear is not None
    assert unclear is not None
    assert clear < UNLIKELY < unclear


@pytest.mark.parametrize(
    "sides",
    [
        sides_of([1.0] * 19, [0.0] * 19),
        sides_of([0.5] * 30, [0.25] * 30),
        sides_of([0.1 * (case % 9) for case in range(30)], [0.1 * (case % 9) for case in range(30)]),
    ],
    ids=["under 20 pairs", "one difference everywhere", "scores all tied"],
)
def test_nothing_is_forecast_from_too_little(sides: Sides) -> None:
    assert chance(sides, 200) is None


def test_a_single_candidate_has_no_verdict_that_could_change() -> None:
    alone = ManyComparison(pairs=(), gate=None, order=("s0",), groups=(), ranks={"s0": (1, 1)}, winner=None)
    assert 0.0 == chance_of_other_verdict(sides_of([1.0] * 30), alone, n_seen=30, n_after=90, seed=1)


def test_of_unequal_coverage_only_the_shared_part_of_further_cases_counts() -> None:
    """Half of the cases seen have both scores: of 40 further ones 20 will."""
    half = sides_of([1.0] * 40, [0.0] * 5 + [1.0] * 35)
    half["s1"] = {str(case): value for case, value in enumerate([0.0] * 5 + [1.0] * 15)}
    whole = sides_of([1.0] * 20, [0.0] * 5 + [1.0] * 15)
    assert chance(whole, 40, n_seen=20) == chance(half, 80, n_seen=40)


def test_the_same_seed_gives_the_same_chance_and_the_order_of_sides_changes_nothing_but_luck() -> None:
    a, b = [1.0] * 50, [0.0] * 5 + [1.0] * 45
    assert chance(sides_of(a, b), 90) == chance(sides_of(a, b), 90)
    assert chance(sides_of(a, b), 90) == pytest.approx(chance(sides_of(b, a), 90), abs=0.02)


def test_chances_come_true_as_often_as_they_say_where_populations_are_drawn_from_the_prior() -> None:
    """200 evaluations of 120 cases, seen after 50: a seeded simulation whose truth is the forecast's own prior."""
    rng, told, changed = np.random.default_rng(5), [], []
    for _ in range(200):
        kinds = rng.choice(3, size=120, p=rng.dirichlet([0.5, 0.5, 0.5]))
        a, b = (kinds != 1).astype(float), (kinds != 0).astype(float)
        said = chance(sides_of(a[:50].tolist(), b[:50].tolist()), 120)
        if said is None:
            continue
        before, after = (
            {A_BETTER: 1, B_BETTER: -1}.get(
                compare_many(sides_of(a[:n].tolist(), b[:n].tolist()), seed=1).pairs[0][2].verdict, 0
            )
            for n in (50, 120)
        )
        told.append(said)
        changed.append(before != after)
    assert len(told) > 150
    error = 3 * float(np.sqrt(np.mean(np.array(told) * (1 - np.array(told))) / len(told)))
    assert np.mean(told) == pytest.approx(np.mean(changed), abs=error)
    assert not any(was for said, was in zip(told, changed, strict=True) if said < UNLIKELY / 10)
