from math import erfc, sqrt

import numpy as np
import pytest

from evaluation.errors import ConfigurationError
from evaluation.stats.unpaired import (
    chi_square_p_value,
    fisher_p_value,
    likeliest_shares,
    unpaired_means,
    unpaired_means_within,
    unpaired_shares,
    unpaired_shares_within,
)
from evaluation.stats.unpaired_comparison import compare_groups
from evaluation.stats.unpaired_power import (
    means_needed,
    more_for_means,
    more_for_shares,
    shares_needed,
    shares_power,
)
from evaluation.stats.verdicts import INCONCLUSIVE, INSUFFICIENT_DATA

N_SIMULATIONS = 2000
ABOUT = 3 * sqrt(0.8 * 0.2 / N_SIMULATIONS)


def right(n_right: int, n: int) -> list[float]:
    return [1.0] * n_right + [0.0] * (n - n_right)


def share_verdicts(shares: tuple[float, float], sizes: tuple[int, int]) -> float:
    """How often the test of two shares tells such groups apart."""
    rng, (n_a, n_b) = np.random.default_rng(20261123), sizes
    counts = [rng.binomial(n, share, N_SIMULATIONS).tolist() for n, share in zip(sizes, shares, strict=True)]
    return float(np.mean([unpaired_shares(a, n_a, b, n_b).p_value < 0.05 for a, b in zip(*counts, strict=True)]))


def normal_groups(difference: float, deviations: tuple[float, float], sizes: tuple[int, int]) -> list[list[np.ndarray]]:
    rng = np.random.default_rng(20261123)
    of_a = rng.normal(difference, deviations[0], (N_SIMULATIONS, sizes[0]))
    return list(zip(of_a, rng.normal(0.0, deviations[1], (N_SIMULATIONS, sizes[1])), strict=True))


@pytest.mark.parametrize(("n_a", "n_b"), [(6, 6), (8, 15), (4, 40), (25, 30)])
@pytest.mark.parametrize("shares", [(0.9, 0.5), (0.3, 0.35), (1.0, 0.8)])
def test_the_power_of_two_shares_is_that_of_all_tables_that_the_test_rejects(
    n_a: int, n_b: int, shares: tuple[float, float]
) -> None:
    from scipy.stats import binom

    def p_value(a: int, b: int) -> float:
        n, total = n_a + n_b, a + b
        small = min(n_a, n_b) * min(column for column in (total, n - total) if column) < 5 * n
        return (fisher_p_value if small else chi_square_p_value)(a, n_a, b, n_b)

    chances_a, chances_b = (binom.pmf(range(n + 1), n, share) for n, share in zip((n_a, n_b), shares, strict=True))
    tables = ((a, b) for a in range(n_a + 1) for b in range(n_b + 1))
    expected = sum(chances_a[a] * chances_b[b] for a, b in tables if p_value(a, b) < 0.05)
    assert expected == pytest.approx(shares_power(*shares, n_a, n_b), abs=1e-6)


def test_large_groups_have_the_power_of_the_normal_approximation() -> None:
    # By hand: P(Z < (.03 - 1.96 sqrt(2 · .515 · .485 / 5000)) / sqrt((.25 + .2491) / 5000)) = P(Z < 1.0417)
    assert 0.8512 == pytest.approx(shares_power(0.5, 0.53, 5000, 5000), abs=1e-4)
    assert 0.0 == shares_power(1.0, 1.0, 10**7, 10**7)
    assert 1.0 == shares_power(1.0, 0.0, 10**7, 10**7)


def test_half_a_standard_deviation_needs_64_cases_of_each_group() -> None:
    # Cohen 1988 and G*Power: 64
    assert 64 == 20 + (more_for_means(0.5, (1.0, 1.0), 20, 20) or 0)
    assert 64 == 2 + (more_for_means(-0.5, (1.0, 1.0), 2, 2) or 0)
    assert 0 == more_for_means(0.5, (1.0, 1.0), 64, 64)


@pytest.mark.parametrize(
    ("shares", "sizes"),
    [((0.8, 0.7), (50, 50)), ((0.9, 0.5), (6, 6)), ((0.95, 0.9), (40, 40)), ((0.7, 0.5), (6, 600)),
     ((1.0, 0.97), (20, 20))],
)  # fmt: skip
def test_so_many_more_cases_tell_two_shares_apart(shares: tuple[float, float], sizes: tuple[int, int]) -> None:
    more = more_for_shares(*shares, *sizes)
    assert more is not None
    n_a, n_b = sizes
    assert 0.8 - ABOUT < share_verdicts(shares, (n_a + more, n_b + more)) < 0.82 + ABOUT  # its power climbs in steps


@pytest.mark.parametrize(
    ("difference", "deviations", "sizes"),
    [(0.5, (1.0, 1.0), (20, 20)), (1.0, (1.0, 2.0), (8, 8)), (0.5, (1.0, 3.0), (200, 10)), (0.5, (0.0, 1.0), (20, 20))],
)
def test_so_many_more_cases_tell_two_means_apart(
    difference: float, deviations: tuple[float, float], sizes: tuple[int, int]
) -> None:
    more = more_for_means(difference, deviations, *sizes)
    assert more is not None
    groups = normal_groups(difference, deviations, (sizes[0] + more, sizes[1] + more))
    seen = np.mean([unpaired_means(a.tolist(), b.tolist()).p_value < 0.05 for a, b in groups])
    assert 0.8 == pytest.approx(seen, abs=ABOUT)


@pytest.mark.parametrize(("equal", "margin", "sizes"), [(0.5, 0.1, (20, 20)), (0.8, 0.2, (10, 10))])
def test_with_a_margin_equal_shares_are_shown_as_equivalent_and_shares_that_far_apart_are_told_apart(
    equal: float, margin: float, sizes: tuple[int, int]
) -> None:
    n_a, n_b = sizes
    needed = shares_needed(round(equal * n_a), n_a, round(equal * n_b), n_b, margin=margin)
    assert needed is not None
    assert needed.n_more is not None
    assert margin == needed.aim
    n_a, n_b, rng = n_a + needed.n_more, n_b + needed.n_more, np.random.default_rng(20261123)
    drawn = zip(*(rng.binomial(n, equal, N_SIMULATIONS).tolist() for n in (n_a, n_b)), strict=True)
    within = [unpaired_shares_within(a, n_a, b, n_b, margin=margin).p_equivalence < 0.05 for a, b in drawn]
    assert 0.8 == pytest.approx(np.mean(within), abs=ABOUT)
    assert share_verdicts(likeliest_shares(equal, equal, 1.0, margin), (n_a, n_b)) > 0.8 - ABOUT


def test_with_a_margin_equal_means_are_shown_as_equivalent() -> None:
    more = more_for_means(1.0, (1.0, 2.0), 8, 8, is_margin=True)
    assert more is not None
    groups = normal_groups(0.0, (1.0, 2.0), (8 + more, 8 + more))
    within = [test.p_equivalence < 0.05 for a, b in groups if (test := unpaired_means_within(a, b, margin=1.0))]
    assert 0.8 == pytest.approx(np.mean(within), abs=ABOUT)


@pytest.mark.parametrize("groups", [(right(14, 20), right(12, 20)), (right(3, 8), right(170, 200))])
def test_the_smallest_difference_that_so_many_cases_show_is_seen_as_often_as_promised(
    groups: tuple[list[float], list[float]],
) -> None:
    (right_a, n_a), (right_b, n_b) = ((int(sum(group)), len(group)) for group in groups)
    needed = shares_needed(right_a, n_a, right_b, n_b, margin=None)
    assert needed is not None
    assert needed.mde is not None
    lean = 1 if right_a / n_a > right_b / n_b else -1
    shares = likeliest_shares(right_a / n_a, right_b / n_b, n_b / n_a, lean * needed.mde)
    assert abs(shares[0] - shares[1]) == pytest.approx(needed.mde)
    assert 0.8 == pytest.approx(share_verdicts(shares, (n_a, n_b)), abs=ABOUT)


def test_right_or_wrong_is_reckoned_for_three_points_and_scores_for_what_was_seen() -> None:
    shares = shares_needed(16, 20, 12, 20, margin=None)
    means = means_needed(
        np.array([0.1, 0.4, 0.5, 0.9, 0.7, 0.2]), np.array([0.2, 0.3, 0.5, 0.6, 0.1, 0.2]), margin=None
    )
    assert shares is not None
    assert means is not None
    assert (0.03, more_for_shares(*likeliest_shares(0.8, 0.6, 1.0, 0.03), 20, 20)) == (shares.aim, shares.n_more)
    assert pytest.approx(0.9 / 6) == means.aim


def test_a_share_below_needs_as_many_as_the_same_above() -> None:
    assert shares_needed(16, 20, 12, 20, margin=None) == shares_needed(12, 20, 16, 20, margin=None)


def test_a_group_that_is_far_larger_saves_cases_of_the_smaller_one() -> None:
    alone, beside = (more_for_shares(0.8, 0.7, 20, n_b) for n_b in (20, 10_000))
    assert (272, 135) == (alone, beside)


def test_nothing_is_said_where_nothing_varies() -> None:
    equal = compare_groups({"a": [0.5] * 20, "b": [0.7] * 20})[0]
    assert (INCONCLUSIVE, None) == (equal.verdict, equal.needed)
    all_right = compare_groups({"a": right(20, 20), "b": right(12, 12)})[0]
    assert (INCONCLUSIVE, None) == (all_right.verdict, all_right.needed)


def test_two_groups_that_are_all_right_can_still_be_shown_as_equal_within_a_margin() -> None:
    (pair,) = compare_groups({"a": right(20, 20), "b": right(20, 20)}, margin=0.02)
    assert pair.needed is not None
    assert (INCONCLUSIVE, 0.02) == (pair.verdict, pair.needed.aim)
    n = 20 + (pair.needed.n_more or 0)
    assert unpaired_shares_within(n, n, n, n, margin=0.02).p_equivalence < 0.05
    assert 0.8 == pytest.approx(share_verdicts((1.0, 0.98), (n, n)), abs=ABOUT)


def test_equal_means_have_no_difference_to_aim_at_but_one_that_would_have_shown() -> None:
    (pair,) = compare_groups({"a": [0.1, 0.5, 0.9] * 4, "b": [0.1, 0.5, 0.9] * 4})
    assert pair.needed is not None
    assert (None, None) == (pair.needed.n_more, pair.needed.aim)
    assert pytest.approx(0.4083, abs=1e-4) == pair.needed.mde


def test_a_group_that_is_too_small_needs_at_least_the_cases_that_any_verdict_needs() -> None:
    alone = compare_groups({"a": [0.4], "b": [0.4, 0.5, 0.7]})[0]
    assert alone.needed is not None
    assert (INSUFFICIENT_DATA, 5, None) == (alone.verdict, alone.needed.n_more, alone.needed.aim)
    clear = compare_groups({"a": [0.9, 0.91, 0.92], "b": [0.1, 0.12, 0.11]})[0]
    assert clear.needed is not None
    assert (INSUFFICIENT_DATA, 3) == (clear.verdict, clear.needed.n_more)


def test_what_is_settled_lacks_nothing() -> None:
    assert compare_groups({"a": right(36, 40), "b": right(10, 40)})[0].needed is None
    assert compare_groups({"a": right(800, 1000), "b": right(805, 1000)}, margin=0.05)[0].needed is None


def test_several_pairs_need_more_than_one() -> None:
    two = {"a": right(22, 40), "b": right(18, 40)}
    alone, together = compare_groups(two)[0].needed, compare_groups({**two, "c": right(20, 40)})[0].needed
    assert alone is not None
    assert together is not None
    assert alone.n_more is not None
    assert together.n_more is not None
    assert together.n_more > alone.n_more


def test_no_number_of_cases_shows_a_difference_of_nothing() -> None:
    with pytest.raises(ConfigurationError, match="difference of 0"):
        more_for_shares(0.5, 0.5, 10, 10)
    with pytest.raises(ConfigurationError, match="difference of 0"):
        more_for_means(0.0, (1.0, 1.0), 10, 10)


def test_a_difference_that_nobody_has_the_cases_for_has_no_number() -> None:
    spread = np.array([0.0, 1.0] * 10)
    needed = means_needed(spread, spread + 1e-9, margin=None)
    assert needed is not None
    assert needed.n_more is None
    assert more_for_shares(0.5, 0.5 + 1e-9, 10, 10) is None


def test_the_normal_approximation_is_right_where_it_takes_over() -> None:
    # 1,000 of each that are right half the time: 37,000 tables are summed
    exact = shares_power(0.5, 0.55, 1000, 1000)
    z = (0.05 - 1.959963984540054 * sqrt(2 * 0.525 * 0.475 / 1000)) / sqrt((0.25 + 0.55 * 0.45) / 1000)
    assert exact == pytest.approx(erfc(-z / sqrt(2)) / 2, abs=0.006)
